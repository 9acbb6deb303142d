import { fileURLToPath } from "node:url";
import type { Build, Contender, Logged, RowName, Seat } from "../contender.js";
import type { Fetched } from "../fetched.js";

const PROGRAMS = fileURLToPath(new URL("../../../rivals", import.meta.url));
const INSIDE = "/programs";

/** A library of npm's, which a program in integration/rivals runs as it is by default. */
export class Program implements Contender {
  readonly name: string;
  readonly title: string;
  readonly cannot: Contender["cannot"];
  readonly #fetched: Fetched;

  constructor(name: string, fetched: Fetched, cannot: Readonly<Partial<Record<RowName, string>>>) {
    this.name = name;
    this.title = `${name} ${fetched.version}`;
    this.cannot = cannot;
    this.#fetched = fetched;
  }

  build({ ip, seed = "" }: Seat): Promise<Build> {
    const { image, mounts = [] } = this.#fetched.base;
    return Promise.resolve({
      image,
      command: ["node", `${INSIDE}/${this.name}.mjs`],
      environment: { OWN: ip, SEED: seed, NODE_ENV: "production" },
      mounts: [...mounts, `${PROGRAMS}:${INSIDE}:ro`],
    });
  }

  read(line: string): Logged | undefined {
    const [, kind, subject] = /^\{"event":"(listed|gone)","member":"([\d.]+)"\}$/.exec(line) ?? [];
    if ((kind !== "listed" && kind !== "gone") || subject === undefined) return undefined;
    return { kind, subject };
  }
}
