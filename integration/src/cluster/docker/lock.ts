import type Dockerode from "dockerode";
import { InUse } from "../../fault/in-use.js";
import { ignoreGone, isNotFound, isTaken } from "./engine.js";
import { isDead, ownRun, RUN_LABEL } from "./owner.js";

/** The label that says what is done under a lock, and since when. */
const WORK_LABEL = "org.gossip-testbed.work";
/** How often a lock is tried for that others hold for moments, or died with. */
const MOST_TRIES = 10;

/**
 * Takes the lock of this project, for `what`, and resolves when no other run has it: until disposal they are refused.
 * Rejects with InUse, which names the holder, when a run that lives has it.
 *
 * The lock is a container, which is never started: the engine gives a name to one container alone, and
 * keeps it for all programs that use this engine, in whatever namespace. Its label says which run it belongs to, and
 * what a dead run left behind is nobody's. `image` is any image that is there.
 */
export async function takeLock(
  docker: Dockerode,
  project: string,
  what: string,
  image: string,
): Promise<AsyncDisposable> {
  const name = `gossip-testbed-lock-${project}`; // `npm stop` knows it, too
  const Labels = { [RUN_LABEL]: ownRun(), [WORK_LABEL]: `${what}, since ${new Date().toISOString()}` };
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    try {
      const lock = await docker.createContainer({ name, Image: image, Labels });
      return { [Symbol.asyncDispose]: () => ignoreGone(lock.remove({ force: true, v: true })) };
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
    const holder = await holderOf(docker, name);
    if (holder === undefined) continue; // let go of meanwhile
    if (!isDead(holder.run)) throw new InUse(inUse(holder, name));
    await ignoreGone(docker.getContainer(holder.id).remove({ force: true, v: true }));
  }
  throw new InUse(`${name} is taken again and again by others: nothing was changed; try once more`);
}

interface Holder {
  readonly id: string;
  readonly run: string;
  readonly work: string;
}

async function holderOf(docker: Dockerode, name: string): Promise<Holder | undefined> {
  try {
    const { Id, Config } = await docker.getContainer(name).inspect();
    return { id: Id, run: Config.Labels[RUN_LABEL] ?? "", work: Config.Labels[WORK_LABEL] ?? "something" };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function inUse({ run, work }: Holder, name: string): string {
  const [host = "?", pid = "?"] = run.split("/");
  return (
    `process ${pid} of ${host} is at it: ${work}; nothing was changed. Wait, or end that first; ` +
    `if there is no such process any more: docker rm ${name}`
  );
}
