import { beforeEach, describe, expect, test } from "@jest/globals";
import { Told } from "../../src/core/told.js";

const range = (from: string, to: string): { from: string; to: string } => ({ from, to });

describe("what is news", () => {
  let told: Told;
  beforeEach(() => {
    told = new Told();
    told.begin("news:1");
  });

  test("is covered for nobody at first", () => {
    expect(told.covers("news:1", range("a:1", "a:1"))).toBe(false);
  });

  test("is covered for the range it was told to, and for any part of that", () => {
    told.add("news:1", range("c:1", "p:1"));
    expect(told.covers("news:1", range("c:1", "p:1"))).toBe(true);
    expect(told.covers("news:1", range("d:1", "f:1"))).toBe(true);
    expect(told.covers("news:1", range("b:1", "f:1"))).toBe(false);
    expect(told.covers("news:1", range("d:1", "q:1"))).toBe(false);
  });

  test("is covered for two ranges that overlap as for one", () => {
    told.add("news:1", range("c:1", "p:1"));
    told.add("news:1", range("a:1", "f:1"));
    expect(told.covers("news:1", range("a:1", "p:1"))).toBe(true);
  });

  test("is covered for everybody once it was told to all, whatever else it is told to", () => {
    told.add("news:1", undefined);
    told.add("news:1", range("c:1", "p:1"));
    expect(told.covers("news:1", range("a:1", "z:1"))).toBe(true);
  });

  test("is covered for nobody again when there is more to tell", () => {
    told.add("news:1", undefined);
    told.begin("news:1");
    expect(told.covers("news:1", range("a:1", "a:1"))).toBe(false);
  });

  test("is covered for nobody any more after two periods", () => {
    told.add("news:1", undefined);
    told.age();
    expect(told.covers("news:1", range("a:1", "z:1"))).toBe(true);
    told.age();
    expect(told.covers("news:1", range("a:1", "z:1"))).toBe(false);
  });

  test("is covered for two periods from when it was told last", () => {
    told.age();
    told.add("news:1", undefined);
    told.age();
    expect(told.covers("news:1", range("a:1", "z:1"))).toBe(true);
  });
});

test("what never was news has nothing covered", () => {
  expect(new Told().covers("old:1", range("a:1", "a:1"))).toBe(false);
});
