import { INSIDE, type Fetched } from "../fetched.js";
import { lineReader, type Build, type Contender, type Seat } from "../contender.js";

const PORT = 9094;
/** Where Alertmanager looks for its templates. */
const TEMPLATES = "/usr/share/prometheus";
const CONFIGURATION = JSON.stringify({ route: { receiver: "none" }, receivers: [{ name: "none" }] });

/** Prometheus' Alertmanager, whose replicas find each other with memberlist, by its defaults. */
export class Alertmanager implements Contender {
  readonly name = "alertmanager";
  readonly title: string;
  readonly cannot = { metadata: "its replicas have none" };
  readonly withoutTls = "has TLS as an option that it calls experimental, which the bench does not set up";
  readonly read = lineReader(/ (?:msg|received)=Notify(Join|Leave) .*\baddr=([\d.]+):/, {
    Join: "listed",
    Leave: "gone",
  });
  readonly #fetched: Fetched;

  constructor(fetched: Fetched) {
    this.title = `alertmanager ${fetched.version}`;
    this.#fetched = fetched;
  }

  build({ ip, seed }: Seat): Promise<Build> {
    const options = [
      "--config.file=/tmp/alertmanager.json",
      "--storage.path=/tmp",
      "--web.listen-address=127.0.0.1:9093",
      `--cluster.listen-address=${ip}:${PORT}`,
      `--cluster.advertise-address=${ip}:${PORT}`, // else only a private address is believed
      ...(seed === undefined ? [] : [`--cluster.peer=${seed}:${PORT}`]),
      "--log.level=debug", // what it says of members is at this level
    ];
    const agent = `${INSIDE}/usr/bin/prometheus-alertmanager ${options.join(" ")}`;
    const command = ["sh", "-c", `echo '${CONFIGURATION}' >/tmp/alertmanager.json; exec ${agent}`];
    const { image, mounts = [] } = this.#fetched.base;
    const templates = `${this.#fetched.folder}${TEMPLATES}:${TEMPLATES}:ro`;
    return Promise.resolve({ image, command, mounts: [...mounts, templates] });
  }
}
