import { InvalidArgumentError } from "commander";

/**
 * A parser of an option whose value is a list with commas, of some of these words. The parser throws
 * InvalidArgumentError for a list with any other word, which commander prints with the name of the option.
 */
export function someOf<T extends string>(words: readonly T[]): (text: string) => T[] {
  return (text) =>
    text.split(",").map((each) => {
      const word = words.find((known) => known === each.trim());
      if (word !== undefined) return word;
      throw new InvalidArgumentError(`"${each.trim()}" is none of: ${words.join(", ")}.`);
    });
}
