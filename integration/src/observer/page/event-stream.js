// The stream of events from the observer. A browser allows six connections to one server, so a page that nobody sees
// closes its own.

/** @import { Saved, Sighting } from "./types.js" */

/** The observer sends something every second; after so long without anything it is taken for gone. */
const LOST_AFTER_MS = 5000;
const RETRY_AFTER_MS = 2000;

/**
 * @typedef {object} Listener
 * @property {() => void} connected The observer answers, at first or again.
 * @property {(recording: { isReplay: boolean, saved: Saved }) => void} recording The whole recording, after each connection.
 * @property {(sightings: Sighting[]) => void} sightings What was added to the recording.
 * @property {(at: number) => void} tick The observer's time, in ms since 1970.
 * @property {() => void} lost The observer does not answer.
 */

/** Listens to the observer as long as somebody sees the page, and reconnects by itself. @param {Listener} listener */
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
    listener.lost();
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
      listener.connected();
      listener.recording(data);
    });
    on("sightings", listener.sightings);
    on("tick", listener.tick);
    opened.addEventListener("error", retry);
  };

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : stream === undefined && open()));
  open();
}
