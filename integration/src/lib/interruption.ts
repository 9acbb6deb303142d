/** By which a program is asked to end: Ctrl-C, whoever manages it, a terminal that closes. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Calls `act` once this process is asked to end, with the signal that did so; SIGPIPE when nobody reads what it prints any
 * more, as after `| head`. Later signals do nothing: they come from the impatient, and from a parent that hands on what the
 * terminal has sent already.
 */
export function onInterruption(act: (signal: NodeJS.Signals) => void): void {
  let isInterrupted = false;
  const interrupt = (signal: NodeJS.Signals): void => {
    if (isInterrupted) return;
    isInterrupted = true;
    act(signal);
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  onClosedOutput(() => {
    interrupt("SIGPIPE");
  });
}

/** Calls `act` each time something cannot be printed, since nobody reads it any more. */
export function onClosedOutput(act: () => void): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", act);
}
