import { describe, expect, test } from "@jest/globals";
import type { Call } from "../../src/core/call.js";
import { LateAnswers } from "../../src/core/late-answers.js";
import { resolveTiming } from "../../src/core/timing.js";

const timing = resolveTiming();

/** A call to that member. */
function callTo(to: string, call: Partial<Call> = {}): Call {
  return {
    id: 1,
    to,
    purpose: { for: "member" },
    sentAt: 0,
    timeoutMs: 200,
    isJoin: false,
    accused: undefined,
    isOverdue: false,
    wasRemoved: false,
    recheckAt: undefined,
    ...call,
  };
}

/** An answer of that member that came late. */
const lateOf = (to: string, call: Partial<Call> = {}): Call => callTo(to, { isOverdue: true, ...call });

/** Answers that these members gave in time, to calls made at that moment. */
function inTime(answers: LateAnswers, members: readonly string[], sentAt: number): void {
  for (const member of members) answers.add(callTo(member, { sentAt }), [], sentAt + 1);
}

const SEVEN = ["b:1", "c:1", "d:1", "e:1", "f:1", "g:1", "h:1"];

describe("an answer says how long answers take", () => {
  test("when it comes in time", () => {
    expect(new LateAnswers(timing).add(callTo("a:1"), [], 1)).toBe(true);
  });

  test("when it is late and a quarter of the others are, too", () => {
    const answers = new LateAnswers(timing);
    answers.add(lateOf("b:1"), [], 900);
    inTime(answers, ["c:1", "d:1", "e:1"], 10);
    expect(answers.add(lateOf("a:1"), [], 1000)).toBe(true);
  });

  test("when it is late and others owe theirs", () => {
    expect(new LateAnswers(timing).add(lateOf("a:1"), ["a:1", "b:1"], 1000)).toBe(true);
  });

  test("when it is late and another was late for itself not long ago", () => {
    const answers = new LateAnswers(timing);
    answers.add(lateOf("b:1"), [], 1000);
    inTime(answers, SEVEN, 5000);
    expect(answers.add(lateOf("a:1", { sentAt: 5000 }), [], 6000)).toBe(true);
  });
});

describe("a late answer says nothing of the others", () => {
  test("when theirs come in time", () => {
    const answers = new LateAnswers(timing);
    inTime(answers, SEVEN, 10);
    expect(answers.add(lateOf("a:1"), ["a:1"], 3000)).toBe(false);
  });

  test("when the same member is late again", () => {
    const answers = new LateAnswers(timing);
    inTime(answers, SEVEN, 10);
    answers.add(lateOf("a:1"), [], 3000);
    inTime(answers, SEVEN, 4000);
    expect(answers.add(lateOf("a:1", { sentAt: 4000 }), [], 6000)).toBe(false);
  });

  test("when each was removed while it was silent", () => {
    const answers = new LateAnswers(timing);
    answers.add(lateOf("b:1", { wasRemoved: true }), [], 3000);
    inTime(answers, SEVEN, 4000);
    expect(answers.add(lateOf("a:1", { sentAt: 4000, wasRemoved: true }), [], 7000)).toBe(false);
  });

  test("when the other that was late for itself was so long ago", () => {
    const answers = new LateAnswers(timing);
    answers.add(lateOf("b:1"), [], 1000);
    inTime(answers, SEVEN, 40_000);
    expect(answers.add(lateOf("a:1", { sentAt: 40_000 }), [], 41_000)).toBe(false);
  });
});
