import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** The simulator's command as it is installed; `npm run build` makes it and must come before the tests. */
export const SIMULATE = "integration/dist/program/simulate/cli.js";

export const WITHIN_MS = 60_000;

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs a program in the project's root to its end, with `more` variables than it has anyway. Rejects when it did not
 * end by itself, or never began.
 */
export function run(
  program: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
  cwd = ROOT,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, timeout: WITHIN_MS, env: { ...process.env, ...more } }, (error, out, err) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === "number") resolve({ code, out, err });
      else reject(new Error(`${program} ${args.join(" ")}: ${error?.message ?? ""}\n${err}`, { cause: error }));
    });
  });
}
