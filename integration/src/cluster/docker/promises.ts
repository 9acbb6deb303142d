import type Dockerode from "dockerode";
import { BoundPorts } from "testcontainers";
import { Misbehaviour } from "../../fault/misbehaviour.js";
import { isNotFound } from "./engine.js";
import { START_WITHIN_MS, startedInLog } from "./peer-container.js";

// What an image promises (CONFORMANCE.md, "What an image must do"), held against the container of a peer. `who` is the
// peer in words; the sentences also name the image, and the promise.

const STOP_WITHIN_S = 5;

/** Has the peer say goodbye and end. Rejects with Misbehaviour, with the peer down, when it ended otherwise. */
export async function stop(container: Dockerode.Container, who: string): Promise<void> {
  const begun = performance.now();
  await container.stop({ t: STOP_WITHIN_S });
  const { State, Config } = await container.inspect();
  if (State.ExitCode === 0) return;
  const wasKilled = performance.now() - begun >= STOP_WITHIN_S * 1000;
  const how = wasKilled ? `had to be killed ${STOP_WITHIN_S} s after the stop` : `ended with code ${State.ExitCode}`;
  throw new Misbehaviour(
    `${who} (${Config.Image}) ${how}, and not with a goodbye and code 0 within ${STOP_WITHIN_S} s, as a stopped peer must`,
  );
}

/**
 * Resolves when the peer has logged that it started, in the present life of its container. Rejects with Misbehaviour
 * when it has ended instead, or says nothing of the kind in time.
 */
export async function started(container: Dockerode.Container, who: string): Promise<void> {
  const { State } = await container.inspect();
  try {
    await startedInLog().waitUntilReady(container, new BoundPorts(), new Date(State.StartedAt));
  } catch (error) {
    const { State: now, Config } = await container.inspect();
    const how = now.Running ? "said nothing of a start" : `ended with code ${now.ExitCode}`;
    throw new Misbehaviour(
      `${who} (${Config.Image}) ${how}, and not within ${START_WITHIN_MS / 1000} s that it has started, as a peer must`,
      { cause: error },
    );
  }
}

/**
 * Settles as the engine's answer to a request about the peer. Rejects with Misbehaviour where it was refused because the
 * peer has ended by itself.
 */
export async function unlessEnded(
  container: Dockerode.Container,
  who: string,
  answer: Promise<unknown>,
): Promise<void> {
  try {
    await answer;
  } catch (error) {
    const sentence = await endOf(container, who);
    throw sentence === undefined ? error : new Misbehaviour(sentence, { cause: error });
  }
}

/** How the peer ended, which nobody ended on purpose; undefined when it runs. */
export async function endOf(container: Dockerode.Container, who: string): Promise<string | undefined> {
  try {
    const { State, Config } = await container.inspect();
    if (State.Running) return undefined;
    return `${who} (${Config.Image}) ended by itself, with code ${State.ExitCode}, and a peer must run until it is ended`;
  } catch (error) {
    if (isNotFound(error)) return `${who} is gone with its container, and a peer must run until it is ended`;
    throw error;
  }
}
