/** By which a program is asked to end: Ctrl-C, whoever manages it, a terminal that closes. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Calls `act` once this process is asked to end, with the signal that did so. Later signals do nothing: they come from
 * the impatient, and from a parent that hands on what the terminal has sent already.
 */
export function onInterruption(act: (signal: NodeJS.Signals) => void): void {
  let isInterrupted = false;
  for (const signal of SIGNALS)
    process.on(signal, () => {
      if (isInterrupted) return;
      isInterrupted = true;
      act(signal);
    });
}
