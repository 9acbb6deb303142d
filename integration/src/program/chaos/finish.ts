import { join, relative } from "node:path";
import { worst, type Outcome } from "../../experiment/experiment.js";
import type { IndexRow } from "../../report/index-page.js";
import { summaryText } from "../../report/summary.js";
import { PAGE, writeIndex, writeJunit } from "../../report/write.js";
import { leftOf, orSay, togetherOf } from "./batch.js";
import { sayer } from "./options.js";
import type { Done, Plan } from "./planned.js";

/**
 * Writes what is about all runs together, and prints the table, where the reports are, and the JSON. Returns the worst
 * verdict, which is unknown at best where something was not run.
 */
export function finish(
  done: readonly Done[],
  { plan, folder, isOne }: { plan: Plan; folder: string; isOne: boolean },
): Outcome["verdict"] {
  const { json = false } = plan.options;
  const verdict = worst(done.map(({ batch }) => batch?.verdict ?? "unknown"));
  const say = sayer(plan.options);
  const rows = done.map((each) => rowOf(each, folder));
  if (!isOne) {
    orSay(say, () => {
      writeJunit(
        folder,
        done.flatMap(({ batch }) => batch?.runs.map(({ outcome }) => outcome) ?? []),
        done.flatMap(({ batch }) => (batch === undefined ? [] : togetherOf(batch))),
        done.flatMap(({ planned, batch, reason }) => leftOf(planned, batch?.left ?? planned.repeat, reason)),
      );
      writeIndex(folder, { title: plan.title ?? "Several scenarios", verdict, rows, at: new Date() });
    });
    say(summaryText(rows));
  }
  say(`\nreport: ${join(folder, isOne ? PAGE : "")}`);
  if (json) {
    const result = done.map((each, index) => ({ ...rows[index], ...resultOf(each) }));
    process.stdout.write(`${JSON.stringify(isOne ? result[0] : result, undefined, 2)}\n`);
  }
  return verdict;
}

function rowOf({ planned, batch, folder, reason, wallMs }: Done, all: string): IndexRow {
  const { name, scenario, on, repeat } = planned;
  return {
    scenario: name,
    title: scenario.title,
    on,
    peers: scenario.peers,
    runs: `${batch?.runs.length ?? 0} of ${repeat}`,
    verdict: batch?.verdict ?? "not run",
    reason,
    wallMs,
    href: folder === undefined ? undefined : `${encodeURIComponent(relative(all, folder))}/${PAGE}`,
  };
}

function resultOf({ batch }: Done): object {
  return {
    distributions: batch?.distributions ?? [],
    sometimes: batch?.sometimes ?? [],
    runs: (batch?.runs ?? []).map(({ outcome, folder, judgement }) => ({
      seed: outcome.seed,
      verdict: outcome.verdict,
      reason: outcome.reason,
      wallMs: outcome.wallMs,
      report: join(folder, PAGE),
      judgement,
    })),
  };
}
