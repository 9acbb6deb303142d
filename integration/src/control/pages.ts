import type { LookTls } from "gossip-peer";
import { ComposeProject } from "../cluster/compose/compose-project.js";
import { tlsOf } from "../cluster/compose/project-tls.js";
import type { ProcessCluster } from "../cluster/processes/process-cluster.js";
import { Hosts } from "../observer/hosts.js";
import { Sightings } from "../observer/sightings.js";
import { Observer } from "../observer/observer.js";
import { Web } from "../observer/web.js";
import { BreakableProcesses } from "./breakable-processes.js";
import { Control, type PeerConditions } from "./control.js";
import { ProjectConditions } from "./project-conditions.js";

export const USUAL_PORT = 8080;

/** A live page that can also break the peers it shows. Disposing of the page ends its server and all connections. */
export interface Page extends AsyncDisposable {
  readonly url: string;
}

/**
 * Serves the page of a Compose project on this port of 127.0.0.1, or on any free port where that one is taken. `hosts` are
 * those as which the page is served, as for `Web.open`.
 */
export async function openProjectPage(name: string, port = USUAL_PORT, hosts = new Hosts()): Promise<Page> {
  const sightings = new Sightings();
  const observer = new Observer(sightings, { at: [], only: true, tls: await tlsOfProject(name) });
  try {
    const conditions = await ProjectConditions.open(name, (labels) => {
      observer.labels = labels;
      observer.at = [...labels.keys()];
    });
    return await open(sightings, conditions, { port, hosts, owned: [conditions, observer] });
  } catch (error) {
    await observer[Symbol.asyncDispose]();
    throw error;
  }
}

async function tlsOfProject(name: string): Promise<LookTls | undefined> {
  using project = await ComposeProject.open(name);
  const [first] = await project.peers();
  return first && tlsOf(first.labels);
}

/**
 * Serves the page of a cluster of processes, with `port` and `hosts` as of `openProjectPage`. The cluster stays the
 * caller's.
 */
export async function openProcessesPage(
  cluster: ProcessCluster,
  port = USUAL_PORT,
  hosts = new Hosts(),
): Promise<Page> {
  const sightings = new Sightings();
  const observer = new Observer(sightings, { at: cluster.peers.map(({ address }) => address) });
  return open(sightings, new BreakableProcesses(cluster), { port, hosts, owned: [observer] });
}

/** Takes over `owned`: ends them in this order after the page, or at once when no page can be opened. */
async function open(
  sightings: Sightings,
  conditions: PeerConditions,
  { port, hosts, owned }: { port: number; hosts: Hosts; owned: readonly AsyncDisposable[] },
): Promise<Page> {
  const control = new Control(conditions, sightings, { hosts });
  const end = async (...all: AsyncDisposable[]): Promise<void> => {
    for (const each of all) await each[Symbol.asyncDispose]();
  };
  const listen = (at: number): Promise<Web> =>
    Web.open({ source: sightings, port: at, host: "127.0.0.1", hosts, routes: control.routes });
  try {
    const web = await listen(port).catch(() => listen(0));
    return { url: web.url, [Symbol.asyncDispose]: () => end(control, web, ...owned) };
  } catch (error) {
    await end(...owned);
    throw error;
  }
}
