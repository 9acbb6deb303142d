import { request } from "node:http";
import { describe, expect, test } from "@jest/globals";
import { Hosts } from "../../src/observer/hosts.js";
import { Sightings } from "../../src/observer/sightings.js";
import { readRecording } from "../../src/observer/page/read-recording.js";
import { Web, type Handler } from "../../src/observer/web.js";
import { run } from "../support/command.js";
import { keeper } from "../support/keep.js";
import { rawRequest } from "../support/raw-request.js";

const OBSERVE = "integration/dist/program/observe.js";
const PEER = "127.0.0.1:7946";

const keep = keeper();

describe("the web server", () => {
  test("serves the page, with rules under which nothing foreign can be loaded or run", async () => {
    const { web } = await serve();
    const { status, headers, body } = await rawRequest(web.url, "/");
    expect(status).toBe(200);
    expect(body).toContain("<title>gossip: who believes what</title>");
    expect(body).not.toMatch(/<script>|\sstyle=|\son\w+=/);
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(headers["content-security-policy"]).not.toContain("unsafe");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect((await rawRequest(web.url, "/main.js")).headers["content-type"]).toBe("text/javascript; charset=utf-8");
  });

  test.each(["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example"])(
    "refuses to be called %j: another site's name that leads here gets nothing",
    async (host) => {
      const { web } = await serve();
      for (const path of ["/", "/events", "/recording.json"]) {
        const { status, body } = await rawRequest(web.url, path, { headers: { host } });
        expect([status, body]).toEqual([403, expect.not.stringContaining("gossip")]);
      }
    },
  );

  test.each(["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080", "192.0.2.7:8080", "[2001:db8::7]"])(
    "is called %j rightly",
    async (host) => {
      const { web } = await serve();
      expect((await rawRequest(web.url, "/", { headers: { host } })).status).toBe(200);
    },
  );

  test("is called by a name that it was told, and by no part of that name", async () => {
    const web = keep(
      await Web.open({ source: new Sightings(), port: 0, host: "127.0.0.1", hosts: new Hosts(["testbed.example"]) }),
    );
    const statusOf = async (host: string): Promise<number> =>
      (await rawRequest(web.url, "/", { headers: { host } })).status;
    for (const host of ["testbed.example", "Testbed.example:8080"]) expect(await statusOf(host)).toBe(200);
    for (const host of ["a.testbed.example", "example", "testbed.example.evil.example"])
      expect(await statusOf(host)).toBe(403);
  });

  test.each(["/../web.ts", "/%2e%2e/web.ts", "/types.ts", "/tsconfig.json", "/nothing"])(
    "has nothing at %s",
    async (path) => {
      const { web } = await serve();
      expect((await rawRequest(web.url, path)).status).toBe(404);
    },
  );

  test("understands no method that could change anything", async () => {
    const { web } = await serve();
    expect(await rawRequest(web.url, "/", { method: "POST" })).toMatchObject({
      status: 405,
      body: "POST is not understood here.\n",
    });
  });

  test("answers what else it is given to answer, but not under another's name", async () => {
    const routes = new Map<string, Handler>([
      [
        "POST /done",
        (_request, response) => {
          response.end("done");
        },
      ],
    ]);
    const { web } = await serve(0, routes);
    expect(await rawRequest(web.url, "/done", { method: "POST" })).toMatchObject({ status: 200, body: "done" });
    expect((await rawRequest(web.url, "/done", { method: "POST", headers: { host: "evil.example" } })).status).toBe(
      403,
    );
  });

  test("gives the recording to be saved, which can be read again", async () => {
    const { web, sightings } = await serve();
    sightings.note({ type: "link", peer: PEER, link: "followed" });
    const { headers, body } = await rawRequest(web.url, "/recording.json");
    expect(headers["content-disposition"]).toMatch(/^attachment; filename="gossip-[\dT-]+\.json"$/);
    expect(readRecording(JSON.parse(body)).sightings).toEqual(sightings.recording.sightings);
  });

  test("streams the recording first and then what is added, and turns the thirty-third browser away", async () => {
    const { web, sightings } = await serve();
    sightings.note({ type: "link", peer: PEER, link: "followed" });
    const streams = await Promise.all(Array.from({ length: 32 }, () => watch(web)));
    expect(await rawRequest(web.url, "/events")).toMatchObject({
      status: 503,
      body: "32 browsers watch already; close one of them.\n",
    });
    sightings.note({ type: "forgotten", peer: PEER });
    for (const { until, close } of streams) {
      const said = await until("event: sightings");
      expect(said.indexOf("event: recording")).toBe(0);
      expect(said).toContain('"type":"forgotten"');
      close();
    }
  });

  test("says that a port is taken, and what to do", async () => {
    const { web } = await serve();
    const port = Number(new URL(web.url).port);
    await expect(serve(port)).rejects.toThrow(
      `port ${port} of 127.0.0.1 is taken; choose another with --port, or 0 for any that is free`,
    );
    const { code, err } = await run(process.execPath, [OBSERVE, "--at", "127.0.0.1:1", "--port", String(port)]);
    expect([code, err]).toEqual([1, expect.stringContaining(`observe: port ${port} of 127.0.0.1 is taken`)]);
  });
});

describe("npm run observe", () => {
  test.each([
    [[], "give either --at host:port, where peers are, or --replay FILE"],
    [["--at", "127.0.0.1:1", "--replay", "x"], "give either --at host:port"],
    [["--at", "nowhere"], '"nowhere" has no port; an address is host:port, such as 127.0.0.1:7946'],
    [["--at", "127.0.0.1:1", "--port", "65536"], "It must be a whole number from 0 to 65535."],
    [["--at", "127.0.0.1:1", "--allow-host", "http://a.example"], "It must be the name alone, as in testbed.example"],
  ])("says what is wrong with %j, and exits with 2", async (args, complaint) => {
    const { code, err } = await run(process.execPath, [OBSERVE, ...args]);
    expect([code, err]).toEqual([2, expect.stringContaining(complaint)]);
  });

  test("says that a host is not this machine's, and exits with 1", async () => {
    const { code, err } = await run(process.execPath, [OBSERVE, "--at", "127.0.0.1:1", "--host", "192.0.2.7"]);
    expect([code, err]).toEqual([1, expect.stringContaining("--host wants an address of this machine")]);
  });

  test.each([
    ["no-such-file.json", "ENOENT"],
    ["package.json", "it is no recording of the observer"],
    ["README.md", "is not valid JSON"],
  ])("says why it cannot replay %s, and exits with 1", async (file, complaint) => {
    const { code, err } = await run(process.execPath, [OBSERVE, "--replay", file]);
    expect([code, err]).toEqual([1, expect.stringContaining(complaint)]);
    expect(err).toContain(`observe: cannot replay ${file}: `);
  });
});

async function serve(port = 0, routes = new Map<string, Handler>()): Promise<{ web: Web; sightings: Sightings }> {
  const sightings = new Sightings();
  const web = keep(await Web.open({ source: sightings, port, host: "127.0.0.1", routes }));
  return { web, sightings };
}

/** Opens the stream of sightings. `until` resolves to all that has arrived once that holds the text. */
function watch(web: Web): Promise<{ until: (text: string) => Promise<string>; close: () => void }> {
  return new Promise((resolve, reject) => {
    const call = request(`${web.url}/events`, (response) => {
      let said = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
      const until = async (text: string): Promise<string> => {
        while (!said.includes(text)) await new Promise((heard) => response.once("data", heard));
        return said;
      };
      const close = (): void => {
        call.destroy();
      };
      response.on("error", () => undefined);
      resolve({ until, close });
    });
    call.on("error", reject).end();
  });
}
