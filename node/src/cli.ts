#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { addressProblem, splitAddress } from "./core/address.js";
import type { Member, MemberEvent } from "./core/messages.js";
import type { PeerMeta } from "./core/meta.js";
import { DEFAULT_ADMIN_ADDRESS, DEFAULT_PORT } from "./environment.js";
import { GossipError } from "./errors.js";
import { RemotePeer } from "./grpc/remote.js";
import { printable, printableJson, table } from "./table.js";
import { ROUND_TRIP_BOUNDS_MS, roundTripWithin, type Traffic } from "./traffic.js";

/** 0: done. 1: the peer was not reached, or refused. 2: the command was not understood. */
const EXIT = { done: 0, failed: 1, misused: 2 } as const;

interface Common {
  readonly at: string;
  readonly format: "table" | "json";
}

// Whoever reads what is printed has seen enough, such as `head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.done);
});

process.exitCode = await main(process.argv);

async function main(argv: string[]): Promise<number> {
  try {
    await program().parseAsync(argv);
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.misused;
    process.stderr.write(`gossip: ${printable(error instanceof Error ? error.message : String(error))}\n`);
    return error instanceof GossipError && error.code === "invalid-address" ? EXIT.misused : EXIT.failed;
  }
}

function program(): Command {
  const root = new Command("gossip").description("Look at a gossip peer, and change it").exitOverride();
  const membershipAt = `127.0.0.1:${ownPort()}`;
  const adminAt = process.env["GOSSIP_ADMIN_ADDRESS"] || DEFAULT_ADMIN_ADDRESS;
  const command = (name: string, about: string, at: string): Command =>
    root
      .command(name)
      .description(about)
      .exitOverride()
      .option("--at <host:port>", "the peer's address", parseAddress, at)
      .addOption(new Option("--format <format>", "how to print").choices(["table", "json"]).default("table"));

  command("members", "who the peer lists", membershipAt)
    .option("--all", "also who is remembered as failed or left", false)
    .action((options: Common & { all: boolean }) => withPeer(options, (peer) => members(peer, options)));
  command("watch", "the peer's view, then every change, until Ctrl-C", membershipAt).action((options: Common) =>
    withPeer(options, (peer) => watch(peer, options)),
  );
  command("traffic", "what its talk with the other peers has cost the peer", membershipAt).action((options: Common) =>
    withPeer(options, (peer) => traffic(peer, options)),
  );
  command("add-seed", "give the peer one more address to try", adminAt)
    .argument("<address>", "host:port", parseAddress)
    .action((seed: string, options: Common) =>
      withPeer(options, async (peer) => {
        await peer.addSeed(seed);
        say(options, { seed }, `seed added: ${seed}`);
      }),
    );
  command("set-meta", "replace what the peer says of itself", adminAt)
    .option("--name <name>", "its name")
    .option("--tag <key=value>", "a tag; may be given again", collectTag, {})
    .action((options: Common & { name?: string; tag: Record<string, string> }) =>
      withPeer(options, async (peer) => {
        const meta = { name: options.name ?? "", tags: options.tag };
        await peer.updateMeta(meta);
        say(options, { meta }, "metadata updated");
      }),
    );
  command("leave", "make the peer say goodbye and end", adminAt).action((options: Common) =>
    withPeer(options, async (peer) => {
      await peer.leave();
      say(options, { left: true }, "the peer is leaving");
    }),
  );
  return root;
}

async function members(peer: RemotePeer, { all, format }: Common & { all: boolean }): Promise<void> {
  const { members } = await peer.getMembers({ includeGone: all });
  if (format === "json") print(printableJson(members.map(asJson), 2));
  else print(table(["ADDRESS", "STATUS", "GENERATION", "INCARNATION", "NAME", "TAGS"], members.map(asRow)));
}

async function watch(peer: RemotePeer, { format }: Common): Promise<void> {
  const interrupted = new AbortController();
  process.once("SIGINT", () => {
    interrupted.abort();
  });
  for await (const seen of peer.watch(interrupted.signal)) {
    if (format === "json") print(printableJson(seen));
    else if (seen.type === "event") print(eventLine(seen.event));
    else print(table(["ADDRESS", "STATUS", "GENERATION", "INCARNATION", "NAME", "TAGS"], seen.members.map(asRow)));
  }
}

async function traffic(peer: RemotePeer, { format }: Common): Promise<void> {
  const traffic = await peer.getTraffic();
  if (traffic === undefined) throw new Error(`${peer.address}: it does not publish what its talk costs`);
  print(format === "json" ? printableJson(traffic, 2) : table(["SINCE ITS START", ""], trafficRows(traffic)));
}

function trafficRows(traffic: Traffic): string[][] {
  const { exchanges, probes, unanswered, messages, bytes, roundTrips } = traffic;
  const rows: [string, string | number][] = [
    ["seconds", (traffic.runningForMs / 1000).toFixed(1)],
    ["exchanges asked", exchanges.asked],
    ["exchanges answered", exchanges.answered],
    ["probes asked", probes.asked],
    ["probes answered", probes.answered],
    ["calls without an answer", unanswered],
    ["messages sent", messages.sent],
    ["messages received", messages.received],
    ["bytes sent", bytes.sent],
    ["bytes received", bytes.received],
    ["half of the answers within", withinText(roundTripWithin(roundTrips, 0.5))],
    ["99 % of the answers within", withinText(roundTripWithin(roundTrips, 0.99))],
  ];
  return rows.map(([what, figure]) => [what, String(figure)]);
}

function withinText(ms: number | undefined): string {
  if (ms === undefined) return "none yet";
  return ms === Infinity ? `more than ${ROUND_TRIP_BOUNDS_MS.at(-1) ?? 0} ms` : `${ms} ms`;
}

async function withPeer(options: Common, work: (peer: RemotePeer) => Promise<void>): Promise<void> {
  const peer = new RemotePeer(options.at);
  try {
    await work(peer);
  } finally {
    peer.close();
  }
}

function asJson(member: Member): object {
  return { ...member, meta: { name: member.meta.name ?? "", tags: member.meta.tags ?? {} } };
}

function asRow({ address, status, generation, incarnation, meta }: Member): string[] {
  return [address, status, String(generation), String(incarnation), meta.name ?? "", tagText(meta)];
}

function eventLine({ kind, member }: Omit<MemberEvent, "reason">): string {
  return [kind.padEnd(9), member.address, member.meta.name ?? "", tagText(member.meta)]
    .map(printable)
    .join("  ")
    .trimEnd();
}

function tagText(meta: PeerMeta): string {
  return Object.entries(meta.tags ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

function say({ format }: Common, json: object, text: string): void {
  print(format === "json" ? JSON.stringify(json) : text);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function parseAddress(text: string): string {
  const problem = addressProblem(text);
  if (problem !== undefined) throw new InvalidArgumentError(problem);
  return text;
}

function collectTag(text: string, sofar: Record<string, string>): Record<string, string> {
  const equals = text.indexOf("=");
  if (equals < 1) throw new InvalidArgumentError(`${JSON.stringify(text)} is not KEY=VALUE`);
  return { ...sofar, [text.slice(0, equals)]: text.slice(equals + 1) };
}

/** In the container the peer's own variables say where it is. */
function ownPort(): number {
  const own = process.env["GOSSIP_ADDRESS"] ?? "";
  return own !== "" && addressProblem(own) === undefined ? splitAddress(own).port : DEFAULT_PORT;
}
