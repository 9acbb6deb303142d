import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ProcessCluster } from "../../src/cluster/processes/process-cluster.js";
import { BreakableProcesses } from "../../src/control/breakable-processes.js";
import { Control } from "../../src/control/control.js";
import { openProcessesPage, type Page } from "../../src/control/pages.js";
import { Hosts } from "../../src/observer/hosts.js";
import { Sightings, type Source } from "../../src/observer/sightings.js";
import { readRecording } from "../../src/observer/page/read-recording.js";
import { Recording } from "../../src/observer/page/recording.js";
import type { Condition, Controls } from "../../src/observer/page/types.js";
import { Web } from "../../src/observer/web.js";
import type { Breakable } from "../../src/fault/breakable.js";
import { InUse } from "../../src/fault/in-use.js";
import { until } from "../../src/cluster/until.js";
import { everyoneHas } from "../../src/view/views.js";
import { rawRequest, type RawReply, type RawRequest } from "../support/raw-request.js";

const KILL = { do: "kill", peers: [3] };

let cluster: ProcessCluster;
let page: Page;
let origin: string;
let token: string;

beforeAll(async () => {
  cluster = await ProcessCluster.start({ peers: 3, pingPeriodMs: 200 });
  page = await openProcessesPage(cluster, 0);
  origin = page.url;
  ({ token } = await controls());
});

afterAll(async () => {
  await page[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

describe("what other pages ask for is refused, and changes nothing", () => {
  test.each<[string, () => Record<string, string | undefined>, string]>([
    ["no origin", () => ({ origin: undefined }), "Origin: expected http://127.0.0.1:"],
    ["another page's origin", () => ({ origin: "http://evil.example" }), "not http://evil.example"],
    ["the origin of another port", () => ({ origin: "http://127.0.0.1:1" }), "not http://127.0.0.1:1"],
    ["this machine by another name", () => ({ origin: origin.replace("127.0.0.1", "localhost") }), "the page's own"],
    ["an origin that hides itself", () => ({ origin: "null" }), "not null"],
    ["no token", () => ({ "x-gossip-token": undefined }), "x-gossip-token: expected the token of this run"],
    ["a wrong token", () => ({ "x-gossip-token": "0".repeat(64) }), "x-gossip-token: expected the token of this run"],
    ["half a token", () => ({ "x-gossip-token": token.slice(32) }), "x-gossip-token: expected the token of this run"],
    ["a browser that says so", () => ({ "sec-fetch-site": "cross-site" }), "answered to its own page alone"],
    ["another site's name", () => ({ host: "evil.example", origin: "http://evil.example" }), "known to be its own"],
  ])("%s", async (_name, headers, why) => {
    const answer = await act(KILL, headers());
    expect(answer).toMatchObject({ status: 403, body: expect.stringContaining(why) });
    expect(cluster.peers.map(({ state }) => state)).toEqual(["running", "running", "running"]);
  });

  test("and the token is not told to another site's page, nor to one of another port", async () => {
    for (const site of ["cross-site", "same-site"]) {
      const { status, body } = await rawRequest(page.url, "/control", { headers: { "sec-fetch-site": site } });
      expect([status, body]).toEqual([403, expect.not.stringContaining(token)]);
    }
    const { headers } = await rawRequest(page.url, "/control");
    expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  test("but behind a port forward it is heard under the name that was allowed, and under no other", async () => {
    const hosts = new Hosts(["testbed.example"]);
    await using forwarded = await openProcessesPage(cluster, 0, hosts);
    const { token: own } = JSON.parse((await rawRequest(forwarded.url, "/control")).body) as Controls;
    const ask = (headers: Record<string, string>): Promise<RawReply> =>
      rawRequest(forwarded.url, "/control", {
        method: "POST",
        headers: { "x-gossip-token": own, "content-type": "application/json", ...headers },
        body: "{}",
      });
    const understood = { status: 400, body: expect.stringContaining("do: expected one of") };
    expect(await ask({ host: "testbed.example", origin: "https://testbed.example" })).toMatchObject(understood);
    expect(await ask({ host: "localhost", origin: "https://testbed.example:444" })).toMatchObject(understood);
    for (const origin of ["https://evil.example", "https://testbed.example.evil.example", "https://localhost"])
      expect(await ask({ host: "testbed.example", origin })).toMatchObject({ status: 403 });
  });

  test("and no form can send it: a form's types are refused", async () => {
    const answer = await act(KILL, { "content-type": "text/plain" });
    expect(answer).toMatchObject({ status: 415, body: expect.stringContaining("expected application/json") });
  });
});

describe("what is not understood is refused, and says what would be right", () => {
  test.each<[string | object, string]>([
    ["{", "the body is no JSON"],
    ["null", "do: expected one of kill, stop, start"],
    [{ do: "explode", peers: [1] }, "do: expected one of kill, stop, start, restart, pause, resume, "],
    [{ do: "kill" }, "kill: peers: Invalid input: expected array"],
    [{ do: "kill", peers: [] }, "kill: peers: Too small"],
    [{ do: "kill", peers: ["1"] }, "kill: peers.0: Invalid input: expected number"],
    [{ do: "kill", peers: [0] }, "kill: peers.0: Too small"],
    [{ do: "kill", peers: [1], how: "slowly" }, 'kill: Unrecognized key: "how"'],
    [{ do: "partition", sides: [[1, 2]] }, "partition: sides: Too small"],
    [{ do: "set-meta", peers: [1], tags: { "a=b": "c" } }, "set-meta: tags.a=b: "],
    [{ do: "kill", peers: [9] }, "9 stands for nobody"],
    [
      {
        do: "partition",
        sides: [
          [1, 2],
          [2, 3],
        ],
      },
      "peer 2 is on two sides",
    ],
  ])("%j", async (action, why) => {
    const { status, body } = await act(action);
    expect((JSON.parse(body) as { problem: string }).problem).toContain(why);
    expect(status).toBe(400);
    expect(cluster.peers.map(({ state }) => state)).toEqual(["running", "running", "running"]);
  });

  test("a body that is too large is not read to its end", async () => {
    const answer = await act({ ...KILL, padding: "x".repeat(70_000) });
    expect(answer).toMatchObject({ status: 413, body: expect.stringContaining("larger than 65536 bytes") });
  });
});

describe("what the page asks for is done", () => {
  test("one thing at a time: who asks for another meanwhile is told what is under way", async () => {
    const answers = await Promise.all([act({ do: "restart", peers: [1] }), act({ do: "restart", peers: [2] })]);
    const [done, refused] = answers.sort((a, b) => a.status - b.status);
    expect(done).toMatchObject({ status: 200, body: expect.stringMatching(/"what":"restart peer \d"/) });
    expect(refused).toMatchObject({ status: 409, body: expect.stringContaining("one thing at a time: restart") });
  });

  test("kill, pause, heal and start, which is all in the recording afterwards", async () => {
    expect(await act(KILL)).toMatchObject({ status: 200, body: '{"what":"kill peer 3"}' });
    expect(await act({ do: "pause", peers: [2] })).toMatchObject({ status: 200 });
    expect((await conditions()).map(({ peer, state }) => [peer, state])).toEqual([
      [1, "running"],
      [2, "paused"],
      [3, "down"],
    ]);
    expect(await act(KILL)).toMatchObject({ status: 500, body: '{"problem":"cannot kill peer 3: it is down"}' });
    const healed = { what: "heal", more: "resumed peer 2\ndown, until started: peer 3" };
    expect(JSON.parse((await act({ do: "heal" })).body)).toEqual(healed);
    expect(await act({ do: "start", peers: [3] })).toMatchObject({ status: 200 });
    expect((await conditions()).every(({ state }) => state === "running")).toBe(true);
    const { commands } = (await recording()).at(Infinity).model;
    expect(commands.slice(1).map(({ what, problem }) => [what, problem])).toEqual([
      ["kill peer 3", undefined],
      ["pause peer 2", undefined],
      ["kill peer 3", "cannot kill peer 3: it is down"],
      ["heal", undefined],
      ["start peer 3", undefined],
    ]);
  });

  test("metadata is told to the peer and gets round, and what processes cannot do is said", async () => {
    expect(await act({ do: "set-meta", peers: [2], name: "alice", tags: { zone: "a" } })).toMatchObject({
      status: 200,
    });
    const { address } = cluster.peer(2);
    await until(cluster, "everybody calls peer 2 alice", cluster.budgets.updateMs, (views) =>
      everyoneHas(views, address, (member) => member?.meta.name === "alice" && member.meta.tags?.["zone"] === "a"),
    );
    const why = "processes share this machine's network, so it cannot be parted; containers can";
    expect((await controls()).limits).toMatchObject({ partition: why });
    expect(JSON.parse((await act({ do: "partition", sides: [[1], [2, 3]] })).body)).toEqual({ problem: why });
  });

  test("a peer is added", async () => {
    expect(await act({ do: "add" })).toMatchObject({ status: 200, body: '{"what":"scale from 3 to 4 peers"}' });
    expect(await conditions()).toHaveLength(4);
  });
});

describe("what takes too long", () => {
  const HEAL = { do: "heal" };

  test("is answered so, and nothing else is begun before it has ended", async () => {
    let disposals = 0;
    let end: () => void = () => undefined;
    class Slow extends BreakableProcesses {
      override heal(): Promise<{ resumed: number[]; swept: number }> {
        return new Promise((resolve) => {
          end = () => {
            resolve({ resumed: [], swept: 0 });
          };
        });
      }
      override [Symbol.dispose](): void {
        disposals++;
      }
    }
    const sightings = new Sightings();
    await using slow = await Slowly.open(new Slow(cluster), sightings);
    expect(await slow.act(HEAL)).toEqual([504, expect.stringContaining("heal; it may go on")]);
    expect(await slow.act(HEAL)).toEqual([409, expect.stringContaining("one thing at a time: heal")]);
    expect([disposals, sightings.recording.at(Infinity).model.commands]).toEqual([0, []]);
    end();
    await slow.control[Symbol.asyncDispose]();
    expect(disposals).toBe(1);
    expect(sightings.recording.at(Infinity).model.commands).toMatchObject([{ what: "heal" }]);
  });

  test("to be opened is given up, and who asks next is heard", async () => {
    class Hung extends BreakableProcesses {
      override open(): Promise<this> {
        return new Promise(() => undefined);
      }
    }
    await using hung = await Slowly.open(new Hung(cluster), new Sightings());
    for (let times = 0; times < 2; times++)
      expect(await hung.act(HEAL)).toEqual([504, expect.stringContaining("nothing was touched")]);
  });

  test("to be looked at afterwards is not waited for", async () => {
    class Unseen extends BreakableProcesses {
      override refresh(): Promise<void> {
        return new Promise(() => undefined);
      }
    }
    await using unseen = await Slowly.open(new Unseen(cluster), new Sightings(), cluster.budgets.updateMs);
    expect(await unseen.act(HEAL)).toEqual([200, '{"what":"heal"}']);
  });
});

test("a command on peers that another process is breaking is refused with who that is, and not carried out", async () => {
  let heals = 0;
  class Taken extends BreakableProcesses implements Breakable {
    lock(what: string): Promise<AsyncDisposable> {
      return Promise.reject(new InUse(`process 7 is at it, not ${what}`));
    }
    override heal(): Promise<{ resumed: number[]; swept: number }> {
      heals++;
      return super.heal();
    }
  }
  await using taken = await Slowly.open(new Taken(cluster), new Sightings(), cluster.budgets.updateMs);
  expect(await taken.act({ do: "heal" })).toEqual([409, '{"problem":"process 7 is at it, not heal"}']);
  expect(heals).toBe(0);
});

/** A page's control that waits a millisecond for what it asks for, so that everything takes too long. */
class Slowly implements AsyncDisposable {
  readonly control: Control;
  readonly #web: Web;

  private constructor(control: Control, web: Web) {
    this.control = control;
    this.#web = web;
  }

  static async open(peers: BreakableProcesses, sightings: Sightings, doneWithinMs = 1): Promise<Slowly> {
    const control = new Control(peers, sightings, { doneWithinMs, engineWithinMs: 1 });
    return new Slowly(
      control,
      await Web.open({ source: sightings, port: 0, host: "127.0.0.1", routes: control.routes }),
    );
  }

  /** Resolves to the status and the body of the answer. */
  async act(action: object): Promise<[number, string]> {
    const { url } = this.#web;
    const controls = (await (await fetch(`${url}/control`)).json()) as Controls;
    const headers = { origin: url, "x-gossip-token": controls.token, "content-type": "application/json" };
    const answer = await fetch(`${url}/control`, { method: "POST", headers, body: JSON.stringify(action) });
    return [answer.status, await answer.text()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.control[Symbol.asyncDispose]();
    await this.#web[Symbol.asyncDispose]();
  }
}

test("an observer without control, as in the container or of a recording, has none to offer and understands no action", async () => {
  const replay: Source = { recording: new Recording(), isReplay: true, now: () => 0, subscribe: () => () => undefined };
  for (const source of [new Sightings(), replay]) {
    await using web = await Web.open({ source, port: 0, host: "127.0.0.1" });
    expect((await fetch(`${web.url}/control`)).status).toBe(204);
    const answer = await fetch(`${web.url}/control`, { method: "POST", body: JSON.stringify(KILL) });
    expect(answer.status).toBe(405);
  }
});

async function recording(): Promise<Recording> {
  const saved: unknown = await (await fetch(`${origin}/recording.json`)).json();
  return readRecording(saved);
}

async function conditions(): Promise<readonly Condition[]> {
  return (await recording()).at(Infinity).model.conditions;
}

async function controls(): Promise<Controls> {
  return JSON.parse((await rawRequest(page.url, "/control")).body) as Controls;
}

/** Asks as the page does; `other` headers take the place of the page's, and undefined ones are left out. */
function act(action: string | object, other: RawRequest["headers"] = {}): Promise<RawReply> {
  const body = typeof action === "string" ? action : JSON.stringify(action);
  const headers = { origin, "x-gossip-token": token, "content-type": "application/json", ...other };
  return rawRequest(page.url, "/control", { method: "POST", headers, body });
}
