import { InvalidArgumentError } from "commander";

/** Reads an option that is a number; throws, for commander to tell, what it must be. */
export function number(lowest: number, highest: number, kind = "number"): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? NaN : Number(text);
    if (value >= lowest && value <= highest && (kind === "number" || Number.isInteger(value))) return value;
    throw new InvalidArgumentError(`It must be a ${kind} from ${lowest} to ${highest}.`);
  };
}

export function whole(lowest: number, highest: number): (text: string) => number {
  return number(lowest, highest, "whole number");
}
