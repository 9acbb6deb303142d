import { InvalidArgumentError } from "commander";

/**
 * A parser of an option whose value is a number from `lowest` to `highest`, both included. The parser throws
 * InvalidArgumentError for anything else, which commander prints with the name of the option.
 */
export function number(lowest: number, highest: number, kind = "number"): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? NaN : Number(text);
    if (value >= lowest && value <= highest && (kind === "number" || Number.isInteger(value))) return value;
    throw new InvalidArgumentError(`It must be a ${kind} from ${lowest} to ${highest}.`);
  };
}

/** As `number`, for whole numbers. */
export function whole(lowest: number, highest: number): (text: string) => number {
  return number(lowest, highest, "whole number");
}

/** As `number`, for a share: "20%" is 0.2. */
export function share(text: string): number {
  const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(text.trim()) ?? [];
  if (percent === undefined) throw new InvalidArgumentError("It must be a share, as 20%.");
  return Number(percent) / 100;
}
