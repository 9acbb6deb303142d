import { existsSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_PROJECT } from "../../cluster/compose/default-project.js";
import type { Outcome, Platform } from "../../experiment/experiment.js";
import { duration } from "../../lib/text.js";
import type { OpenCluster } from "../../scenario/cluster.js";
import { INDEX, JUNIT } from "../../report/write.js";
import { runBatch } from "./batch.js";
import { PlainDisplay, ScreenDisplay, titleOf } from "./display.js";
import { finish } from "./finish.js";
import { folderNow, newFolder } from "./folders.js";
import { keepUntil } from "./keep.js";
import { Misused } from "../misused.js";
import { sayer, type Options } from "./options.js";
import { orMisused, type Done, type Plan, type Planned } from "./planned.js";
import { openerOf, peersThere } from "./platforms.js";
import { planText, simulateAgain, writePlan } from "./random.js";

/** A platform that clusters can be opened on, and how many peers a scenario gets there, if it has no choice. */
interface Place {
  readonly open: OpenCluster;
  readonly count: number | undefined;
}

/**
 * Runs everything that is planned, one after the other, and reports on it. Resolves to the worst verdict, which is
 * unknown at best where something was not run.
 */
export async function runAll(plan: Plan): Promise<Outcome["verdict"]> {
  const { planned, options, title, budgetMs, failFast, end } = plan;
  const places = await placesFor(planned, options);
  const isOne = planned.length === 1 && title === undefined;
  const folder = folderOf(plan, isOne);
  using limit = limited(end.signal, budgetMs);
  const done: Done[] = [];
  for (const each of planned) {
    const why = reasonToStop(done, limit.signal, failFast);
    const run = (): Promise<Done> => runOne(each, places, { plan, folder, isOne, signal: limit.signal });
    if (why !== undefined) done.push(notRun(each, why));
    else if (isOne) done.push(await run());
    else done.push(await run().catch((error: unknown) => lost(each, error)));
  }
  return finish(done, { plan, folder, isOne });
}

/** The platforms that are needed. Rejects with Misused where a Compose project has no peers. */
async function placesFor(planned: readonly Planned[], options: Options): Promise<Map<Platform, Place>> {
  const { image, tls, project = DEFAULT_PROJECT } = options;
  const places = new Map<Platform, Place>();
  for (const on of new Set(planned.map((each) => each.on))) {
    const open = await openerOf(on, { image, project, tls });
    places.set(on, { open, count: await orMisused(peersThere(on, project)) });
  }
  return places;
}

/** Throws Misused where the folder that is asked for has the reports of others. */
function folderOf({ planned, options: { out }, title }: Plan, isOne: boolean): string {
  const [first] = planned;
  if (out === undefined) {
    const several = title === undefined ? (first?.random === undefined ? "all" : "random") : "suite";
    return newFolder(folderNow(isOne && first !== undefined ? first.name : several));
  }
  if (!isOne && [INDEX, JUNIT].some((name) => existsSync(join(out, name))))
    throw new Misused(`${out} has the reports of other runs; name another folder`);
  return out;
}

/** A signal that is aborted with that of the user, or when the time is over. Disposing ends the clock. */
function limited(user: AbortSignal, budgetMs: number | undefined): { readonly signal: AbortSignal } & Disposable {
  if (budgetMs === undefined) return { signal: user, [Symbol.dispose]: () => undefined };
  const over = new AbortController();
  const clock = setTimeout(() => {
    over.abort(new Error(`the budget of ${duration(budgetMs)} was over`));
  }, budgetMs);
  return {
    signal: AbortSignal.any([user, over.signal]),
    [Symbol.dispose]: () => {
      clearTimeout(clock);
    },
  };
}

/** Why nothing more is run; undefined where nothing speaks against it. */
function reasonToStop(done: readonly Done[], { aborted, reason }: AbortSignal, failFast: boolean): string | undefined {
  if (aborted) return reason instanceof Error ? reason.message : String(reason);
  const bad = failFast ? done.find(({ batch }) => batch !== undefined && batch.verdict !== "true") : undefined;
  return bad === undefined ? undefined : `${bad.planned.name} was ${bad.batch?.verdict ?? "not run"}`;
}

function notRun(planned: Planned, reason: string): Done {
  return { planned, folder: undefined, batch: undefined, reason, wallMs: 0 };
}

/** What the system refused to one of several, as on a full disk, takes nothing from the others. Throws all else. */
function lost(planned: Planned, error: unknown): Done {
  if (!(error instanceof Error && "code" in error)) throw error;
  return notRun(planned, error.message);
}

async function runOne(
  planned: Planned,
  places: ReadonlyMap<Platform, Place>,
  { plan, folder, isOne, signal }: { plan: Plan; folder: string; isOne: boolean; signal: AbortSignal },
): Promise<Done> {
  const { options, end, failFast } = plan;
  const { name, file, text, on, random, seed, repeat, commandOf } = planned;
  const { project = DEFAULT_PROJECT, keep = false } = options;
  const place = places.get(on);
  if (place === undefined) throw new Error(`the platform ${on} has not been prepared`);
  const say = sayer(options);
  const own = isOne ? folder : newFolder(join(folder, name));
  const written = random === undefined ? planned.scenario : writePlan(own, random);
  if (random !== undefined) say(planText(random, written.file));
  const scenario = { ...written, peers: place.count ?? written.peers };
  if (scenario.peers !== written.peers)
    say(
      `${file} asks for ${written.peers} peers; the project ${project} has ${scenario.peers}, and it runs with those`,
    );
  const begun = performance.now();
  const batch = await runBatch({
    scenario,
    text,
    on,
    open: place.open,
    project: on === "compose" ? project : undefined,
    seed,
    repeat,
    strict: options.strict,
    beside: options.beside,
    failFast,
    folder: own,
    commandOf,
    signal,
    display: (title) => displayOf(titleOf(title), on, options, end),
    keep: keep ? (cluster) => keepUntil(cluster, signal, say) : undefined,
    say,
  });
  const wallMs = performance.now() - begun;
  if (random !== undefined && batch.verdict === "false") await simulateAgain(random, own, signal, say);
  if (!isOne) say("");
  return { planned: { ...planned, scenario }, folder: own, batch, reason: batch.reason, wallMs };
}

/** A screen on a terminal, else plain lines. The simulator gets lines, since its runs end too fast to be watched. */
function displayOf(title: string, on: Platform, options: Options, end: AbortController): PlainDisplay | ScreenDisplay {
  const { json = false } = options;
  const say = sayer(options);
  const isWatched = process.stdout.isTTY && on !== "simulator" && !json;
  if (isWatched)
    return new ScreenDisplay(title, () => {
      end.abort(new Error("interrupted"));
    });
  say(title);
  return new PlainDisplay(say);
}
