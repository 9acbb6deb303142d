// `npm stop`: takes down the cluster that `npm start` or `docker compose up` left running.
import { down } from "./setup/compose.mjs";
import { main, say } from "./setup/run.mjs";

await main(async () => {
  say((await down()) ? "The cluster is down." : "No cluster was running.");
});
