// Two peers in one process find each other; one stops, the other notices. Run by `npm run example`.
import { setTimeout as pass } from "node:timers/promises";
import { Peer } from "gossip-peer";

const pingPeriodMs = 100;
const periods = (count) => pass(count * pingPeriodMs);
const show = (peer, name) => console.log(`${name} sees`, Object.fromEntries(peer.getMembers()));

const peer0 = new Peer({ address: "127.0.0.1:0", pingPeriodMs, meta: { name: "peer0" } });
const peer1 = new Peer({ address: "127.0.0.1:0", pingPeriodMs, meta: { name: "peer1" } });
await Promise.all([peer0.run(), peer1.run()]);

peer0.addSeed(peer1.address);
await periods(10);
show(peer0, "peer0");
show(peer1, "peer1");

await peer0.stop();
await periods(10);
show(peer1, "peer1");
await peer1.stop();
