// Starts a cluster of two, prints the addresses at which its peers can be asked, and waits to be killed.
// Usage: node abandon.mjs docker|processes
import { DockerCluster } from "../../dist/cluster/docker/docker-cluster.js";
import { ProcessCluster } from "../../dist/cluster/processes/process-cluster.js";

const Cluster = process.argv[2] === "docker" ? DockerCluster : ProcessCluster;
const cluster = await Cluster.start({ peers: 2 });
console.log(JSON.stringify(cluster.peers.map(({ remote }) => remote.address)));
process.stdin.resume();
