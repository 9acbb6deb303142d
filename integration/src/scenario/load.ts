import { readFileSync } from "node:fs";
import { isAlias, isMap, isNode, isSeq, LineCounter, parseDocument, visit, type Document } from "yaml";
import type { z } from "zod";
import { ScenarioProblem } from "./problem.js";
import { scenarioSchema, STEPS, stepsIn, type ScenarioFile, type Step, type StepWord } from "./schema.js";

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

/** A scenario, and the line of each of its steps. */
export interface Scenario extends ScenarioFile {
  /** The name of the file as it was given, for messages. */
  readonly file: string;
  lineOf(step: Step): number;
}

/**
 * Reads a scenario file. Throws a ScenarioProblem that names every place at which the file is wrong, and an Error when
 * the file cannot be read.
 */
export function loadScenario(file: string): Scenario {
  return parseScenario(readFileSync(file, "utf8"), file);
}

/** Reads a scenario from the text of its file, and throws as `loadScenario` does. */
export function parseScenario(text: string, file: string): Scenario {
  const { data, lineOf, placeOf } = parseFile(text, file, scenarioSchema);
  const wrong = [...unknownLabels(data.steps, ["steps"], new Set()), ...againstLoad(data)];
  if (wrong.length > 0)
    throw new ScenarioProblem(wrong.map(({ path, what }) => `${placeOf(path)}: ${what}`).join("\n"));
  const numbers = new Map<Step, number>();
  numberSteps(data.steps, ["steps"], (step, path) => {
    numbers.set(step, lineOf(path));
  });
  return { ...data, file, lineOf: (step) => numbers.get(step) ?? 1 };
}

/**
 * Reads the text of a YAML file by a schema; `lineOf` gives the line of a path within it, and `placeOf`
 * file, line and column. Throws a ScenarioProblem that
 * names every place at which the file is wrong.
 */
export function parseFile<T>(
  text: string,
  file: string,
  schema: z.ZodType<T>,
): { readonly data: T; readonly lineOf: (path: Path) => number; readonly placeOf: (path: Path) => string } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const broken = [
    ...document.errors.map(({ pos, message }) => `${place(pos[0])}: is not YAML: ${message}`),
    ...wrongAliases(document).map(({ offset, what }) => `${place(offset)}: ${what}`),
  ];
  if (broken.length > 0) throw new ScenarioProblem(broken.join("\n"));
  const raw = plainValue(document, file);
  const result = schema.safeParse(raw);
  if (!result.success) {
    const problems = complaints(result.error.issues, raw);
    const lines = problems.map(({ path, what }) => `${place(offsetOf(document, path))}: ${what}`);
    throw new ScenarioProblem([...new Set(lines)].join("\n")); // what is aliased is wrong at each use
  }
  return {
    data: result.data,
    lineOf: (path) => lines.linePos(offsetOf(document, path)).line,
    placeOf: (path) => place(offsetOf(document, path)),
  };
}

function numberSteps(steps: readonly Step[], path: Path, note: (step: Step, path: Path) => void): void {
  steps.forEach((step, index) => {
    const own = [...path, index];
    note(step, own);
    numberSteps(stepsIn(step), [...own, "meanwhile" in step ? "meanwhile" : "steps"], note);
  });
}

/** Complaints about times that count from a step which does not come before. `known` are the labels given by then. */
function unknownLabels(steps: readonly Step[], path: Path, known: Set<string>): Complaint[] {
  return steps.flatMap((step, index) => {
    const own = [...path, index];
    if ("each" in step) known.add(step.as);
    const isMeanwhile = "meanwhile" in step;
    const within = [...own, isMeanwhile ? "meanwhile" : "steps"];
    const found = unknownLabels(stepsIn(step), within, isMeanwhile ? new Set(known) : known);
    if ("since" in step && step.since !== undefined && !known.has(step.since)) {
      const given = known.size === 0 ? "none is given" : `there are ${[...known].join(", ")}`;
      found.push({
        path: [...own, "since"],
        what: `"since" is no label of an earlier step, "${step.since}"; ${given}`,
      });
    }
    if ("as" in step && step.as !== undefined) known.add(step.as);
    return found;
  });
}

/** Complaints about steps that have no meaning while a load changes everybody's metadata. */
function againstLoad({ load, steps }: ScenarioFile): Complaint[] {
  const found: Complaint[] = [];
  if (load === undefined) return found;
  numberSteps(steps, ["steps"], (step, path) => {
    const isNamed = "expect" in step && typeof step.expect === "object" && "meta" in step.expect;
    if ("set-meta" in step || isNamed)
      found.push({ path, what: `${isNamed ? "a name is expected" : '"set-meta"'}, and the load changes all names` });
    if ("expect" in step && step.expect === "nothing happens")
      found.push({ path, what: '"nothing happens" cannot hold, as the load changes metadata' });
  });
  return found;
}

interface Complaint {
  readonly path: Path;
  readonly what: string;
}

function complaints(issues: readonly Issue[], raw: unknown, base: Path = []): Complaint[] {
  return issues.flatMap((issue): Complaint[] => {
    const path = [...base, ...issue.path];
    const value = valueAt(raw, issue.path);
    if (issue.code === "invalid_union" && ["steps", "meanwhile"].includes(String(issue.path.at(-2))))
      return aboutStep(value, path);
    const last = issue.path.at(-1);
    const where = typeof last === "string" ? `"${last}" ` : "";
    if (issue.code !== "unrecognized_keys") return [{ path, what: `${where}${wording(issue, value)}` }];
    return issue.keys.map((key) => ({ path: [...path, key], what: `"${key}" is not known here` }));
  });
}

/**
 * Complaints about a step, by the schema that its first word names. Those by the schemas of all other steps would help
 * nobody.
 */
function aboutStep(step: unknown, path: Path): Complaint[] {
  const keys = typeof step === "object" && step !== null ? Object.keys(step) : [];
  const words = keys.filter((key): key is StepWord => key in STEPS);
  const [word] = words;
  const known = Object.keys(STEPS).join(", ");
  if (word === undefined)
    return [{ path, what: `${keys[0] === undefined ? "this" : `"${keys[0]}"`} is no step; a step is one of ${known}` }];
  if (words.length > 1)
    return [{ path, what: `is more than one step: ${words.join(", ")}; each needs a "-" of its own` }];
  return complaints(STEPS[word].safeParse(step).error?.issues ?? [], step, path);
}

function wording(issue: Issue, value: unknown): string {
  if (value === undefined) return "is missing";
  // The message of a custom rule says by itself what is wrong.
  if (issue.code === "custom") return issue.message;
  if (issue.code === "invalid_type") return `is ${JSON.stringify(value)}; it must be of type ${issue.expected}`;
  return `is ${JSON.stringify(value)}; it ${issue.message.replace(/^Invalid input: expected/, "must be")}`;
}

function valueAt(raw: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], raw);
}

/** Aliases without an anchor before them, and those that contain themselves. */
function wrongAliases(document: Document): { offset: number; what: string }[] {
  const found: { offset: number; what: string }[] = [];
  visit(document, {
    Alias(_key, alias, ancestors) {
      const [offset = 0] = alias.range ?? [];
      const anchored = alias.resolve(document);
      if (anchored === undefined)
        found.push({ offset, what: `*${alias.source} has no anchor &${alias.source} above it` });
      else if (ancestors.includes(anchored)) found.push({ offset, what: `*${alias.source} contains itself` });
    },
  });
  return found;
}

/** The document as plain values. Throws a ScenarioProblem where its aliases would make too much of it. */
function plainValue(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw new ScenarioProblem(`${file}:1:1: its aliases stand for too much; write less of them`);
  }
}

/**
 * The offset of the innermost part of the path that exists; for a value of a map, that of its key. What an alias stands
 * for has its place at the anchor, the alias itself where it is used.
 */
function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of path) {
    const parent = isAlias(node) ? node.resolve(document) : node;
    const pair = isMap(parent) ? parent.items.find((each) => isNode(each.key) && each.key.toJSON() === key) : undefined;
    node = isSeq(parent) ? parent.items[Number(key)] : pair?.value;
    const shown = pair === undefined ? node : pair.key;
    if (!isNode(shown) || !shown.range) return offset;
    offset = shown.range[0];
  }
  return offset;
}
