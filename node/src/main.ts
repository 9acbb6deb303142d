// The container's program. Signals are heeded from the first moment on: the first process of a container ignores those for
// which it has no handler, and loading the rest takes a fifth of a second. So the rest is loaded afterwards.
const ending = new AbortController();
const end = (signal: NodeJS.Signals): void => {
  ending.abort(signal);
};
process.on("SIGTERM", end);
process.on("SIGINT", end);

void import("./program.js").then(({ runProgram }) => runProgram(ending.signal));
