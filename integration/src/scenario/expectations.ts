import { isDeepStrictEqual } from "node:util";
import { listed, lists, running, statusAt, type PeerView, type Views } from "../view/views.js";
import type { Change } from "./cluster.js";
import { ScenarioProblem } from "./problem.js";
import type { Selector } from "./fields.js";
import type { Expectation } from "./schema.js";

/** A function that returns the first thing in the views that is not as expected; undefined when all is. */
export type Check = (views: Views) => string | undefined;

/** The facts by which an expectation is judged, besides the views. */
export interface Circumstances {
  readonly select: (selector: Selector, named?: readonly number[]) => number[];
  /** The sides of the last partition, and the groups that the seeds make; undefined where there are none. */
  readonly sides: readonly (readonly number[])[] | undefined;
  readonly groups: readonly (readonly number[])[] | undefined;
  /** Every change of a list since the beginning. It grows as time passes. */
  readonly history: readonly Change[];
}

/**
 * Makes the check for an expectation. Peers that are chosen at random are drawn now, once. Throws a ScenarioProblem
 * when the expectation can prove nothing.
 */
export function checkOf(expectation: Expectation, circumstances: Circumstances): Check {
  const { sides, groups, history } = circumstances;
  switch (expectation) {
    case "everyone sees everyone":
      return ofSomebody((views) =>
        seeOnly(
          views,
          running(views).map(({ number }) => number),
        ),
      );
    case "sides see only themselves":
      if (sides === undefined) throw new ScenarioProblem("there are no sides: no partition or isolate went before");
      return ofSomebody((views) => first(sides, (side) => seeOnly(views, side)));
    case "groups see only themselves":
      if (groups === undefined)
        throw new ScenarioProblem('there are no groups: the scenario needs "seeds: groups of N"');
      return ofSomebody((views) => first(groups, (group) => seeOnly(views, group)));
    case "nothing happens": {
      const before = history.length;
      return ofSomebody(() => tell(history[before]));
    }
    case "nobody was removed wrongly":
      return () => tell(history.find(({ wrong }) => wrong));
    case "everyone agrees on metadata":
      return ofSomebody(agreeOnMetadata);
    default:
      return aboutPeers(expectation, circumstances);
  }
}

const NOBODY = "nobody who runs can be asked";

/** The check, which proves nothing where nobody runs. */
function ofSomebody(check: Check): Check {
  return (views) => (running(views).length === 0 ? NOBODY : check(views));
}

function aboutPeers(expectation: Exclude<Expectation, string>, { select }: Circumstances): Check {
  const subjects = select(subjectOf(expectation));
  const viewers = expectation.at === undefined ? undefined : select(expectation.at, subjects);
  const check = judgement(expectation);
  return (views) => {
    const asked = running(views).filter(({ number }) => viewers?.includes(number) ?? true);
    const pairs = asked.flatMap((viewer) => subjects.map((subject) => [viewer, views[subject - 1]] as const));
    // A peer lists itself as long as it runs, so that its own view of itself tells nothing but its metadata.
    const isToTell = "meta" in expectation ? pairs : pairs.filter(([viewer, subject]) => viewer !== subject);
    if (isToTell.length === 0) return NOBODY;
    return first(isToTell, ([viewer, subject]) => (subject === undefined ? undefined : check(viewer, subject)));
  };
}

function subjectOf(expectation: Exclude<Expectation, string>): Selector {
  if ("gone" in expectation) return expectation.gone;
  if ("left" in expectation) return expectation.left;
  return "listed" in expectation ? expectation.listed : expectation.meta;
}

function judgement(
  expectation: Exclude<Expectation, string>,
): (viewer: PeerView, subject: PeerView) => string | undefined {
  return (viewer, subject) => {
    if (viewer.members === undefined) return `peer ${viewer.number} gives no answer: ${viewer.problem ?? ""}`;
    const status = statusAt(viewer, subject.address) ?? "unknown";
    const isListed = lists(viewer, subject.address ?? "");
    const held = `peer ${viewer.number} holds peer ${subject.number} as ${status}`;
    if ("gone" in expectation) return isListed ? held : undefined;
    if ("left" in expectation) return status === "left" ? undefined : held;
    if ("listed" in expectation) return isListed ? undefined : held;
    const { name } = viewer.members.get(subject.address ?? "")?.meta ?? {};
    return isListed && name === expectation.name ? undefined : `${held}, with the name ${JSON.stringify(name ?? null)}`;
  };
}

/** Checks that those of `numbers` that run list exactly each other. */
function seeOnly(views: Views, numbers: readonly number[]): string | undefined {
  const members = running(views).filter(({ number }) => numbers.includes(number));
  // The cheapest check comes first: as long as some peer lists too few, there is no need to compare one by one.
  const short = members.find(({ members: held }) => (held?.size ?? 0) < members.length);
  return first(short === undefined ? members : [short], (viewer) => {
    if (viewer.members === undefined) return `peer ${viewer.number} gives no answer: ${viewer.problem ?? ""}`;
    const missed = members.find(({ address }) => !lists(viewer, address ?? ""));
    if (missed !== undefined) return `peer ${viewer.number} does not list peer ${missed.number}`;
    const own = new Set(members.map(({ address }) => address));
    const extra = listed(viewer).find((address) => !own.has(address));
    if (extra === undefined) return undefined;
    const known = views.find(({ address }) => address === extra);
    return `peer ${viewer.number} lists ${known === undefined ? extra : `peer ${known.number}`}`;
  });
}

/** Checks that all that run hold of each other the metadata that each says of itself. */
function agreeOnMetadata(views: Views): string | undefined {
  const members = running(views);
  return first(members, ({ number: owner, address = "", members: own }) => {
    const said = own?.get(address)?.meta;
    const other = members.find((viewer) => !isDeepStrictEqual(viewer.members?.get(address)?.meta, said));
    return other && `peer ${other.number} holds other metadata of peer ${owner} than that one itself`;
  });
}

function tell(change: Change | undefined): string | undefined {
  return (
    change && `at ${Math.round(change.atMs)} ms peer ${change.viewer} announced "${change.kind}" of ${change.subject}`
  );
}

function first<T>(items: readonly T[], problem: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = problem(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
