import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type Dockerode from "dockerode";
import { engine } from "../../src/cluster/docker/engine.js";
import { ownRun, RUN_LABEL } from "../../src/cluster/docker/owner.js";
import { Tools, TOOLS_IMAGE } from "../../src/cluster/docker/tools.js";

const LABELS = { [RUN_LABEL]: ownRun() };
/** Prints the IP of the network that the script finds itself in. */
const OWN_IP = "ip -oneline -4 address show eth0 | sed 's|.* inet \\([0-9.]*\\)/.*|\\1 |'";

let docker: Dockerode;
const containers: Dockerode.Container[] = [];
/** How many containers the tools made in the test. */
let made = 0;

beforeAll(async () => {
  docker = await engine();
  await Tools.open(docker, LABELS);
  for (let number = 1; number <= 3; number++) containers.push(await sleeping());
});

beforeEach(() => {
  made = 0;
});

afterAll(async () => {
  await Promise.all(containers.map((container) => container.remove({ force: true })));
});

test("scripts are run in the networks of several containers by one container", async () => {
  const tools = await Tools.open(watched(), LABELS);
  const printed = await tools.runIn(jobs((at) => `echo ${at}; ${OWN_IP}`));
  expect(made).toBe(1);
  const ips = await Promise.all(containers.map(ipOf));
  expect(printed).toEqual(ips.map((ip, at) => expect.stringContaining(`${at}\n${ip} `)));
});

test("where the engine refuses that, it is tried once, and each script has a container of its own", async () => {
  const tools = await Tools.open(watched({ refusing: true }), LABELS);
  expect(await tools.runIn(jobs((at) => `echo ${at}`))).toEqual(["0\n", "1\n", "2\n"]);
  expect(made).toBe(1 + 3);
  expect(await tools.runIn(jobs((at) => `echo ${at}`))).toEqual(["0\n", "1\n", "2\n"]);
  expect(made).toBe(1 + 3 + 3);
});

test.each([[{ refusing: false }], [{ refusing: true }]])(
  "a script that fails is reported with its container's name, and the others are run (%j)",
  async (how) => {
    const tools = await Tools.open(watched(how), LABELS);
    const name = (await containers[1]?.inspect())?.Name.slice(1) ?? "";
    const failing = tools.runIn(jobs((at) => (at === 1 ? "echo no >&2; false" : "ip link set lo alias told")));
    await expect(failing).rejects.toThrow(`a script failed in the network of ${name}: no`);
    const aliases = await tools.runIn(jobs(() => "ip link show lo"));
    expect(aliases.map((text) => text.includes("alias told"))).toEqual([true, false, true]);
    await tools.runIn(jobs(() => "ip link set lo alias ''"));
  },
);

test("of a container that has ended nothing is entered, and it keeps the others from nothing", async () => {
  const tools = await Tools.open(watched(), LABELS);
  const ended = await sleeping();
  await ended.kill();
  await ended.wait();
  const among = [{ container: ended.id, script: "true" }, ...jobs(() => "true")];
  expect(await tools.runIn(among)).toEqual(among.map(() => ""));
  expect(await tools.runIn(among.slice(0, 1))).toEqual([""]);
  await ended.remove({ force: true });
  made = 0;
  await tools.runIn(jobs(() => "true"));
  expect(made).toBe(1);
});

function jobs(scriptOf: (at: number) => string): { container: string; script: string }[] {
  return containers.map(({ id }, at) => ({ container: id, script: scriptOf(at) }));
}

async function sleeping(): Promise<Dockerode.Container> {
  const container = await docker.createContainer({ Image: TOOLS_IMAGE, Labels: LABELS, Cmd: ["sleep", "infinity"] });
  await container.start();
  return container;
}

async function ipOf(container: Dockerode.Container): Promise<string | undefined> {
  const { Networks } = (await container.inspect()).NetworkSettings;
  return Networks["bridge"]?.IPAddress;
}

/** The engine, whose new containers are counted; when `refusing`, one that lets no container have a folder of the machine's. */
function watched({ refusing = false } = {}): Dockerode {
  return new Proxy(docker, {
    get(target, property) {
      if (property !== "createContainer") {
        const value: unknown = Reflect.get(target, property);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      }
      return (options: Dockerode.ContainerCreateOptions) => {
        made++;
        const isRefused = refusing && options.HostConfig?.Binds !== undefined;
        return isRefused
          ? Promise.reject(Object.assign(new Error("refused"), { statusCode: 403 }))
          : target.createContainer(options);
      };
    },
  });
}
