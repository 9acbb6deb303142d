import { budgets, isPreset, resolveTiming, type Budgets, type PeerMeta, type ProtocolTiming } from "gossip-peer";
import { variableName } from "gossip-peer/testbed";
import type { Cluster } from "../cluster.js";
import { Unsupported } from "../../fault/unsupported.js";
import { askForViews, type PeerView, type Views } from "../../view/views.js";
import { ProjectPeer } from "./project-peer.js";
import { BreakableProject } from "./breakable-project.js";

/**
 * A running Compose project, lent to a scenario. Disposing gives it back as it was: peers that were added are removed,
 * and all have their metadata again.
 */
export class ProjectCluster implements Cluster {
  readonly project: BreakableProject;
  readonly timing: ProtocolTiming;
  readonly #peers: ProjectPeer[];
  /** How many peers there were at first. */
  readonly #count: number;
  /** The metadata of each peer at first. */
  readonly #metas: ReadonlyMap<number, PeerMeta>;

  readonly #lock: AsyncDisposable;

  private constructor(
    project: BreakableProject,
    lock: AsyncDisposable,
    timing: ProtocolTiming,
    metas: ReadonlyMap<number, PeerMeta>,
  ) {
    this.project = project;
    this.#lock = lock;
    this.timing = timing;
    this.#peers = project.peers.map((peer) => new ProjectPeer(this.project, peer));
    this.#count = this.#peers.length;
    this.#metas = metas;
  }

  /**
   * Keeps all others from changing the project until disposal; `what` is what they are told. Rejects with InUse when
   * another is at it, and, with what to do about it, when a peer of the project is down or has faults: what follows
   * would prove nothing.
   */
  static async open(name: string, what = "an experiment"): Promise<ProjectCluster> {
    const project = await BreakableProject.open(name);
    let lock: AsyncDisposable | undefined;
    try {
      lock = await project.lock(what);
      await expectWell(project);
      const metas = metasIn(await project.views());
      return new ProjectCluster(project, lock, timingIn(await project.environment()), metas);
    } catch (error) {
      await lock?.[Symbol.asyncDispose]();
      project[Symbol.dispose]();
      throw error;
    }
  }

  get budgets(): Budgets {
    return budgets(this.timing, this.#peers.length);
  }

  get peers(): readonly ProjectPeer[] {
    return this.#peers;
  }

  peer(number: number): ProjectPeer {
    const peer = this.#peers[number - 1];
    if (peer === undefined) throw new Error(`there is no peer ${number}; there are ${this.#peers.length}`);
    return peer;
  }

  /** Starts one more peer. Its seed is the name of the Compose service, as for all peers of the project. */
  async add(): Promise<ProjectPeer> {
    await this.project.scale(this.#peers.length + 1);
    const added = this.project.peers.at(-1);
    if (added?.number !== this.#peers.length + 1) throw new Error("Compose did not add a peer");
    const peer = new ProjectPeer(this.project, added);
    this.#peers.push(peer);
    await this.project.started([peer.number]);
    return peer;
  }

  views(): Promise<Views> {
    return askForViews(this.#peers);
  }

  report(): Promise<string> {
    return this.project.report();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.#peers.length > this.#count) await this.project.scale(this.#count);
      const views = new Map((await this.views()).map((view) => [view.number, view]));
      for (const [number, meta] of this.#metas) {
        const present = metaOf(views.get(number));
        if (present !== undefined && JSON.stringify(present) !== JSON.stringify(meta))
          await this.project.apply([{ kind: "set-meta", peer: number, meta }]);
      }
    } finally {
      for (const peer of this.#peers) peer.remote.close();
      await this.#lock[Symbol.asyncDispose]();
      this.project[Symbol.dispose]();
    }
  }
}

async function expectWell(project: BreakableProject): Promise<void> {
  const heal = "make it well first, with: npm run testbed -- heal, and -- start";
  project.peers.forEach(({ number }, at) => {
    if (number !== at + 1)
      throw new Unsupported(`the project's peers are not numbered from 1 on: there is no peer ${at + 1}`);
  });
  for (const { peer, faults, isInForce } of await project.brokenPeers()) {
    const { number, state } = peer;
    if (state !== "running") throw new Unsupported(`peer ${number} of the project is ${state}; ${heal}`);
    if (faults.length > 0 || !isInForce)
      throw new Unsupported(`peer ${number} of the project has faults already; ${heal}`);
  }
}

/**
 * The metadata of all peers. Throws Unsupported when one does not answer, since its metadata could not be given back.
 */
function metasIn(views: Views): Map<number, PeerMeta> {
  return new Map(
    views.map((view) => {
      const meta = metaOf(view);
      if (meta !== undefined) return [view.number, meta];
      throw new Unsupported(
        `peer ${view.number} of the project does not say who it is: ${view.problem ?? "it is down"}`,
      );
    }),
  );
}

function metaOf({ address = "", members }: Partial<PeerView> = {}): PeerMeta | undefined {
  return members?.get(address)?.meta;
}

/**
 * The timing of the project's peers, from their environment variables. Options that are not set have their defaults.
 */
function timingIn(environment: Readonly<Record<string, string>>): ProtocolTiming {
  const given = Object.keys(resolveTiming()).flatMap((option) => {
    const value = environment[variableName(option)];
    return value === undefined || value === "" ? [] : [[option, Number(value)]];
  });
  const preset = environment[variableName("preset")];
  return resolveTiming({
    ...(Object.fromEntries(given) as Partial<ProtocolTiming>),
    ...(isPreset(preset) && { preset }),
  });
}
