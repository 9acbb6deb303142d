// `npm start`: a cluster of peers in containers and a live view of who sees whom, until Ctrl-C takes the cluster down.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setup } from "./setup.mjs";
import { buildImages, down, pageAddress, pagePort, projectName, up } from "./setup/compose.mjs";
import { root } from "./setup/paths.mjs";
import { Failure, handOver, main, say } from "./setup/run.mjs";

const help = `Usage: npm start -- [--scale peer=N] [--tls] [--detach]

Starts peers in containers and shows who sees whom, here and on a page from which they can be broken, until Ctrl-C,
which takes the cluster down.

  --scale peer=N   how many peers, 1 to 1000 (default 5)
  --tls            peers show each other certificates, and speak over TLS
  --detach         leave the cluster running, with a page that only looks; \`npm stop\` takes it down
  --help           this text`;

const mostPeers = 1000; // a Linux bridge has 1023 ports

await main(async () => {
  const options = readOptions();
  if (options.mistake) {
    console.error(`${options.mistake}\n\n${help}`);
    return 2;
  }
  if (options.help) return say(help);
  const { docker, why } = await setup();
  if (options.tls) process.env.GOSSIP_TLS = "1"; // for the Compose file
  if (docker) return options.detach ? startDetached(options.peers) : startAndWatch(options.peers);
  if (options.tls) throw new Failure(`${why} Without containers there is no --tls.`);
  say(`${why} The peers run as local processes instead.`);
  return live("--processes", String(options.peers));
});

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        scale: { type: "string", default: "peer=5" },
        tls: { type: "boolean" },
        detach: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
    const peers = Number(/^peer=(\d+)$/.exec(values.scale)?.[1]);
    if (!(peers >= 1 && peers <= mostPeers))
      throw new Error(`--scale ${values.scale}: expected peer=N with N from 1 to ${mostPeers}.`);
    return { ...values, peers };
  } catch (error) {
    return { mistake: error.message };
  }
}

async function startAndWatch(peers) {
  await buildImages("peer");
  try {
    await up(peers, "peer");
    return await live("--project", await projectName(), "--page", await pagePort());
  } finally {
    say("Taking the cluster down …");
    await down();
  }
}

async function startDetached(peers) {
  await buildImages();
  await up(peers);
  say(`
The cluster runs. To look:   ${(await pageAddress()) ?? "(the page's container does not run)"}
                             docker compose exec peer gossip members
                             docker compose logs --follow
To stop it:                  npm stop`);
}

function live(...args) {
  return handOver(process.execPath, [join(root, "integration/dist/program/cli.js"), "live", ...args]);
}
