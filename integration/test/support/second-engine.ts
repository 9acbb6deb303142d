import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { poll } from "../../src/cluster/until.js";
import { ROOT, run } from "./command.js";

const READY_WITHIN_MS = 30_000;

/** The addresses of the two ends of the wire between the engines, of a range that is for tests (RFC 2544). */
export const [OWN_ADDRESS, ITS_ADDRESS] = ["198.18.77.1", "198.18.77.2"];

/** A second engine on this machine, in a network of its own. It takes root, iproute2 and util-linux. */
export class SecondEngine implements AsyncDisposable {
  /** Of its network, and of this machine's end of the wire. */
  readonly #name = `engine-${randomBytes(4).toString("hex")}`;
  readonly #folder = mkdtempSync(join(tmpdir(), "second-engine-"));
  #daemon: ChildProcess | undefined;

  /** Resolves once the engine answers. */
  static async start(): Promise<SecondEngine> {
    const engine = new SecondEngine();
    try {
      await engine.#layWire();
      await engine.#startDaemon();
      return engine;
    } catch (error) {
      await engine[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What a `docker` command printed that was given to this engine. */
  docker(words: string): Promise<string> {
    return sh(`docker --host ${this.#socket} ${words}`);
  }

  /** Gives it an image that the machine's own engine has. */
  async copyImage(image: string): Promise<void> {
    await sh(`docker save ${image} | docker --host ${this.#socket} load`);
  }

  /** Ends it and its containers, and removes all that it kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#daemon?.exitCode === null) {
      for (const id of (await this.docker("ps --all --quiet")).split("\n").filter(Boolean))
        await this.docker(`rm --force ${id}`);
      const ended = once(this.#daemon, "exit");
      this.#daemon.kill();
      await ended;
    }
    await sh(`ip link delete ${this.#name}; ip netns delete ${this.#name}; true`);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #socket(): string {
    return `unix://${this.#folder}/socket`;
  }

  async #layWire(): Promise<void> {
    const within = `ip netns exec ${this.#name}`;
    await sh(`ip netns add ${this.#name}
      ip link add ${this.#name} type veth peer name wire netns ${this.#name}
      ip address add ${OWN_ADDRESS}/30 dev ${this.#name}
      ip link set ${this.#name} up
      ${within} ip address add ${ITS_ADDRESS}/30 dev wire
      ${within} ip link set wire up
      ${within} ip link set lo up
      ${within} ip route add default via ${OWN_ADDRESS}`);
  }

  async #startDaemon(): Promise<void> {
    // Without a name server it looks for images in no registry, and takes those it has at once.
    writeFileSync(join(this.#folder, "resolv.conf"), "nameserver 127.0.0.1\n");
    const script = `mount --make-rprivate /
      mount -t tmpfs none /run/docker
      mount --bind ${this.#folder}/resolv.conf /etc/resolv.conf
      exec nsenter --net=/run/netns/${this.#name} setpriv --pdeathsig TERM dockerd --cgroup-parent / \\
        --data-root ${this.#folder}/data --exec-root ${this.#folder}/exec --pidfile ${this.#folder}/pid --host ${this.#socket}`;
    this.#daemon = spawn("unshare", ["--mount", "sh", "-ec", script], { stdio: "ignore" });
    await poll("the second engine answers", READY_WITHIN_MS, () =>
      this.docker("version").then(
        () => true,
        () => false,
      ),
    );
  }
}

/** What a script of the shell printed. Rejects with what it complained of, and at the first command that fails. */
async function sh(script: string): Promise<string> {
  const { code, out, err } = await run("sh", ["-ec", script], {}, ROOT);
  if (code !== 0) throw new Error(`${script}: ${err}`);
  return out.trim();
}
