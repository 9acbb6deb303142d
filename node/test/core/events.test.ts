import { expect, test } from "@jest/globals";
import { eventKinds } from "../../src/core/events.js";
import type { MemberRecord, Status } from "../../src/core/record.js";
import { record } from "../support/records.js";

const none = undefined;
const was = (status: Status, said: Partial<MemberRecord> = {}): MemberRecord => record({ status, ...said });
const renamed = { incarnation: 1, meta: { name: "new" } };

test.each<[string, MemberRecord | undefined, MemberRecord, string[]]>([
  ["a newcomer joins", none, was("alive"), ["joined"]],
  ["a newcomer that is suspected joins and is suspected", none, was("suspect"), ["joined", "suspected"]],
  ["one never listed that failed is no event", none, was("failed"), []],
  ["one never listed that left is no event", none, was("left"), []],
  ["new metadata are an update", was("alive"), was("alive", renamed), ["updated"]],
  ["a refutation with the same metadata is none", was("alive"), was("alive", { incarnation: 1 }), []],
  ["a restart is an update even with the same metadata", was("alive"), was("alive", { generation: 2 }), ["updated"]],
  ["silence is suspected", was("alive"), was("suspect"), ["suspected"]],
  ["a suspect that answers recovers", was("suspect"), was("alive", { incarnation: 1 }), ["recovered"]],
  ["a suspect that answers with news recovers first", was("suspect"), was("alive", renamed), ["recovered", "updated"]],
  ["a suspect suspected anew is no news", was("suspect"), was("suspect", { incarnation: 1 }), []],
  ["a suspect that is silent for too long fails", was("suspect"), was("failed"), ["failed"]],
  ["a member may fail without having been suspected here", was("alive"), was("failed"), ["failed"]],
  ["a goodbye is told apart from a failure", was("alive"), was("left"), ["left"]],
  ["a goodbye of a suspect too", was("suspect"), was("left"), ["left"]],
  ["a failed one that turns out to have left was gone already", was("failed"), was("left"), []],
  ["one that comes back joins", was("failed"), was("alive", { generation: 2 }), ["joined"]],
  ["one that comes back with other metadata only joins", was("left"), was("alive", renamed), ["joined"]],
])("%s", (_, before, after, kinds) => {
  expect(eventKinds(before, after)).toEqual(kinds);
});
