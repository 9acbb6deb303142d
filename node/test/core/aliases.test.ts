import { describe, expect, test } from "@jest/globals";
import { Aliases } from "../../src/core/aliases.js";

describe("aliases", () => {
  test("lead to the member that answered; any other address stands for itself", () => {
    const aliases = new Aliases(10);
    aliases.learn("name:1", "10.0.0.1:1");
    expect(aliases.behind("name:1")).toBe("10.0.0.1:1");
    expect(aliases.behind("other:1")).toBe("other:1");
  });

  test("are bounded: the one learnt longest ago goes first", () => {
    const aliases = new Aliases(2);
    aliases.learn("a:1", "x:1");
    aliases.learn("b:1", "x:1");
    aliases.learn("a:1", "y:1");
    aliases.learn("c:1", "x:1");
    expect(["a:1", "b:1", "c:1"].map((address) => aliases.behind(address))).toEqual(["y:1", "b:1", "x:1"]);
  });
});
