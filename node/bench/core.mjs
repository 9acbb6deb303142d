// `npm run bench:core`: how long the parts of a peer take that it uses most, each alone and warmed up. Medians, since a
// collection of garbage in between makes a mean say little.
import { Bench } from "tinybench";
import { Protocol } from "../dist/core/protocol.js";
import { seededRandom } from "../dist/core/random.js";
import { recordHash } from "../dist/core/record.js";
import { DEFAULT_LIMITS, resolveTiming } from "../dist/core/timing.js";
import { View } from "../dist/core/view.js";
import { GossipClient } from "../dist/grpc/client.js";
import { Peer } from "../dist/index.js";
import { protobufCodec } from "../dist/simulator/protobuf-codec.js";

const MEMBERS = 100;
const ANSWERED_WITHIN_MS = 5000;
const TIMING = resolveTiming({});
const OWN = "198.18.0.1:7946";
/** Each part is measured for so long. */
const TIME_MS = 1000;

const members = Array.from({ length: MEMBERS }, (_, at) => `198.18.1.${at + 1}:7946`);
const recordOf = (address, incarnation = 0) => ({
  address,
  generation: 1_700_000_000_000,
  incarnation,
  status: "alive",
  meta: { name: `member ${address}` },
});
const requestOf = (sender, records, recipient = "") => ({
  cluster: "bench",
  recipient,
  sender,
  records,
  viewHash: 0,
  buckets: [],
  range: undefined,
});

/** A function that has a peer of 100 members live through one period, in which everybody answers and nothing is new. */
function rounds() {
  const identity = { address: OWN, cluster: "bench", generation: 1_700_000_000_000, meta: {} };
  const protocol = new Protocol(identity, TIMING, DEFAULT_LIMITS, seededRandom(1), 0);
  let now = 0;
  const perform = (effect) => {
    if (effect.type === "probe") take({ type: "probed", id: effect.id, result: "reached" });
    if (effect.type !== "exchange") return;
    const reply = { sender: effect.to, records: [], viewHash: protocol.viewHash, bucketHashes: [] };
    take({ type: "replied", id: effect.id, reply });
  };
  const take = (input) => protocol.handle(input, now).forEach(perform);
  const [first, ...others] = members;
  protocol.answer(requestOf(first, [recordOf(first), ...others.map((each) => recordOf(each))]), now);
  return () => {
    const end = now + TIMING.pingPeriodMs;
    for (; protocol.nextWakeAt <= end; take({ type: "wake" })) now = Math.max(now, protocol.nextWakeAt);
    now = end;
  };
}

/** A function that merges the records of 100 members into a view, each newer than the one that is held. */
function merges() {
  const view = new View(DEFAULT_LIMITS, TIMING.tombstoneTtlMs);
  let incarnation = 0;
  return () => {
    incarnation++;
    for (const address of members) view.merge(recordOf(address, incarnation), 0, incarnation);
  };
}

/** A function that computes the hash of a record that nobody has seen before. */
function hashes() {
  let incarnation = 0;
  return () => recordHash(recordOf(OWN, incarnation++));
}

const codec = protobufCodec();
const request = requestOf(
  members[0],
  members.slice(0, 10).map((address) => recordOf(address)),
);

const peer = new Peer({ address: "127.0.0.1:0", cluster: "bench" });
await peer.run();
const client = new GossipClient({ maxConnections: 1 });
const asking = requestOf("127.0.0.1:1", [recordOf("127.0.0.1:1")], peer.address);

const bench = new Bench({ time: TIME_MS })
  .add(`a period of a peer with ${MEMBERS} members, all answering`, rounds())
  .add(`merge of ${MEMBERS} records, each newer`, merges())
  .add("hash of a record", hashes())
  .add("a request of 10 records to bytes and back", () => codec.request(request))
  .add("an exchange over loopback, one after another", () => client.exchange(peer.address, asking, ANSWERED_WITHIN_MS));
try {
  await bench.run();
  console.table(bench.table(rowOf));
} finally {
  client.close();
  await peer.stop();
}

function rowOf({ name, result: { latency, error } }) {
  if (error !== undefined) throw error;
  const micros = (ms) => Number((ms * 1000).toPrecision(3));
  return { what: name, "median µs": micros(latency.p50), "p99 µs": micros(latency.p99), times: latency.samplesCount };
}
