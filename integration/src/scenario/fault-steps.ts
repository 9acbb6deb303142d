import type { ProtocolTiming } from "gossip-peer";
import { stream } from "gossip-peer/simulator";
import { z } from "zod";
import { CA_TRUSTS, CERTIFICATE_STATES, type Fault, type LinkKind } from "../fault/fault.js";
import { onLinks } from "../fault/links.js";
import { durationMs, kbitsOf, mebibytesOf, shareOf } from "../fault/quantities.js";
import { waysBetween, waysFromTo } from "../fault/ways.js";
import { as, bandwidth, duration, memory, name, peers, share, text, type Selector } from "./fields.js";
import { ScenarioProblem } from "./problem.js";
import { readSides } from "./sides.js";
import { someMs } from "./times.js";

/** The context in which a step is read: the peers there are, and the names that earlier steps have given them. */
export interface Scene {
  readonly seed: number;
  readonly timing: ProtocolTiming;
  readonly peers: readonly { readonly number: number }[];
  /** The numbers that the selector stands for. `named` are those that the same step has named before. */
  select(selector: Selector, named?: readonly number[]): number[];
  /** The numbers that the selector stands for. From now on the label, if there is one, stands for them as well. */
  choose(selector: Selector, label: string | undefined): number[];
  label(label: string | undefined, numbers: readonly number[]): void;
  /** Sets the sides of which expectations speak from now on. */
  part(sides: readonly (readonly number[])[]): void;
}

/** What every step with a fault that lasts may say: when the fault ends by itself, and a name for later steps. */
const lasting = { for: duration.optional(), as };
const tlsMode = z.enum(["off", "accept", "require"]).optional();

/** The ends of the links that a step is for; without them it is for all. */
const ends = { from: peers.optional(), to: peers.optional() };
const bothEnds = [
  ({ from, to }: { readonly from?: unknown; readonly to?: unknown }) => (from === undefined) === (to === undefined),
  { error: 'a link has two ends, "from" and "to"' },
] as const;

interface FaultStepKind<S extends z.ZodType> {
  readonly schema: S;
  /** The faults that the step stands for, all of one kind. Throws a ScenarioProblem when they make no sense. */
  readonly faults: (step: z.infer<S>, scene: Scene) => readonly Fault[];
}

/** The steps that stand for faults, by their first word. */
export const FAULT_STEPS = {
  kill: kind(z.strictObject({ kill: peers, ...lasting }), (step, scene) =>
    scene.choose(step.kill, step.as).map((peer) => ({ kind: "kill", peer })),
  ),
  stop: kind(z.strictObject({ stop: peers, ...lasting }), (step, scene) =>
    scene.choose(step.stop, step.as).map((peer) => ({ kind: "stop", peer })),
  ),
  start: kind(
    z.strictObject({ start: peers, as, name, cluster: name, tls: tlsMode }),
    ({ start, as: label, ...how }, scene) =>
      scene.choose(start, label).map((peer) => ({ kind: "start", peer, ...given(how) })),
  ),
  restart: kind(z.strictObject({ restart: peers, as }), (step, scene) =>
    scene.choose(step.restart, step.as).map((peer) => ({ kind: "restart", peer })),
  ),
  pause: kind(z.strictObject({ pause: peers, ...lasting }), (step, scene) =>
    scene.choose(step.pause, step.as).map((peer) => ({ kind: "pause", peer })),
  ),
  resume: kind(z.strictObject({ resume: peers, as }), (step, scene) =>
    scene.choose(step.resume, step.as).map((peer) => ({ kind: "resume", peer })),
  ),
  close: kind(z.strictObject({ close: peers, as }), (step, scene) =>
    scene.choose(step.close, step.as).map((peer) => ({ kind: "close", peer })),
  ),
  partition: kind(z.strictObject({ partition: z.array(peers).min(2), ...lasting }), (step, scene) =>
    parted(
      readSides(step.partition, (side, named) => scene.select(side, named)),
      scene,
    ),
  ),
  cut: kind(z.strictObject({ cut: z.strictObject({ from: peers, to: peers }), ...lasting }), ({ cut }, scene) =>
    waysFromTo("cut", ...endsOf(cut, scene)),
  ),
  reject: kind(
    z.strictObject({ reject: z.strictObject({ from: peers, to: peers }), ...lasting }),
    ({ reject }, scene) => waysFromTo("reject", ...endsOf(reject, scene)),
  ),
  nat: kind(z.strictObject({ nat: peers, ...lasting }), (step, scene) =>
    scene.choose(step.nat, step.as).map((peer) => ({ kind: "nat", peer })),
  ),
  dns: kind(z.strictObject({ dns: peers, ...lasting }), (step, scene) =>
    scene.choose(step.dns, step.as).map((peer) => ({ kind: "dns", peer })),
  ),
  "mute-dns": kind(z.strictObject({ "mute-dns": peers, ...lasting }), (step, scene) =>
    scene.choose(step["mute-dns"], step.as).map((peer) => ({ kind: "mute-dns", peer })),
  ),
  "slow-dns": kind(z.strictObject({ "slow-dns": peers, late: duration, ...lasting }), (step, scene) => {
    const lateMs = durationMs(step.late, scene.timing);
    return scene.choose(step["slow-dns"], step.as).map((peer) => ({ kind: "slow-dns", peer, lateMs }));
  }),
  "wrong-dns": kind(z.strictObject({ "wrong-dns": peers, "leads-to": peers, ...lasting }), (step, scene) => {
    const [leadsTo, ...more] = scene.select(step["leads-to"]);
    if (leadsTo === undefined || more.length > 0)
      throw new ScenarioProblem("names lead to one peer, and not to several");
    return scene.choose(step["wrong-dns"], step.as).map((peer) => ({ kind: "wrong-dns", peer, leadsTo }));
  }),
  isolate: kind(z.strictObject({ isolate: peers, ...lasting }), (step, scene) => {
    const isolated = scene.choose(step.isolate, step.as);
    const rest = scene.peers.map(({ number }) => number).filter((number) => !isolated.includes(number));
    return parted([...isolated.map((each) => [each]), ...(rest.length === 0 ? [] : [rest])], scene);
  }),
  heal: kind(z.strictObject({ heal: z.literal("network"), as }), () => [{ kind: "heal" }]),
  loss: kind(z.strictObject({ loss: share, ...ends, ...lasting }).refine(...bothEnds), (step, scene) =>
    ofAllOrLinks({ kind: "loss", share: shareOf(step.loss) }, step, scene),
  ),
  delay: kind(
    z.strictObject({ delay: duration, jitter: duration.optional(), ...ends, ...lasting }).refine(...bothEnds),
    (step, scene) => {
      const [latencyMs = 0, jitterMs = 0] = [step.delay, step.jitter ?? "0 ms"].map((each) =>
        durationMs(each, scene.timing),
      );
      return ofAllOrLinks({ kind: "delay", latencyMs, jitterMs }, step, scene);
    },
  ),
  bandwidth: kind(z.strictObject({ bandwidth, ...ends, ...lasting }).refine(...bothEnds), (step, scene) => {
    const kbits = kbitsOf(step.bandwidth);
    if (kbits === 0) throw new ScenarioProblem("no bandwidth at all is a cut; it must be above 0");
    return ofAllOrLinks({ kind: "bandwidth", kbits }, step, scene);
  }),
  cpu: kind(z.strictObject({ cpu: peers, limit: z.union([share, z.literal("none")]), ...lasting }), (step, scene) => {
    const limit = step.limit === "none" ? {} : { share: shareOf(step.limit) };
    if (limit.share === 0) throw new ScenarioProblem("no CPU at all is a pause; the limit must be above 0%");
    return scene.choose(step.cpu, step.as).map((peer) => ({ kind: "cpu", peer, ...limit }));
  }),
  memory: kind(
    z.strictObject({ memory: peers, limit: z.union([memory, z.literal("none")]), ...lasting }),
    (step, scene) => {
      const limit = step.limit === "none" ? {} : { mebibytes: mebibytesOf(step.limit) };
      return scene.choose(step.memory, step.as).map((peer) => ({ kind: "memory", peer, ...limit }));
    },
  ),
  clock: kind(
    z
      .strictObject({ clock: peers, ahead: duration.optional(), behind: duration.optional(), ...lasting })
      .refine(({ ahead, behind }) => (ahead === undefined) !== (behind === undefined), {
        error: 'a clock is either "ahead" or "behind" by a duration, as "ahead: 60 min"',
      }),
    ({ clock, ahead, behind = "0 ms", as: label }, scene) => {
      const aheadMs = ahead === undefined ? -durationMs(behind, scene.timing) : durationMs(ahead, scene.timing);
      return scene.choose(clock, label).map((peer) => ({ kind: "clock", peer, aheadMs }));
    },
  ),
  starve: kind(
    z.strictObject({ starve: peers, asleep: duration, awake: duration, for: duration, as }),
    (step, scene) => {
      const [asleepMs = 0, awakeMs = 0, forMs = 0] = [step.asleep, step.awake, step.for].map((each) =>
        someMs(each, scene.timing),
      );
      // Each peer begins at a moment of its own, or all would be awake together.
      const chance = stream(scene.seed, "starve");
      return scene
        .choose(step.starve, step.as)
        .map((peer) => ({ kind: "starve", peer, afterMs: chance.next() * asleepMs, asleepMs, awakeMs, forMs }));
    },
  ),
  certificate: kind(
    z.strictObject({ certificate: peers, becomes: z.enum(CERTIFICATE_STATES), ...lasting }),
    ({ certificate, becomes, as: label }, scene) =>
      scene.choose(certificate, label).map((peer) => ({ kind: "certificate", peer, state: becomes })),
  ),
  ca: kind(z.strictObject({ ca: peers, trusts: z.enum(CA_TRUSTS), ...lasting }), ({ ca, trusts, as: label }, scene) =>
    scene.choose(ca, label).map((peer) => ({ kind: "ca", peer, trusts })),
  ),
  stranger: kind(z.strictObject({ stranger: peers, for: duration, as }), (step, scene) => {
    const forMs = someMs(step.for, scene.timing);
    return scene.choose(step.stranger, step.as).map((peer) => ({ kind: "stranger", peer, forMs }));
  }),
  twin: kind(z.strictObject({ twin: peers, for: duration, as }), (step, scene) => {
    const forMs = someMs(step.for, scene.timing);
    return scene.choose(step.twin, step.as).map((peer) => ({ kind: "twin", peer, forMs }));
  }),
  add: kind(
    z.strictObject({ add: z.int().min(1).max(10_000), seeds: peers.optional(), as }),
    ({ add, seeds = "the seed", as: label }, scene) => {
      const from = scene.select(seeds);
      const numbers = Array.from({ length: add }, (_, at) => scene.peers.length + 1 + at);
      scene.label(label, numbers);
      return numbers.map((peer) => ({ kind: "add", peer, seeds: from }));
    },
  ),
  "set-meta": kind(z.strictObject({ "set-meta": peers, name: text, as }), (step, scene) =>
    scene.choose(step["set-meta"], step.as).map((peer) => ({ kind: "set-meta", peer, meta: { name: step.name } })),
  ),
  "add-seed": kind(
    z.strictObject({ "add-seed": peers, seed: z.union([z.int().min(1), text]), as }),
    ({ "add-seed": those, seed, as: label }, scene) => {
      if (typeof seed === "number" && !scene.peers.some(({ number }) => number === seed))
        throw new ScenarioProblem(`there is no peer ${seed} to be a seed`);
      return scene.choose(those, label).map((peer) => ({ kind: "add-seed", peer, seed }));
    },
  ),
} as const;

export type FaultStep = z.infer<(typeof FAULT_STEPS)[keyof typeof FAULT_STEPS]["schema"]>;

/** The faults that a step stands for, all of one kind. Throws a ScenarioProblem when they make no sense. */
export function faultsOf(step: FaultStep, scene: Scene): readonly Fault[] {
  const kinds = FAULT_STEPS as unknown as Readonly<Record<string, FaultStepKind<z.ZodType<FaultStep>>>>;
  const found = Object.keys(step).flatMap((word) => kinds[word] ?? []);
  return found[0]?.faults(step, scene) ?? [];
}

function kind<S extends z.ZodType>(schema: S, faults: FaultStepKind<S>["faults"]): FaultStepKind<S> {
  return { schema, faults };
}

/** The fault on each link from some peers to others; where no ends are named it is one of all. */
function ofAllOrLinks(
  fault: Fault<LinkKind>,
  { from, to }: { readonly from?: Selector | undefined; readonly to?: Selector | undefined },
  scene: Scene,
): Fault[] {
  if (from === undefined || to === undefined) return [fault];
  return onLinks(fault, ...endsOf({ from, to }, scene));
}

/** The peers at the two ends of ways or links. */
function endsOf(
  { from, to }: { readonly from: Selector; readonly to: Selector },
  scene: Scene,
): [froms: number[], tos: number[]] {
  const froms = scene.select(from);
  return [froms, scene.select(to, froms)];
}

/** Cuts of all ways between the sides, of which expectations speak from then on. */
function parted(sides: readonly (readonly number[])[], scene: Scene): Fault[] {
  scene.part(sides);
  return waysBetween("cut", sides);
}

/** The values without those that are undefined: optional fields may be missing, but not undefined. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof given<T>
  >;
}
