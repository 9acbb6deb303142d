import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Line } from "../../src/core/line.js";

const MEMBERS = ["a:1", "b:1", "c:1", "d:1", "e:1"];
const anyMember = fc.constantFrom(...MEMBERS);

/** The members of a line, in their order. */
function membersOf(line: Line): string[] {
  const members: string[] = [];
  const next = (): string | undefined => line.first((member) => !members.includes(member), Infinity);
  for (let member = next(); member !== undefined; member = next()) members.push(member);
  return members;
}

test("has each member once, where it came last: at a place of its own, or at the end", () => {
  const anyStep = fc.oneof(
    fc.record({ does: fc.constant("goes" as const), member: anyMember }),
    fc.record({ does: fc.constant("comes last" as const), member: anyMember }),
    fc.record({ does: fc.constant("comes in" as const), member: anyMember, before: fc.nat(MEMBERS.length) }),
  );
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
      const line = new Line();
      const order: string[] = [];
      steps.forEach((step, moment) => {
        const { member } = step;
        const isIn = order.includes(member);
        if (step.does === "comes in" && isIn) return;
        if (isIn) order.splice(order.indexOf(member), 1);
        if (step.does === "comes in") {
          line.insert([{ item: member, before: step.before }], moment);
          order.splice(step.before, 0, member);
        } else if (step.does === "comes last") {
          line.putLast(member, moment);
          order.push(member);
        } else line.delete(member);
        expect(membersOf(line)).toEqual(order);
      });
    }),
  );
});

test("lets several in at once, each before whoever stands at its place", () => {
  const line = new Line();
  for (const [moment, member] of ["c:1", "e:1"].entries()) line.putLast(member, moment);
  const insertions = [
    { item: "a:1", before: 0 },
    { item: "b:1", before: 0 },
    { item: "d:1", before: 1 },
    { item: "f:1", before: 7 },
  ];
  line.insert(insertions, 2);
  expect(membersOf(line)).toEqual(["a:1", "b:1", "c:1", "d:1", "e:1", "f:1"]);
});

test("has nobody whose last turn was too late, and gives those who are let in the moment of whoever stands behind", () => {
  const line = new Line();
  for (const [moment, member] of ["a:1", "c:1"].entries()) line.putLast(member, moment);
  line.insert([{ item: "b:1", before: 1 }], 2);
  const firstOther = (latest: number): string | undefined => line.first((member) => member !== "a:1", latest);
  expect([firstOther(0), firstOther(1)]).toEqual([undefined, "b:1"]);
});
