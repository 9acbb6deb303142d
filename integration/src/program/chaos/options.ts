import type { Preset } from "gossip-peer";
import type { Platform } from "../../experiment/experiment.js";
import { Misused } from "../misused.js";

/** The options of `npm run chaos`. */
export interface Options {
  readonly on: Platform;
  readonly peers?: number;
  readonly preset?: Preset;
  readonly seed: number;
  readonly repeat: number;
  readonly strict?: boolean;
  readonly beside?: string;
  readonly image?: string;
  readonly tls?: boolean;
  readonly project?: string;
  readonly keep?: boolean;
  readonly suite?: string;
  readonly failFast?: boolean;
  /** In ms. */
  readonly budget?: number;
  readonly dryRun?: boolean;
  readonly compare?: boolean;
  readonly tolerance: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly all?: boolean;
  readonly random?: boolean;
  readonly minutes?: number;
  readonly faults?: readonly string[];
}

/**
 * Throws Misused for options that contradict each other. `platforms` are those that anything runs on; `areMany` says
 * whether there are several scenarios.
 */
export function expectSense(options: Options, platforms: readonly Platform[], areMany: boolean): void {
  const { peers, preset, image, tls = false, project, beside, keep = false, repeat } = options;
  if (beside !== undefined && platforms.includes("simulator"))
    throw new Misused("--beside goes with peers that run for real, not with the simulator: nothing reaches those");
  if (beside?.trim() === "") throw new Misused("--beside needs a command");
  if (image !== undefined && !platforms.includes("docker")) throw new Misused("--image goes with --on docker");
  if (tls && !platforms.includes("docker")) throw new Misused("--tls goes with --on docker");
  if (project !== undefined && !platforms.includes("compose")) throw new Misused("--project goes with --on compose");
  if (peers !== undefined && platforms.includes("compose"))
    throw new Misused("a project has as many peers as it has; change that first: npm run testbed -- scale N");
  if (preset !== undefined && platforms.includes("compose"))
    throw new Misused(
      "a project has the preset that it was started with; start it again first: GOSSIP_PRESET=… npm start",
    );
  if (keep && (platforms.includes("simulator") || areMany || repeat > 1))
    throw new Misused(
      "--keep goes with one run of one scenario, and not with the simulator: nothing of that can be kept",
    );
}

/** A function that prints a line: on standard error where standard output is for the JSON alone. */
export function sayer({ json = false }: Options): (text: string) => void {
  return (text) => void process[json ? "stderr" : "stdout"].write(`${text}\n`);
}
