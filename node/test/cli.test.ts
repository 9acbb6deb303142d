import { status } from "@grpc/grpc-js";
import { beforeEach, describe, expect, test } from "@jest/globals";
import type { MembershipServiceHandlers } from "../src/grpc/generated/gossip/v1/MembershipService.js";
import { schema } from "../src/grpc/schema.js";
import type { Peer } from "../src/index.js";
import { createAuthority, SetOnDisk } from "./support/certificates.js";
import { agreed, freePort, startPeer, within } from "./support/peers.js";
import { endOf, gossip, start, START_MS } from "./support/programs.js";
import { serve } from "./support/servers.js";
import { until } from "./support/wait.js";

let peer: Peer;
let admin: string;
beforeEach(async () => {
  admin = `127.0.0.1:${await freePort()}`;
  peer = await startPeer({ adminAddress: admin, meta: { name: "p", tags: { zone: "a", rack: "1" } } });
});

describe("gossip members", () => {
  test("prints a table, one line for each member", async () => {
    const { code, out, err } = await gossip(["members", "--at", peer.address]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const [head, row, ...more] = out.split("\n");
    expect(head?.split(/ {2,}/)).toEqual(["ADDRESS", "STATUS", "GENERATION", "INCARNATION", "NAME", "TAGS"]);
    const generation = String(peer.getView()[0]?.generation);
    expect(row?.split(/ {2,}/)).toEqual([peer.address, "alive", generation, "0", "p", "rack=1,zone=a"]);
    expect(more).toEqual([]);
  });

  test("prints JSON on demand: an array of objects with address, status and metadata", async () => {
    const { code, out } = await gossip(["members", "--at", peer.address, "--format", "json"]);
    expect(code).toBe(0);
    const meta = { name: "p", tags: { zone: "a", rack: "1" } };
    expect(JSON.parse(out)).toEqual([{ ...peer.getView()[0], meta }]);
  });

  test("prints those who are gone with --all only", async () => {
    const other = await startPeer({ seeds: [peer.address] });
    await until(within(2).joinMs, "they find each other", () => agreed([peer, other]));
    await other.stop();
    await until(within(2).leaveMs, "the leave is known", () => agreed([peer]));
    expect((await gossip(["members", "--at", peer.address])).out).not.toContain(other.address);
    expect((await gossip(["members", "--at", peer.address, "--all"])).out).toMatch(
      new RegExp(`^${other.address} +left `, "m"),
    );
  });

  test("asks, inside a container, the peer of the container's own variables", async () => {
    const { code, out } = await gossip(["members"], { GOSSIP_ADDRESS: peer.address, GOSSIP_ADMIN_ADDRESS: admin });
    expect(code).toBe(0);
    expect(out).toContain(peer.address);
  });
});

describe("gossip health", () => {
  test("ends with 0 where the peer is ready", async () => {
    const { code, out, err } = await gossip(["health", "--at", peer.address]);
    expect([code, out, err]).toEqual([0, "serving", ""]);
    const { out: json } = await gossip(["health", "--at", peer.address, "--format", "json"]);
    expect(JSON.parse(json)).toEqual({ serving: true });
  });

  test("ends with 1 where it is not, but with 0 where it need only live", async () => {
    const { address } = await startPeer({ seeds: [`127.0.0.1:${await freePort()}`] });
    const { code, out, err } = await gossip(["health", "--at", address]);
    expect([code, out, err]).toEqual([1, "not serving", `gossip: ${address}: it is not ready; gossip state says why`]);
    expect((await gossip(["health", "--live", "--at", address])).code).toBe(0);
  });

  test("ends with 1 where nobody answers, or what answers does not say", async () => {
    expect((await gossip(["health", "--at", `127.0.0.1:${await freePort()}`])).code).toBe(1);
    const { code, err } = await gossip(["health", "--at", admin]);
    expect([code, err]).toEqual([1, `gossip: ${admin}: it does not say how its health is`]);
  });
});

describe("a peer that wants certificates", () => {
  test("answers gossip with one, of options or of the container's variables, and none without", async () => {
    const authority = await createAuthority();
    const { files } = new SetOnDisk(await authority.issue({ ips: ["127.0.0.1"] }), authority.ca);
    const { address } = await startPeer({ tls: files });
    const at = ["members", "--at", address];
    const options = ["--tls-cert", files.certificate, "--tls-key", files.privateKey, "--tls-ca", files.ca];
    const own = { GOSSIP_TLS_CERT: files.certificate, GOSSIP_TLS_KEY: files.privateKey, GOSSIP_TLS_CA: files.ca };
    expect((await gossip([...at, ...options])).out).toContain(address);
    expect((await gossip(["members"], { ...own, GOSSIP_ADDRESS: address })).out).toContain(address);
    expect((await gossip(at)).code).toBe(1);
    const { code, err } = await gossip([...at, "--tls-ca", files.ca]);
    expect([code, err]).toEqual([2, "gossip: --tls-cert, --tls-key and --tls-ca come together"]);
    const missing = await gossip([...at, "--tls-cert", "/nowhere", ...options.slice(2)]);
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining("/nowhere")]);
  });
});

describe("gossip watch", () => {
  test("prints the view and then every change, until Ctrl-C, which is no failure", async () => {
    const program = start(["node/dist/cli.js", "watch", "--at", peer.address]);
    const { child, stdout, stderr } = program;
    await until(START_MS, "the view is printed", () => stdout.length === 2);
    peer.updateMeta({ name: "new", tags: { k: "v" } });
    await until(within(1).updateMs, "the change is printed", () => stdout.length === 3);
    expect(stdout[2]?.split(/ {2,}/)).toEqual(["updated", peer.address, "new", "k=v"]);
    child.kill("SIGINT");
    expect({ code: await endOf(program), stderr }).toEqual({ code: 0, stderr: [] });
  });

  test("prints one JSON object a line on demand", async () => {
    const program = start(["node/dist/cli.js", "watch", "--at", peer.address, "--format", "json"]);
    const { child, stdout } = program;
    await until(START_MS, "the view is printed", () => stdout.length === 1);
    peer.updateMeta({ name: "new" });
    await until(within(1).updateMs, "the change is printed", () => stdout.length === 2);
    child.kill("SIGINT");
    await endOf(program);
    expect(stdout.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { type: "snapshot", address: peer.address, members: [{ address: peer.address, status: "alive" }] },
      { type: "event", event: { kind: "updated", member: { address: peer.address, meta: { name: "new" } } } },
    ]);
  });

  test("ends quietly when nobody reads along any more, as with `| head -1`", async () => {
    const program = start(["node/dist/cli.js", "watch", "--at", peer.address]);
    const { child, stdout, stderr } = program;
    await until(START_MS, "the view is printed", () => stdout.length === 2);
    child.stdout?.destroy();
    let changes = 0;
    await until(within(1).updateMs, "it ends", () => {
      peer.updateMeta({ name: `v${changes++}` });
      return child.exitCode !== null;
    });
    expect({ code: await endOf(program), stderr }).toEqual({ code: 0, stderr: [] });
  });

  test("fails when nobody is there", async () => {
    const { code, err } = await gossip(["watch", "--at", `127.0.0.1:${await freePort()}`]);
    expect(code).toBe(1);
    expect(err).toMatch(/^gossip: 127\.0\.0\.1:\d+: UNAVAILABLE/);
  });
});

describe("gossip add-seed, set-meta and leave", () => {
  test("give the peer a seed", async () => {
    const other = await startPeer();
    const { code, out } = await gossip(["add-seed", other.address, "--at", admin]);
    expect({ code, out }).toEqual({ code: 0, out: `seed added: ${other.address}` });
    await until(within(2).joinMs, "the seed is joined", () => agreed([peer, other]));
  });

  test("replace its metadata, all of them", async () => {
    const args = ["set-meta", "--name", "new", "--tag", "a=1", "--tag", "b=x=y", "--tag", "c=", "--at", admin];
    const { code, out } = await gossip([...args, "--format", "json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ meta: { name: "new", tags: { a: "1", b: "x=y", c: "" } } });
    expect(peer.getMembers().get(peer.address)).toEqual({ name: "new", tags: { a: "1", b: "x=y", c: "" } });
    expect((await gossip(["set-meta", "--at", admin])).code).toBe(0);
    expect(peer.getMembers().get(peer.address)).toEqual({});
  });

  test("make it say goodbye", async () => {
    const other = await startPeer({ seeds: [peer.address] });
    await until(within(2).joinMs, "they find each other", () => agreed([peer, other]));
    const { code, out } = await gossip(["leave"], { GOSSIP_ADMIN_ADDRESS: admin });
    expect({ code, out }).toEqual({ code: 0, out: "the peer is leaving" });
    await until(within(2).leaveMs, "the leave is known", () => agreed([other]));
  });
});

describe("gossip traffic", () => {
  test("prints a table, one line for each figure", async () => {
    const { code, out, err } = await gossip(["traffic", "--at", peer.address]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const [head, ...rows] = out.split("\n").map((line) => line.split(/ {2,}/));
    expect(head).toEqual(["SINCE ITS START"]);
    expect(rows).toContainEqual(["exchanges asked", "0"]);
    expect(rows).toContainEqual(["99 % of the answers within", "none yet"]);
  });

  test("prints JSON on demand: what the peer itself has counted", async () => {
    const { code, out } = await gossip(["traffic", "--at", peer.address, "--format", "json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ ...peer.traffic(), runningForMs: expect.any(Number) });
  });
});

describe("gossip state", () => {
  test("prints how it stands with the peer, and why, as text and as JSON", async () => {
    const text = await gossip(["state", "--at", peer.address]);
    expect(text).toEqual({ code: 0, err: "", out: "alone" });
    const seed = `127.0.0.1:${await freePort()}`;
    peer.addSeed(seed);
    await until(within(1).joinMs, "it has tried the seed", () => peer.state.reason !== "");
    const { out } = await gossip(["state", "--at", peer.address, "--format", "json"]);
    expect(JSON.parse(out)).toEqual({ name: "joining", reason: expect.stringMatching(`seed ${seed}: .*ECONNREFUSED`) });
  });

  test("prints the preset, where the times of the peer are those of one", async () => {
    const { address } = await startPeer({ preset: "quick", pingPeriodMs: undefined, exchangeTimeoutMs: undefined });
    expect((await gossip(["state", "--at", address])).out).toBe("alone\npreset: quick");
    const { out } = await gossip(["state", "--at", address, "--format", "json"]);
    expect(JSON.parse(out)).toEqual({ name: "alone", reason: "", preset: "quick" });
  });
});

describe("the exit code", () => {
  test.each([
    ["no command", []],
    ["an unknown command", ["mebers"]],
    ["an unknown option", ["members", "--al"]],
    ["an address that is none", ["members", "--at", "nowhere"]],
    ["a seed that is no address", ["add-seed", "nowhere"]],
    ["no seed", ["add-seed"]],
    ["a tag without value", ["set-meta", "--tag", "zone"]],
    ["a format nobody knows", ["members", "--format", "xml"]],
    ["one word too many", ["members", "all"]],
  ])("is 2 for what was not understood, which is said and nothing printed: %s", async (_, args) => {
    const { code, out, err } = await gossip(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).not.toBe("");
    expect(err).not.toMatch(/\n\s+at /);
  });

  test("is 1, with one line that says why, when the peer is not there", async () => {
    const { code, out, err } = await gossip(["members", "--at", `127.0.0.1:${await freePort()}`]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^gossip: 127\.0\.0\.1:\d+: UNAVAILABLE: [^\n]*$/);
  });

  test("is 1, with one line that says why, when the peer refuses", async () => {
    const { code, out, err } = await gossip(["set-meta", "--name", "n".repeat(129), "--at", admin]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^gossip: [^\n]*name has 129 bytes[^\n]*$/);
  });

  test("is 1 when the address answers but is no peer's admin address", async () => {
    expect((await gossip(["leave", "--at", peer.address])).code).toBe(1);
  });

  test("is 0 for help, which names every command", async () => {
    const { code, out } = await gossip(["--help"]);
    expect(code).toBe(0);
    for (const command of ["members", "watch", "traffic", "state", "add-seed", "set-meta", "leave"])
      expect(out).toContain(command);
  });
});

describe("what a peer calls itself cannot steer the reader's terminal", () => {
  const evil = "\u001b[31m\u009b2J\u0007\u202e";
  const harmless = (text: string): boolean => !/[\p{Cc}\p{Cf}]/u.test(text.replaceAll("\n", ""));

  test.each(["table", "json"])("in the members as %s", async (format) => {
    peer.updateMeta({ name: evil, tags: { [evil]: evil } });
    const { out } = await gossip(["members", "--at", peer.address, "--format", format]);
    expect(harmless(out)).toBe(true);
    expect(out).toContain("31m");
  });

  test.each(["table", "json"])("while watching as %s", async (format) => {
    const program = start(["node/dist/cli.js", "watch", "--at", peer.address, "--format", format]);
    const { child, stdout } = program;
    await until(START_MS, "the view is printed", () => stdout.length > 0);
    peer.updateMeta({ name: evil, tags: { [evil]: evil } });
    await until(within(1).updateMs, "the change is printed", () => stdout.some((line) => line.includes("31m")));
    child.kill("SIGINT");
    await endOf(program);
    expect(stdout.filter((line) => !harmless(line))).toEqual([]);
  });

  test("nor can what it answers instead", async () => {
    const handlers: MembershipServiceHandlers = {
      GetMembers: (_, callback) => {
        callback({ code: status.INTERNAL, details: `no ${evil} 31m` });
      },
      WatchMembers: (call) => call.end(),
      GetTraffic: () => undefined,
      GetState: () => undefined,
    };
    const address = await serve(schema.MembershipService.service, { ...handlers });
    const { code, err } = await gossip(["members", "--at", address]);
    expect(code).toBe(1);
    expect(err).toContain("31m");
    expect(harmless(err)).toBe(true);
  });
});
