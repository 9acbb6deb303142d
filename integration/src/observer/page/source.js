// The stream from the observer. A browser allows six connections to one place, so a page that nobody sees lets go of its own.

/** @import { Saved, Sighting } from "./types.js" */

/** The observer says something each second; after so long without it is not there. */
const LOST_AFTER_MS = 5000;
const RETRY_AFTER_MS = 2000;

/**
 * @typedef {object} Listener
 * @property {(recording: { isReplay: boolean, saved: Saved }) => void} recording All there is, at first and after each loss.
 * @property {(sightings: Sighting[]) => void} sightings What was added to it.
 * @property {(at: number) => void} tick The observer's time.
 * @property {(isConnected: boolean) => void} connected
 */

/** Listens as long as the page is seen. @param {Listener} listener */
export function listen(listener) {
  /** @type {EventSource | undefined} */
  let stream;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let alarm;

  const close = () => {
    clearTimeout(alarm);
    stream?.close();
    stream = undefined;
  };
  const retry = () => {
    close();
    listener.connected(false);
    if (!document.hidden) alarm = setTimeout(open, RETRY_AFTER_MS);
  };
  const heard = () => {
    clearTimeout(alarm);
    alarm = setTimeout(retry, LOST_AFTER_MS);
  };
  const open = () => {
    close();
    const opened = new EventSource("/events");
    stream = opened;
    heard();
    /** @param {string} type @param {(data: any) => void} take */
    const on = (type, take) => {
      opened.addEventListener(type, (event) => {
        heard();
        take(JSON.parse(event.data));
      });
    };
    on("recording", (data) => {
      listener.connected(true);
      listener.recording(data);
    });
    on("sightings", listener.sightings);
    on("tick", listener.tick);
    opened.addEventListener("error", retry);
  };

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : stream === undefined && open()));
  open();
}
