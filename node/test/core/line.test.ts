import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Line } from "../../src/core/line.js";

const MEMBERS = ["a:1", "b:1", "c:1", "d:1", "e:1"];
const anyMember = fc.constantFrom(...MEMBERS);

/** The members of a line, in their order. */
function membersOf(line: Line<string>): string[] {
  const members: string[] = [];
  const next = (): string | undefined => line.first((member) => !members.includes(member));
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
      const line = new Line<string>();
      const order: string[] = [];
      for (const step of steps) {
        const { member } = step;
        const isIn = order.includes(member);
        if (step.does === "comes in" && isIn) continue;
        if (isIn) order.splice(order.indexOf(member), 1);
        if (step.does === "comes in") {
          line.insert([{ item: member, before: step.before }]);
          order.splice(step.before, 0, member);
        } else if (step.does === "comes last") {
          line.putLast(member);
          order.push(member);
        } else line.delete(member);
        expect(line.hasComeLast(member)).toBe(step.does === "comes last");
        expect(membersOf(line)).toEqual(order);
      }
    }),
  );
});

test("lets several in at once, each before whoever stands at its place", () => {
  const line = new Line<string>();
  for (const member of ["c:1", "e:1"]) line.putLast(member);
  const insertions = [
    { item: "a:1", before: 0 },
    { item: "b:1", before: 0 },
    { item: "d:1", before: 1 },
    { item: "f:1", before: 7 },
  ];
  line.insert(insertions);
  expect(membersOf(line)).toEqual(["a:1", "b:1", "c:1", "d:1", "e:1", "f:1"]);
});
