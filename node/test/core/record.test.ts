import { describe, expect, test } from "@jest/globals";
import { conflicts, isLive, STATUSES, supersedes, type MemberRecord, type Status } from "../../src/core/record.js";
import { record } from "../support/records.js";

const SIGN = { "<": -1, "=": 0, ">": 1 } as const;
type Relation = keyof typeof SIGN;
const RELATIONS: readonly Relation[] = ["<", "=", ">"];
const NAME: Record<Relation, string> = { "<": "l", "=": "m", ">": "n" };

/** In the order in which they hold, said once more and apart from the source. */
const RANK = { alive: 0, suspect: 1, failed: 2, left: 3 } as const;

/** How one record stands to another in each respect, and what the first respect in which they differ says. */
interface Row {
  readonly generation: Relation;
  readonly incarnation: Relation;
  readonly meta: Relation;
  readonly theirs: MemberRecord;
  readonly ours: MemberRecord;
  readonly expected: number;
}

function row(generation: Relation, incarnation: Relation, statuses: readonly [Status, Status], meta: Relation): Row {
  const [their, our] = statuses;
  const order = [SIGN[generation], SIGN[incarnation], RANK[their] - RANK[our], SIGN[meta]];
  return {
    generation,
    incarnation,
    meta,
    theirs: record({
      generation: 10 + SIGN[generation],
      incarnation: 10 + SIGN[incarnation],
      status: their,
      meta: { name: NAME[meta] },
    }),
    ours: record({ generation: 10, incarnation: 10, status: our, meta: { name: NAME["="] } }),
    expected: Math.sign(order.find((sign) => sign !== 0) ?? 0),
  };
}

function* wholeTable(): Generator<Row> {
  for (const generation of RELATIONS)
    for (const incarnation of RELATIONS)
      for (const theirs of STATUSES)
        for (const ours of STATUSES)
          for (const meta of RELATIONS) yield row(generation, incarnation, [theirs, ours], meta);
}

const table = [...wholeTable()];

describe("supersedes", () => {
  test("is decided by generation, then incarnation, then status, then metadata, over the whole table", () => {
    expect(table).toHaveLength(3 * 3 * 4 * 4 * 3);
    const wrong = table.filter(({ theirs, ours, expected }) => supersedes(theirs, ours) !== expected > 0);
    expect(wrong).toEqual([]);
  });

  test("never holds both ways, and neither way only for records that are equal", () => {
    const wrong = table.filter(({ theirs, ours, expected }) => supersedes(ours, theirs) !== expected < 0);
    expect(wrong).toEqual([]);
  });

  test("tells tags apart as well as names", () => {
    const [low, high] = [record({ meta: { tags: { k: "1" } } }), record({ meta: { tags: { k: "2" } } })];
    expect([supersedes(high, low), supersedes(low, high)]).toEqual([true, false]);
  });
});

describe("conflicts", () => {
  test("names those rows, and only those, in which one incarnation of one life says two things of itself", () => {
    const wrong = table.filter(({ generation, incarnation, meta, theirs, ours }) => {
      const claimed = generation === "=" && incarnation === "=" && meta !== "=";
      return conflicts(theirs, ours) !== claimed;
    });
    expect(wrong).toEqual([]);
  });
});

test("alive and suspect members are listed, failed and left ones are only remembered", () => {
  expect(STATUSES.map((status) => isLive(record({ status })))).toEqual([true, true, false, false]);
});
