import { beforeEach, describe, expect, test } from "@jest/globals";
import { Coverage } from "../../src/core/coverage.js";

const range = (from: string, to: string): { from: string; to: string } => ({ from, to });

describe("what is news", () => {
  let coverage: Coverage;
  beforeEach(() => {
    coverage = new Coverage();
    coverage.begin("news:1");
  });

  test("is covered for nobody at first", () => {
    expect(coverage.covers("news:1", range("a:1", "a:1"))).toBe(false);
  });

  test("is covered for the range it was told to, and for any part of that", () => {
    coverage.extend("news:1", range("c:1", "p:1"));
    expect(coverage.covers("news:1", range("c:1", "p:1"))).toBe(true);
    expect(coverage.covers("news:1", range("d:1", "f:1"))).toBe(true);
    expect(coverage.covers("news:1", range("b:1", "f:1"))).toBe(false);
    expect(coverage.covers("news:1", range("d:1", "q:1"))).toBe(false);
  });

  test("is covered for two ranges that overlap as for one", () => {
    coverage.extend("news:1", range("c:1", "p:1"));
    coverage.extend("news:1", range("a:1", "f:1"));
    expect(coverage.covers("news:1", range("a:1", "p:1"))).toBe(true);
  });

  test("is covered for everybody once it was told to all, whatever else it is told to", () => {
    coverage.extend("news:1", undefined);
    coverage.extend("news:1", range("c:1", "p:1"));
    expect(coverage.covers("news:1", range("a:1", "z:1"))).toBe(true);
  });

  test("is covered for nobody again when there is more to tell", () => {
    coverage.extend("news:1", undefined);
    coverage.begin("news:1");
    expect(coverage.covers("news:1", range("a:1", "a:1"))).toBe(false);
  });

  test("is covered for nobody any more after two periods", () => {
    coverage.extend("news:1", undefined);
    coverage.age();
    expect(coverage.covers("news:1", range("a:1", "z:1"))).toBe(true);
    coverage.age();
    expect(coverage.covers("news:1", range("a:1", "z:1"))).toBe(false);
  });

  test("is covered for two periods from when it was told last", () => {
    coverage.age();
    coverage.extend("news:1", undefined);
    coverage.age();
    expect(coverage.covers("news:1", range("a:1", "z:1"))).toBe(true);
  });
});

test("what never was news has nothing covered", () => {
  expect(new Coverage().covers("old:1", range("a:1", "a:1"))).toBe(false);
});
