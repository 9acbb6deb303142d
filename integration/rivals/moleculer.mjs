// A node of a Moleculer cluster whose transporter is TCP with gossip, for `npm run bench`: OWN and SEED are IPs. It prints a
// line for each change of its list.
import { createRequire } from "node:module";

const { ServiceBroker } = createRequire("/rival/")("moleculer");
const PORT = 7946;
const { OWN, SEED = "" } = process.env;

const urls = SEED === "" ? [] : [`${SEED}:${PORT}/${SEED}`];
const broker = new ServiceBroker({
  nodeID: OWN,
  logger: false,
  transporter: { type: "TCP", options: { port: PORT, udpDiscovery: false, urls } },
});
const print = (event, member) => console.log(JSON.stringify({ event, member }));
broker.localBus.on("$node.connected", ({ node }) => print("listed", node.id));
broker.localBus.on("$node.disconnected", ({ node }) => print("gone", node.id));
await broker.start(); // and at SIGTERM the broker says goodbye by itself
