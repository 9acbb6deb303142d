import { isDead } from "../cluster/docker/owner.js";
import type { BreakableProject } from "../cluster/compose/breakable-project.js";
import type { Fault } from "../fault/fault.js";
import { noteHealed, readJournal, type Standing } from "../fault/journal.js";
import { peers as named } from "../lib/text.js";
import { ScenarioProblem } from "../scenario/problem.js";

/**
 * The faults that stand in the journal of an experiment on a Compose project whose runner was killed. Throws a
 * ScenarioProblem when the journal is of another project, or of none, or when its runner goes on and will heal by
 * itself.
 */
export function standingIn(path: string, project: string): { peers: number; standing: readonly Standing[] } {
  const { experiment, standing } = readJournal(path);
  if (experiment.project === undefined)
    throw new ScenarioProblem(
      `${path} is of an experiment on ${experiment.on}, whose cluster was its own: heal without --journal removes it`,
    );
  if (experiment.project !== project)
    throw new ScenarioProblem(`${path} is of the project ${experiment.project}: --project ${experiment.project}`);
  if (!isDead(experiment.run)) throw new ScenarioProblem(`the experiment of ${path} goes on; Ctrl-C there heals`);
  return { peers: experiment.peers, standing };
}

/**
 * Undoes the faults of a journal that `heal` alone cannot know of: starts peers that are down, gives back their
 * metadata, ends those that were added. To be called when all else is healed. Resolves to sentences about what was
 * done.
 */
export async function healFrom(path: string, project: BreakableProject): Promise<string[]> {
  const { peers, standing } = standingIn(path, project.name);
  const inverses = standing.map(({ inverse }) => inverse).reverse();
  const done = [
    await startAgain(project, inverses),
    await endAdded(project, peers),
    await tellAgain(project, inverses),
  ];
  noteHealed(
    path,
    standing.map(({ id }) => id),
  );
  return done.flat();
}

async function startAgain(project: BreakableProject, inverses: readonly Fault[]): Promise<string[]> {
  const wanted = inverses.filter((fault) => fault.kind === "start");
  const isDown = (peer: number): boolean =>
    project.peers.some(({ number, state }) => number === peer && state === "down");
  const numbers = new Set(wanted.map(({ peer }) => peer).filter(isDown));
  if (numbers.size === 0) return [];
  await project.apply([...numbers].map((peer) => ({ kind: "start", peer })));
  return [`started ${named([...numbers])}`];
}

async function endAdded(project: BreakableProject, count: number): Promise<string[]> {
  const added = project.peers.slice(count).map(({ number }) => number);
  if (added.length === 0) return [];
  await project.scale(count);
  return [`ended ${named(added)}`];
}

/** The oldest last, since that is how it was at first. */
async function tellAgain(project: BreakableProject, inverses: readonly Fault[]): Promise<string[]> {
  const told = inverses.filter((fault) => fault.kind === "set-meta");
  for (const fault of told) await project.apply([fault]);
  const numbers = [...new Set(told.map(({ peer }) => peer))].sort((a, b) => a - b);
  return numbers.length === 0 ? [] : [`gave back the metadata of ${named(numbers)}`];
}
