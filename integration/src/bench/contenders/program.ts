import { fileURLToPath } from "node:url";
import { lineReader, type Build, type Contender, type RowName, type Seat } from "../contender.js";
import type { Fetched } from "../fetched.js";

const PROGRAMS = fileURLToPath(new URL("../../../rivals", import.meta.url));
const INSIDE = "/programs";

/** A library of npm's, which a program in integration/rivals runs with its defaults. */
export class Program implements Contender {
  readonly name: string;
  readonly title: string;
  readonly cannot: Contender["cannot"];
  readonly withoutTls = "speaks in plain text alone";
  readonly read = lineReader(/^\{"event":"(listed|gone)","member":"([\d.]+)"\}$/, { listed: "listed", gone: "gone" });
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
}
