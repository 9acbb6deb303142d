import { lineReader, type Build, type Contender, type Seat } from "../contender.js";
import type { Fetched } from "../fetched.js";

/** Where Erlang's programs look for each other. */
const ROOT = "/usr/lib/erlang";

/** Prints each change of the nodes that are connected; tries the seed until it answers. */
const watching = (seed: string): string =>
  [
    `net_kernel:monitor_nodes(true)`,
    `Loop = fun F() -> receive {nodeup, N} -> io:format("listed ~s~n", [N]), F();` +
      ` {nodedown, N} -> io:format("gone ~s~n", [N]), F() after 1000 ->` +
      ` case nodes() of [] -> net_adm:ping('${seed}'); _ -> ok end, F() end end`,
    `net_adm:ping('${seed}')`,
    `Loop().`,
  ].join(", ");

/** Nodes of distributed Erlang by its defaults: each is connected to each, and a connection that closes is a node down. */
export class Erlang implements Contender {
  readonly name = "erlang";
  readonly title: string;
  readonly cannot = { metadata: "its nodes have none" };
  readonly withoutTls = "has TLS as an option of its distribution, which the bench does not set up";
  readonly read = lineReader(/^(listed|gone) bench@([\d.]+)$/, { listed: "listed", gone: "gone" });
  readonly #fetched: Fetched;

  constructor(fetched: Fetched) {
    this.title = `erlang ${fetched.version}`;
    this.#fetched = fetched;
  }

  build({ ip, seed = ip }: Seat): Promise<Build> {
    const node = ["-noshell", "-name", `bench@${ip}`, "-setcookie", "bench"];
    return Promise.resolve({
      image: this.#fetched.base.image,
      command: [`${ROOT}/bin/erl`, ...node, "-eval", watching(`bench@${seed}`)],
      environment: { HOME: "/tmp" },
      mounts: [`${this.#fetched.folder}${ROOT}:${ROOT}:ro`],
    });
  }
}
