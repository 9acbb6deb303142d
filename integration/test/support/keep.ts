import { afterEach } from "@jest/globals";

/**
 * Keeps things until the end of each test, and then disposes of them, the latest first. To be called once in a test
 * file.
 */
export function keeper(): <T extends AsyncDisposable>(thing: T) => T {
  const kept: AsyncDisposable[] = [];
  afterEach(async () => {
    for (const each of kept.splice(0).reverse()) await each[Symbol.asyncDispose]();
  });
  return (thing) => {
    kept.push(thing);
    return thing;
  };
}
