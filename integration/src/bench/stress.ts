import { setTimeout as elapse } from "node:timers/promises";
import { chosen } from "./chosen.js";
import { Churn } from "./churn.js";
import { KNOWN_WITHIN_MS, type BenchPeer, type ContenderCluster } from "./contender-cluster.js";
import { mostStarved, STARVED, type FigureName, type StarvingRow } from "./figures.js";
import type { LoggedChange } from "./log-watch.js";
import type { Notebook } from "./notebook.js";
import { STARVING } from "./starving.js";
import { meanHolding } from "./usage.js";

const LOSS = 0.2;

/** The rows in which a cluster is under stress for a while: who is removed then, and what the others hold. */
export class Stress {
  readonly #cluster: ContenderCluster;
  readonly #seconds: number;
  readonly #notebook: Notebook;
  readonly #signal: AbortSignal;
  #killed = 0;

  /** `seconds` is how long the stress lasts in each row. What is under way rejects when `signal` aborts. */
  constructor(cluster: ContenderCluster, seconds: number, notebook: Notebook, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#seconds = seconds;
    this.#notebook = notebook;
    this.#signal = signal;
  }

  /** Looks at the cluster while 1, 4, 16 of its peers are starved, one number after the other. */
  async starve(row: StarvingRow): Promise<void> {
    const { peers } = this.#cluster;
    for (const count of STARVED.filter((each) => each <= mostStarved(peers.length))) {
      await this.#cluster.agreed();
      const starved = peers.slice(-count);
      const healthy = peers.filter((peer) => !starved.includes(peer)).map(({ number }) => number);
      await STARVING[row](
        this.#cluster,
        starved,
        async () => {
          const removals = await this.#look(starved, `${row}${count}Killed`);
          const wrong = removals.filter(({ subject }) => healthy.includes(subject));
          this.#notebook.value(`${row}${count}Wrong`, wrong.length);
          this.#notebook.value(
            `${row}${count}ByHealthy`,
            wrong.filter(({ viewer }) => healthy.includes(viewer)).length,
          );
          this.#notebook.value(`${row}${count}Starved`, removals.length - wrong.length);
        },
        this.#signal,
      );
      await this.#cluster.start(...this.#cluster.down);
    }
  }

  /** Looks at the cluster while every peer loses a share of what reaches it. */
  async lose(): Promise<void> {
    const { firewall } = this.#cluster;
    try {
      await firewall.apply({ kind: "loss", share: LOSS });
      this.#notebook.value("lossyRemoved", (await this.#look([], "lossyKilled")).length);
    } finally {
      await firewall.heal();
    }
    await this.#cluster.start(...this.#cluster.down);
  }

  /** Has half of the peers come and go. What the others hold is compared from when they are warm, after a quarter of the time. */
  async churn(): Promise<void> {
    const { peers } = this.#cluster;
    const staying = peers.slice(0, Math.ceil(peers.length / 2));
    const churn = new Churn(this.#cluster, peers.slice(staying.length));
    const fromMs = Date.now();
    try {
      await churn.goOn(this.#seconds * 250, this.#signal);
      const before = await meanHolding(staying);
      await churn.goOn(this.#seconds * 750, this.#signal);
      const after = await meanHolding(staying);
      this.#notebook.value("churnMemory", Math.max(0, after.ownBytes - before.ownBytes));
      this.#notebook.value("churnFiles", Math.max(0, after.files - before.files));
      const numbers = staying.map(({ number }) => number);
      const isOfThem = ({ viewer, subject }: LoggedChange): boolean =>
        numbers.includes(viewer) && numbers.includes(subject);
      this.#notebook.value("churnRemoved", this.#cluster.log.changesSince(fromMs, "gone").filter(isOfThem).length);
    } finally {
      await churn.end();
    }
  }

  /**
   * Looks at the cluster for as long as was asked for. In the middle of that a peer that is not starved is killed, and the
   * time until all others know that are not starved goes to `figure`; the peer stays down. Resolves to the removals of
   * members that ran: one for each list that a member was taken off.
   */
  async #look(starved: readonly BenchPeer[], figure: FigureName): Promise<LoggedChange[]> {
    const { log, peers } = this.#cluster;
    const half = (): Promise<void> => elapse(this.#seconds * 500, undefined, { signal: this.#signal });
    const sinceMs = Date.now();
    await half();
    const healthy = peers.filter((peer) => !starved.includes(peer));
    const killed = chosen(healthy, this.#killed++);
    const killedMs = Date.now();
    await this.#cluster.kill(killed);
    const viewers = healthy.filter((peer) => peer !== killed);
    const isKnown = (): boolean => viewers.every(({ number }) => !log.listOf(number).has(killed.number));
    const [knownMs] = await Promise.all([log.until(isKnown, KNOWN_WITHIN_MS, this.#signal), half()]);
    if (knownMs === undefined) this.#notebook.lack(figure, `not known by all within ${KNOWN_WITHIN_MS / 1000} s`);
    else this.#notebook.value(figure, knownMs - killedMs);
    const isRight = ({ atMs, subject }: LoggedChange): boolean => subject === killed.number && atMs >= killedMs;
    return this.#cluster.log.changesSince(sinceMs, "gone").filter((change) => !isRight(change));
  }
}
