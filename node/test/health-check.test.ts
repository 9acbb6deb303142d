// The health check of the container's image, which is bash: it is tried here without a container.
import { expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { ROOT } from "./support/documents.js";
import { createAuthority, set } from "./support/certificates.js";
import { freePort, startPeer } from "./support/peers.js";
import { listenTcp } from "./support/tcp.js";

async function check(address: string): Promise<number> {
  const env = { PATH: process.env["PATH"], GOSSIP_HEALTH_ADDRESS: address };
  const [code] = (await once(
    spawn("bash", ["node/health-check.bash"], { cwd: ROOT, env, stdio: "ignore" }),
    "exit",
  )) as [number];
  return code;
}

test("ends with 0 where a peer lives, ready or not, whatever certificates it wants elsewhere", async () => {
  const tls = await set(await createAuthority(), { ips: ["127.0.0.1"] });
  const seeds = [`127.0.0.1:${await freePort()}`];
  for (const host of ["127.0.0.1", "0.0.0.0", "[::1]"]) {
    const { healthAddress = "" } = await startPeer({ tls, seeds, healthAddress: `${host}:0` });
    expect([host, await check(healthAddress)]).toEqual([host, 0]);
  }
});

test("ends with 1 where nobody listens, or somebody else does", async () => {
  expect(await check(`127.0.0.1:${await freePort()}`)).toBe(1);
  expect(await check(await listenTcp((socket) => socket.end("220 ready\r\n")))).toBe(1);
});
