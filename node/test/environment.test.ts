import { describe, expect, test } from "@jest/globals";
import { hostname } from "node:os";
import { readEnvironment } from "../src/environment.js";
import { resolveOptions } from "../src/resolve-options.js";

describe("the variables", () => {
  test("may say that no metrics are told", () => {
    const { settings, problems } = readEnvironment({ GOSSIP_METRICS_ADDRESS: "off" });
    expect([settings.metricsAddress, problems]).toEqual([undefined, []]);
  });

  test("become options", () => {
    const { settings, problems } = readEnvironment({
      GOSSIP_ADDRESS: "10.0.0.1:7946",
      GOSSIP_BIND_HOST: "0.0.0.0",
      GOSSIP_BIND_PORT: "17946",
      GOSSIP_CLUSTER: "blue",
      GOSSIP_SEEDS: "a:1, b:2 ,,c:3",
      GOSSIP_ADMIN_ADDRESS: "127.0.0.1:0",
      GOSSIP_TLS_CERT: "/tls/peer.pem",
      GOSSIP_TLS_KEY: "/tls/peer.key",
      GOSSIP_TLS_CA: "/tls/ca.pem",
      GOSSIP_TLS_MODE: "accept",
      GOSSIP_TLS_TRUST_DOMAIN: "example.org",
      GOSSIP_ADMIN_TLS_CERT: "/tls/admin.pem",
      GOSSIP_ADMIN_TLS_KEY: "/tls/admin.key",
      GOSSIP_ADMIN_TLS_CA: "/tls/ca.pem",
      GOSSIP_ADMIN_ALLOW: "spiffe://example.org/ops, ops.example.org",
      GOSSIP_ADMIN_UNPROTECTED: "1",
      GOSSIP_HEALTH_ADDRESS: "0.0.0.0:7948",
      GOSSIP_METRICS_ADDRESS: "0.0.0.0:9464",
      GOSSIP_META_NAME: "p1",
      GOSSIP_META_TAGS: "zone=a, url=http://x/?q=1,empty=",
      GOSSIP_LOG_LEVEL: "debug",
      GOSSIP_PING_PERIOD_MS: "250",
      GOSSIP_SUSPICION_MULTIPLIER: "2.5",
      GOSSIP_MIN_TIMEOUT_MS: "150",
      GOSSIP_INDIRECT_PROBES: "0",
      GOSSIP_NEWS_FANOUT: "2",
      GOSSIP_GATHER_MS: "10",
      GOSSIP_MAX_MEMBERS: "100",
      PATH: "/bin",
    });
    expect(problems).toEqual([]);
    expect(settings).toEqual({
      address: "10.0.0.1:7946",
      metricsAddress: "0.0.0.0:9464",
      logLevel: "debug",
      options: {
        bindHost: "0.0.0.0",
        bindPort: 17_946,
        cluster: "blue",
        seeds: ["a:1", "b:2", "c:3"],
        tls: {
          certificate: "/tls/peer.pem",
          privateKey: "/tls/peer.key",
          ca: "/tls/ca.pem",
          mode: "accept",
          trustDomain: "example.org",
        },
        adminAddress: "127.0.0.1:0",
        adminTls: {
          certificate: "/tls/admin.pem",
          privateKey: "/tls/admin.key",
          ca: "/tls/ca.pem",
          allow: ["spiffe://example.org/ops", "ops.example.org"],
        },
        adminUnprotected: true,
        healthAddress: "0.0.0.0:7948",
        meta: { name: "p1", tags: { zone: "a", url: "http://x/?q=1", empty: "" } },
        pingPeriodMs: 250,
        suspicionMultiplier: 2.5,
        minTimeoutMs: 150,
        indirectProbes: 0,
        newsFanout: 2,
        gatherMs: 10,
        maxMembers: 100,
      },
    });
  });

  test("that are not there or empty leave the defaults: all interfaces, the machine's name, admin on loopback only", () => {
    for (const variables of [{}, { GOSSIP_ADDRESS: "", GOSSIP_SEEDS: " ", GOSSIP_MAX_SEEDS: "" }]) {
      const { settings, problems } = readEnvironment(variables);
      expect(problems).toEqual([]);
      expect(settings).toEqual({
        address: undefined,
        metricsAddress: "127.0.0.1:9464",
        logLevel: "info",
        options: {
          bindHost: "0.0.0.0",
          cluster: undefined,
          seeds: [],
          adminAddress: "127.0.0.1:7947",
          healthAddress: "127.0.0.1:7948",
          meta: { name: hostname(), tags: {} },
        },
      });
      expect(() => resolveOptions({ ...settings.options, address: "a:1" })).not.toThrow();
    }
  });

  test("know every option that is a number", () => {
    const names = [
      "PING_PERIOD_MS",
      "EXCHANGE_TIMEOUT_MS",
      "MIN_TIMEOUT_MS",
      "SUSPICION_MULTIPLIER",
      "INDIRECT_PROBES",
      "NEWS_FANOUT",
      "GATHER_MS",
      "TOMBSTONE_TTL_MS",
      "MAX_MEMBERS",
      "MAX_TOMBSTONES",
      "MAX_SEEDS",
      "MAX_CONNECTIONS",
      "MAX_WATCHERS",
    ];
    const { settings, problems } = readEnvironment(Object.fromEntries(names.map((name) => [`GOSSIP_${name}`, "77"])));
    expect(problems).toEqual([]);
    expect(Object.values(settings.options).filter((value) => value === 77)).toHaveLength(names.length);
  });
});

describe("mistakes", () => {
  test.each<[string, Record<string, string>, RegExp]>([
    ["an address", { GOSSIP_ADDRESS: "here" }, /^GOSSIP_ADDRESS: "here" has no port/],
    ["one seed of several", { GOSSIP_SEEDS: "a:1,b" }, /^GOSSIP_SEEDS: "b" has no port/],
    ["the metrics address", { GOSSIP_METRICS_ADDRESS: "9464" }, /^GOSSIP_METRICS_ADDRESS: .*9464/],
    ["the health address", { GOSSIP_HEALTH_ADDRESS: "7948" }, /^GOSSIP_HEALTH_ADDRESS: .*7948/],
    ["the admin address", { GOSSIP_ADMIN_ADDRESS: ":7947" }, /^GOSSIP_ADMIN_ADDRESS: .*host is missing/],
    ["a number that is none", { GOSSIP_PING_PERIOD_MS: "1s" }, /^GOSSIP_PING_PERIOD_MS: "1s" is not a number/],
    ["a port that is none", { GOSSIP_ADDRESS: "a:1", GOSSIP_BIND_PORT: "tcp" }, /^GOSSIP_BIND_PORT: "tcp" is no port/],
    ["a number below zero", { GOSSIP_MAX_SEEDS: "-1" }, /^GOSSIP_MAX_SEEDS: "-1" is not a number/],
    ["a tag without value", { GOSSIP_META_TAGS: "zone" }, /^GOSSIP_META_TAGS: "zone" is not KEY=VALUE/],
    ["a tag without key", { GOSSIP_META_TAGS: "=a" }, /^GOSSIP_META_TAGS: "=a" is not KEY=VALUE/],
    ["the log level", { GOSSIP_LOG_LEVEL: "loud" }, /^GOSSIP_LOG_LEVEL: "loud" is none of debug, info/],
  ])("are named: %s", (_, variables, problem) => {
    expect(readEnvironment(variables).problems).toEqual([expect.stringMatching(problem)]);
  });

  test("are named all at once", () => {
    const { problems } = readEnvironment({
      GOSSIP_ADDRESS: "here",
      GOSSIP_SEEDS: "b,c",
      GOSSIP_LOG_LEVEL: "loud",
      GOSSIP_MAX_SEEDS: "many",
      GOSSIP_META_TAGS: "x",
    });
    expect(problems).toHaveLength(6);
  });
});

describe("a variable that is not known", () => {
  test("is one warning, with the nearest name that there is", () => {
    const { problems, warnings } = readEnvironment({
      GOSSIP_SEED: "a:1",
      GOSSIP_PING_PERIOD: "5",
      GOSSIP_COLOUR: "red",
    });
    expect(problems).toEqual([]);
    expect(warnings).toEqual([
      "GOSSIP_SEED is no variable of the peer, and is passed over; is GOSSIP_SEEDS meant?",
      "GOSSIP_PING_PERIOD is no variable of the peer, and is passed over; is GOSSIP_PING_PERIOD_MS meant?",
      "GOSSIP_COLOUR is no variable of the peer, and is passed over",
    ]);
  });

  test.each([
    ["Kubernetes, for a service called gossip", ["SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_GRPC", "PORT"]],
    ["Kubernetes, for each port of it", ["", "_PROTO", "_PORT", "_ADDR"].map((of) => `PORT_7946_TCP${of}`)],
    ["Kubernetes, for a service called gossip-peer", ["PEER_SERVICE_HOST", "PEER_PORT", "PEER_PORT_7946_TCP_ADDR"]],
    ["Docker links", ["NAME", "PORT_7946_UDP", "ENV_NODE_VERSION"]],
  ])("is passed over in silence where it is of %s", (_, names) => {
    const variables = Object.fromEntries(names.map((name) => [`GOSSIP_${name}`, "tcp://10.96.0.12:7946"]));
    const { problems, warnings, settings } = readEnvironment(variables);
    expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
    expect(settings).toEqual(readEnvironment({}).settings);
  });
});
