import type Dockerode from "dockerode";

/**
 * Containers that have just started and are frozen until their networks have their rules. Disposing lets them run. One
 * that has ended by itself meanwhile is passed over: whoever waits for its start finds out.
 *
 * The engine cannot start a container frozen. What is in it has run for a tenth of a second when it freezes (measured on
 * two busy cores: 60 to 150 ms), in which no peer of the project's image had come to its first line.
 */
export class Frozen implements AsyncDisposable {
  readonly #frozen: Dockerode.Container[] = [];

  async freeze(container: Dockerode.Container): Promise<void> {
    if (await hasLived(container, container.pause())) this.#frozen.push(container);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#frozen.map((container) => hasLived(container, container.unpause())));
  }
}

/** Whether the request was granted; false where it was refused to a container that has ended. */
async function hasLived(container: Dockerode.Container, request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if ((await container.inspect()).State.Running) throw error;
    return false;
  }
}
