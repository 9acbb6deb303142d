import { describe, expect, test } from "@jest/globals";
import { Aliases } from "../../src/core/aliases.js";

/** Draws what is in the middle. */
const EVEN = { next: () => 0.5 };

describe("aliases", () => {
  test("lead to the member that answered", () => {
    const aliases = new Aliases(10, 100, EVEN);
    aliases.learn("name:1", "10.0.0.1:1", 0, 64);
    expect(aliases.behind("name:1", 1)).toBe("10.0.0.1:1");
    expect(aliases.behind("other:1", 1)).toBeUndefined();
  });

  test("end after two periods or so, and after twice the time each time that they are learnt again", () => {
    const aliases = new Aliases(10, 100, EVEN);
    let now = 0;
    for (const periods of [2, 4, 8, 16, 32, 64, 64]) {
      aliases.learn("name:1", "10.0.0.1:1", now, 64);
      expect(aliases.behind("name:1", now + periods * 100 - 1)).toBe("10.0.0.1:1");
      now += periods * 100;
      expect(aliases.behind("name:1", now)).toBeUndefined();
    }
  });

  test("are bounded: the one learnt longest ago goes first", () => {
    const aliases = new Aliases(2, 100, EVEN);
    aliases.learn("a:1", "x:1", 0, 64);
    aliases.learn("b:1", "x:1", 0, 64);
    aliases.learn("a:1", "y:1", 0, 64);
    aliases.learn("c:1", "x:1", 0, 64);
    expect(["a:1", "b:1", "c:1"].map((address) => aliases.behind(address, 1))).toEqual(["y:1", undefined, "x:1"]);
  });
});
