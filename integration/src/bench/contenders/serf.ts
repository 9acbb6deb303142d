import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { lineReader, type Build, type Contender, type Seat } from "../contender.js";
import { INSIDE, type Fetched } from "../fetched.js";

const PORT = 7946;
const RPC_PORT = 7373;
const RENAMED_WITHIN_MS = 10_000;
const BINARY = "usr/bin/serf";

/**
 * HashiCorp's Serf with its default profile, "lan". Each agent is called by its IP, since the log has nothing but the
 * name where tags change.
 */
export class Serf implements Contender {
  readonly name: string;
  readonly title: string;
  readonly cannot = {};
  readonly withoutTls = "encrypts with one key that all share, and has no certificates";
  readonly read = lineReader(/ serf: EventMember(\w+): ([\d.]+)/, {
    Join: "listed",
    Failed: "gone",
    Leave: "gone",
    Update: "changed",
  });
  readonly controlPort = RPC_PORT;
  readonly #fetched: Fetched;

  constructor(name: string, fetched: Fetched) {
    this.name = name;
    this.title = `serf ${fetched.version}`;
    this.#fetched = fetched;
  }

  build({ ip, seed }: Seat): Promise<Build> {
    // At SIGTERM an agent leaves only where a file of its configuration says so.
    const configuration = JSON.stringify({ leave_on_terminate: true });
    const joining = seed === undefined ? "" : ` -retry-join=${seed}:${PORT} -retry-interval=1s`;
    const agent = `${INSIDE}/${BINARY} agent -config-file=/tmp/serf.json -node=${ip} -bind=${ip}:${PORT}`;
    const script = `echo '${configuration}' >/tmp/serf.json; exec ${agent} -rpc-addr=0.0.0.0:${RPC_PORT}${joining}`;
    return Promise.resolve({ ...this.#fetched.base, command: ["sh", "-c", script] });
  }

  async rename(port: number, name: string): Promise<void> {
    const args = ["tags", `-rpc-addr=127.0.0.1:${port}`, "-set", `name=${name}`];
    await promisify(execFile)(join(this.#fetched.folder, BINARY), args, { timeout: RENAMED_WITHIN_MS });
  }
}
