// `npm stop`: takes down the cluster that `npm start` or `docker compose up` left running.
import { down, isUsable } from "./setup/compose.mjs";
import { Failure, main, say } from "./setup/run.mjs";

await main(async () => {
  if (!(await isUsable()))
    throw new Failure("Docker Compose or its engine does not answer, so no cluster could be looked for.");
  say((await down()) ? "The cluster is down." : "No cluster was running.");
});
