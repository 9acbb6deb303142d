// Two workers of Node's cluster module, each of which runs a peer at the address given. Prints what became of each: "runs", or
// the code of its error.
import cluster from "node:cluster";
import { Peer } from "../../dist/index.js";

if (cluster.isPrimary) {
  const workers = [cluster.fork(), cluster.fork()];
  let told = 0;
  for (const worker of workers)
    worker.on("message", (outcome) => {
      console.log(outcome);
      if (++told === workers.length) for (const each of workers) each.send("end");
    });
} else {
  const peer = new Peer({ address: process.argv[2] });
  process.once("message", () => void peer.stop().then(() => process.disconnect()));
  await peer.run().then(
    () => process.send("runs"),
    (error) => process.send(error.code),
  );
}
