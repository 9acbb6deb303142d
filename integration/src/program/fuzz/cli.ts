#!/usr/bin/env node
import { Command } from "commander";
import { onClosedOutput } from "../../lib/interruption.js";
import { whole } from "../../lib/number-option.js";
import { fuzz, type FuzzOptions } from "./fuzz.js";

/** The exit codes. 0: all held. 1: something did not. 2: the command was not understood. */
const EXIT = { held: 0, failed: 1, misused: 2 } as const;

onClosedOutput(() => process.exit(EXIT.held)); // its reader, such as `head`, has seen enough

const program = new Command("fuzz")
  .description("three peers under fire: messages that are changed, cut, too long, absurd, or lies")
  .showHelpAfterError("(--help shows what there is)")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.held : EXIT.misused))
  .option("--seed <n>", "what all chance is drawn from", whole(0, 2 ** 31), 1)
  .option("--inputs <n>", "how many", whole(1, 100_000_000), 100_000)
  .option("--seconds <n>", "ends after so long at the latest", whole(1, 1_000_000), 1_000_000)
  .option("--json", "the result as JSON")
  .action(async (options: FuzzOptions & { json?: boolean }) => {
    const { json, ...how } = options;
    const result = await fuzz(how);
    const { inputs, seconds, kinds, mostMegabytes, failure } = result;
    const drawn = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
    const text = `${failure === undefined ? "PASS" : "FAIL"} ${inputs} inputs (${drawn.join(", ")}) in ${seconds.toFixed(0)} s, ${mostMegabytes} MB at most`;
    process.stdout.write(
      `${json ? JSON.stringify(result, undefined, 2) : [text, failure ?? ""].join("\n").trimEnd()}\n`,
    );
    process.exit(failure === undefined ? EXIT.held : EXIT.failed);
  });

await program.parseAsync();
