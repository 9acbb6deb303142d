import { describe, expect, test } from "@jest/globals";
import { RemotePeer } from "../src/index.js";
import { agreed, eventsOf, freePort, list, membersAt, startPeer, within } from "./support/peers.js";
import { endOf, gossip, start, START_MS, startPeerProgram } from "./support/programs.js";
import { until } from "./support/wait.js";

/** What the program promises, so that it ends before it is killed. */
const STOP_WITHIN_MS = 4000;

describe("the container's program", () => {
  test("runs a peer as its variables say, and tells so in one line of JSON with its address", async () => {
    const program = await startPeerProgram({
      GOSSIP_META_NAME: "n",
      GOSSIP_META_TAGS: "zone=a",
      GOSSIP_CLUSTER: "blue",
    });
    const { address } = program;
    expect(await membersAt(address)).toMatchObject([
      { address, status: "alive", meta: { name: "n", tags: { zone: "a" } } },
    ]);
    expect(program.log()).toMatchObject([
      { msg: "started", peer: address, cluster: "blue", pingPeriodMs: 50 },
      { msg: "state: alone", peer: address, state: "alone" },
    ]);
    expect(program.stderr).toEqual([]);
  });

  test.each(["SIGTERM", "SIGINT"] as const)(
    "leaves on %s, which all others see as a leave, and ends with 0",
    async (signal) => {
      const program = await startPeerProgram();
      const peer = await startPeer({ seeds: [program.address] });
      await until(within(2).joinMs, "they find each other", () => list(peer).length === 2);
      await until(within(2).joinMs, "it knows us", () => program.log().some(({ event }) => event === "joined"));
      const events = eventsOf(peer);
      program.child.kill(signal);
      expect(await endOf(program, STOP_WITHIN_MS)).toBe(0);
      await until(within(2).leaveMs, "the leave is known", () => agreed([peer]));
      expect(events).toEqual([`left ${program.address}`]);
      expect(
        program
          .log()
          .map(({ msg }) => msg)
          .slice(-3),
      ).toEqual([`got ${signal}`, "stopping", "all connections closed"]);
      expect(program.log().filter((line) => line["peer"] !== program.address)).toEqual([]);
    },
  );

  test.each<[string, readonly (NodeJS.Signals | "leave")[]]>([
    ["the same signal twice", ["SIGTERM", "SIGTERM"]],
    ["Ctrl-C, and what forwards it", ["SIGINT", "SIGTERM", "SIGINT"]],
    ["a leave, and then a signal, as by a preStop hook", ["leave", "SIGTERM", "SIGTERM"]],
  ])("says goodbye once and ends with 0 after %s, at whatever moments", async (_, orders) => {
    const admin = `127.0.0.1:${await freePort()}`;
    const program = await startPeerProgram({ GOSSIP_ADMIN_ADDRESS: admin });
    const peer = await startPeer({ seeds: [program.address] });
    await until(within(2).joinMs, "they find each other", () => list(peer).length === 2);
    const events = eventsOf(peer);
    const remote = new RemotePeer(program.address, { adminAddress: admin });
    for (const order of orders) {
      if (order === "leave") await remote.leave();
      else program.child.kill(order);
      // One comes while the peer says goodbye, and the next when the log is about to be closed.
      await until(STOP_WITHIN_MS, "it is heard", () => program.log().some(({ msg }) => msg === "stopping"));
    }
    const again = (): boolean => program.child.kill("SIGTERM");
    program.child.stdout?.on("data", again);
    expect(await endOf(program, STOP_WITHIN_MS)).toBe(0);
    remote.close();
    await until(within(2).leaveMs, "the leave is known", () => agreed([peer]));
    expect(events).toEqual([`left ${program.address}`]);
    expect(program.stderr).toEqual([]);
  });

  test("ends with 0 when it is told to end before it has a peer", async () => {
    // The look-up of the host's name never ends, and an open channel keeps the program alive meanwhile.
    const holdsUp =
      "import dns from 'node:dns'; dns.promises.lookup = () => { console.log('looking'); globalThis.channel = new MessageChannel(); channel.port1.ref(); return new Promise(() => {}); };";
    const program = start(["node/dist/main.js"], {
      GOSSIP_ADMIN_ADDRESS: "127.0.0.1:0",
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(holdsUp)}`,
    });
    await until(START_MS, "it has begun", () => program.stdout.includes("looking"));
    program.child.kill("SIGTERM");
    expect(await endOf(program, STOP_WITHIN_MS)).toBe(0);
  });

  test("warns of a variable that it does not know, and runs", async () => {
    const program = await startPeerProgram({ GOSSIP_SEED: "a:1", GOSSIP_PORT: "tcp://10.96.0.12:7946" });
    expect(program.log().map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^GOSSIP_SEED is no variable of the peer.*GOSSIP_SEEDS meant/),
      "started",
      "state: alone",
    ]);
  });

  test("logs lines of JSON, each with its time, level and event", async () => {
    const program = await startPeerProgram();
    program.child.kill("SIGTERM");
    expect(await endOf(program, STOP_WITHIN_MS)).toBe(0);
    for (const line of program.stdout) expect(JSON.parse(line)).toMatchObject({ level: "info", peer: program.address });
    const events = program.stdout.map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events).toEqual(["started", "state", "signal", "stopping", "closed"]);
  });

  test("logs text for people where it is told to", async () => {
    const program = start(["node/dist/main.js"], {
      GOSSIP_ADDRESS: "127.0.0.1:0",
      GOSSIP_ADMIN_ADDRESS: "127.0.0.1:0",
      GOSSIP_HEALTH_ADDRESS: "127.0.0.1:0",
      GOSSIP_METRICS_ADDRESS: "127.0.0.1:0",
      GOSSIP_LOG_FORMAT: "text",
    });
    await until(START_MS, "it has begun", () => program.stdout.some((line) => / info {2}started$/.test(line)));
    program.child.kill("SIGTERM");
    expect(await endOf(program, STOP_WITHIN_MS)).toBe(0);
    expect(program.stdout.at(-1)).toMatch(/^[\d:.]{12} info {2}all connections closed$/);
  });

  test("tells its metrics over HTTP", async () => {
    const at = `127.0.0.1:${await freePort()}`;
    const program = await startPeerProgram({ GOSSIP_METRICS_ADDRESS: at });
    const metrics = async (): Promise<string> =>
      fetch(`http://${at}/metrics`).then(
        (response) => response.text(),
        () => "",
      );
    await until(START_MS, "they are told", async () => (await metrics()).includes(`peer="${program.address}"`));
  });

  test("is a member also where its metrics have no place, and says so", async () => {
    const peer = await startPeer();
    const program = await startPeerProgram({ GOSSIP_METRICS_ADDRESS: peer.address, GOSSIP_SEEDS: peer.address });
    await until(within(2).joinMs, "they find each other", () => list(peer).includes(program.address));
    const said = (): unknown => program.log().find(({ level }) => level === "error");
    await until(START_MS, "it says so", () => said() !== undefined);
    expect(said()).toMatchObject({
      msg: `no metrics at ${peer.address}: set GOSSIP_METRICS_ADDRESS to one that is free`,
    });
  });

  test("ends with 0 when it is told to leave by its admin address", async () => {
    const admin = `127.0.0.1:${await freePort()}`;
    const program = await startPeerProgram({ GOSSIP_ADMIN_ADDRESS: admin });
    expect((await gossip(["leave", "--at", admin])).code).toBe(0);
    expect(await endOf(program, STOP_WITHIN_MS)).toBe(0);
  });

  test.each(["SIGTERM", "leave"])("ends with %s though a look-up, say, would keep it alive still", async (how) => {
    const admin = `127.0.0.1:${await freePort()}`;
    const program = await startPeerProgram({
      GOSSIP_ADMIN_ADDRESS: admin,
      NODE_OPTIONS: "--import=data:text/javascript,setInterval(()=>{},1e6)",
    });
    if (how === "leave") expect((await gossip(["leave", "--at", admin])).code).toBe(0);
    else program.child.kill("SIGTERM");
    expect(await endOf(program, STOP_WITHIN_MS)).toBe(0);
    expect(program.log().at(-1)).toMatchObject({ msg: "all connections closed" });
  });

  test("ends though nobody reads its log any more", async () => {
    const program = await startPeerProgram();
    program.child.stdout?.destroy();
    program.child.kill("SIGTERM");
    expect(await endOf(program, STOP_WITHIN_MS)).toBe(0);
  });

  test("ends within its bound though one that it knows is frozen and answers no goodbye", async () => {
    const frozen = await startPeerProgram();
    const program = await startPeerProgram({ GOSSIP_SEEDS: frozen.address });
    await until(within(2).joinMs, "it knows the other", () => program.log().some(({ event }) => event === "joined"));
    frozen.child.kill("SIGSTOP");
    program.child.kill("SIGTERM");
    expect(await endOf(program, STOP_WITHIN_MS)).toBe(0);
  });

  test("ends within its bound though one that is frozen keeps its connections open", async () => {
    const program = await startPeerProgram();
    const frozen = await startPeerProgram({ GOSSIP_SEEDS: program.address });
    await until(within(2).joinMs, "it knows the other", () => program.log().some(({ event }) => event === "joined"));
    await until(within(2).joinMs, "the other knows it", () => frozen.log().some(({ event }) => event === "joined"));
    frozen.child.kill("SIGSTOP");
    program.child.kill("SIGTERM");
    expect(await endOf(program, STOP_WITHIN_MS)).toBe(0);
  });
});

describe("the container's program, when it cannot run,", () => {
  async function failing(variables: Record<string, string>): Promise<{ code: number; out: string; err: string }> {
    const program = start(["node/dist/main.js"], { GOSSIP_ADMIN_ADDRESS: "127.0.0.1:0", ...variables });
    const code = await endOf(program);
    return { code, out: program.stdout.join("\n"), err: program.stderr.join("\n") };
  }

  test("ends with 2 and names every mistake in its variables at once", async () => {
    const { code, out, err } = await failing({
      GOSSIP_ADDRESS: "127.0.0.1:0",
      GOSSIP_SEEDS: "nowhere",
      GOSSIP_MAX_SEEDS: "many",
      GOSSIP_LOG_LEVEL: "loud",
    });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^gossip peer: /);
    for (const name of ["GOSSIP_SEEDS:", "GOSSIP_MAX_SEEDS:", "GOSSIP_LOG_LEVEL:"]) expect(err).toContain(name);
    expect(err).not.toMatch(/\n\s+at /);
  });

  test("names at once also what is well-formed but out of bounds", async () => {
    const { code, err } = await failing({
      GOSSIP_ADDRESS: "127.0.0.1:0",
      GOSSIP_SEEDS: "nowhere",
      GOSSIP_CLUSTER: "a b",
      GOSSIP_PING_PERIOD_MS: "1",
      GOSSIP_META_NAME: "n".repeat(129),
    });
    expect(code).toBe(2);
    for (const mistake of [/"nowhere"/, /"a b"/, /PING_?PERIOD_?MS/i, /129 bytes/]) expect(err).toMatch(mistake);
  });

  test("ends with 1 and one line that names the port that is taken", async () => {
    const taken = await startPeer();
    const { code, out, err } = await failing({ GOSSIP_ADDRESS: taken.address });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(new RegExp(`^gossip peer: cannot listen on ${taken.address}: [^\\n]*EADDRINUSE[^\\n]*$`));
  });
});
