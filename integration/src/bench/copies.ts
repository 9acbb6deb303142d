import type { RecordCounts } from "gossip-peer";

/** A line of /metrics that says how many records of others a peer has received: those that changed its view, or the others. */
const RECORDS = /^gossip_records_total\{.*\bresult="(news|duplicates)".*\} (\d+)$/gm;

/** The copies of changed records that were received, for each change and each peer that was to learn of it. */
export interface Copies {
  /** 1 where each is told once. */
  readonly all: number;
  /** Of these, the ones that told nothing new. */
  readonly duplicates: number;
}

/** What the metrics of a peer say of the records that it has received. Throws where they do not say it. */
export function recordsIn(metrics: string): RecordCounts {
  const counts = new Map([...metrics.matchAll(RECORDS)].map(([, result, count]) => [result, Number(count)]));
  const [news, duplicates] = [counts.get("news"), counts.get("duplicates")];
  if (news === undefined || duplicates === undefined) throw new Error("the metrics do not have the records received");
  return { news, duplicates };
}

/** The records that several peers have received, all together. */
export function sumOf(counts: readonly RecordCounts[]): RecordCounts {
  const sum = (of: keyof RecordCounts): number => counts.reduce((all, each) => all + each[of], 0);
  return { news: sum("news"), duplicates: sum("duplicates") };
}

/** The copies by what all had received before so many changes and after them. `learners` are to learn of each. */
export function copiesBetween(before: RecordCounts, after: RecordCounts, changes: number, learners: number): Copies {
  const share = (of: keyof RecordCounts): number => (after[of] - before[of]) / (changes * learners);
  return { all: share("news") + share("duplicates"), duplicates: share("duplicates") };
}
