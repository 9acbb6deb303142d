// `npm stop`: takes down the cluster that `npm start` or `docker compose up` left running; `npm stop -- --force` also while
// an experiment is at work on it.
import { parseArgs } from "node:util";
import { down, isUsable } from "./setup/compose.mjs";
import { Failure, main, say } from "./setup/run.mjs";

await main(async () => {
  const { values } = parseArgs({ options: { force: { type: "boolean", default: false } } });
  if (!(await isUsable()))
    throw new Failure("Docker Compose or its engine does not answer, so no cluster could be looked for.");
  say((await down({ isForced: values.force })) ? "The cluster is down." : "No cluster was running.");
});
