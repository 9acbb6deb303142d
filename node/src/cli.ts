#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { membersText, stateText, trafficText, watchedText, type Format } from "./cli-output.js";
import { addressProblem, splitAddress } from "./core/address.js";
import { DEFAULT_ADMIN_ADDRESS, DEFAULT_PORT, readOwnFiles } from "./environment.js";
import { GossipError, type GossipErrorCode } from "./errors.js";
import { RemotePeer } from "./grpc/remote.js";
import { printable } from "./table.js";
import type { TlsFiles } from "./tls/tls-options.js";

/** The exit codes. 0: done. 1: the peer was not reached, or refused. 2: the command was not understood. */
const EXIT = { done: 0, failed: 1, misused: 2 } as const;
const MISUSES: readonly GossipErrorCode[] = ["invalid-address", "invalid-options", "invalid-certificate"];

/** The options that every command takes. */
interface CommonOptions {
  readonly at: string;
  readonly format: Format;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
}

// A reader that closes the pipe, such as `head`, has seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.done);
});

void main(process.argv).then((code) => {
  process.exitCode = code;
});

async function main(argv: string[]): Promise<number> {
  try {
    await program().parseAsync(argv);
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.misused;
    process.stderr.write(`gossip: ${printable(error instanceof Error ? error.message : String(error))}\n`);
    return error instanceof GossipError && MISUSES.includes(error.code) ? EXIT.misused : EXIT.failed;
  }
}

function program(): Command {
  const root = new Command("gossip").description("Look at a gossip peer, and change it").exitOverride();
  const membershipAt = `127.0.0.1:${ownPort()}`;
  const adminAt = process.env["GOSSIP_ADMIN_ADDRESS"] || DEFAULT_ADMIN_ADDRESS;
  /** In the container of a peer its variables say what it takes. */
  const own = (at: string): TlsFiles | undefined =>
    readOwnFiles(process.env, at === membershipAt ? "TLS" : "ADMIN_TLS");
  const command = (name: string, about: string, at: string): Command =>
    root
      .command(name)
      .description(about)
      .exitOverride()
      .option("--at <host:port>", "the peer's address", parseAddress, at)
      .addOption(new Option("--format <format>", "how to print").choices(["table", "json"]).default("table"))
      .option("--tls-cert <file>", "the certificate to show", own(at)?.certificate)
      .option("--tls-key <file>", "its key", own(at)?.privateKey)
      .option("--tls-ca <file>", "the CAs to believe", own(at)?.ca);

  command("members", "who the peer lists", membershipAt)
    .option("--all", "also who is remembered as failed or left", false)
    .action((options: CommonOptions & { all: boolean }) => withPeer(options, (peer) => members(peer, options)));
  command("watch", "the peer's view, then every change, until Ctrl-C", membershipAt).action((options: CommonOptions) =>
    withPeer(options, (peer) => watch(peer, options)),
  );
  command("traffic", "what its talk with the other peers has cost the peer", membershipAt).action(
    (options: CommonOptions) => withPeer(options, (peer) => traffic(peer, options)),
  );
  command("state", "whether the peer has joined others, and if not, why; and its preset", membershipAt).action(
    (options: CommonOptions) => withPeer(options, (peer) => state(peer, options)),
  );
  command("health", "whether the peer is ready: one of its cluster, or alone by choice", membershipAt)
    .option("--live", "whether it lives, ready or not", false)
    .action((options: CommonOptions & { live: boolean }) => withPeer(options, (peer) => health(peer, options)));
  command("add-seed", "give the peer one more address to try", adminAt)
    .argument("<address>", "host:port", parseAddress)
    .action((seed: string, options: CommonOptions) =>
      withPeer(options, async (peer) => {
        await peer.addSeed(seed);
        report(options, { seed }, `seed added: ${seed}`);
      }),
    );
  command("remove-seed", "take an address back that was to be tried", adminAt)
    .argument("<address>", "host:port", parseAddress)
    .action((seed: string, options: CommonOptions) =>
      withPeer(options, async (peer) => {
        await peer.removeSeed(seed);
        report(options, { removed: seed }, `seed removed: ${seed}`);
      }),
    );
  command("set-meta", "replace what the peer says of itself", adminAt)
    .option("--name <name>", "its name")
    .option("--tag <key=value>", "a tag; may be given again", collectTag, {})
    .action((options: CommonOptions & { name?: string; tag: Record<string, string> }) =>
      withPeer(options, async (peer) => {
        const meta = { name: options.name ?? "", tags: options.tag };
        await peer.updateMeta(meta);
        report(options, { meta }, "metadata updated");
      }),
    );
  command("leave", "make the peer say goodbye and end", adminAt).action((options: CommonOptions) =>
    withPeer(options, async (peer) => {
      await peer.leave();
      report(options, { left: true }, "the peer is leaving");
    }),
  );
  return root;
}

async function members(peer: RemotePeer, { all, format }: CommonOptions & { all: boolean }): Promise<void> {
  const { members } = await peer.getMembers({ includeGone: all });
  print(membersText(members, format));
}

async function watch(peer: RemotePeer, { format }: CommonOptions): Promise<void> {
  const interrupted = new AbortController();
  process.once("SIGINT", () => {
    interrupted.abort();
  });
  for await (const watched of peer.watch(interrupted.signal)) print(watchedText(watched, format));
}

async function traffic(peer: RemotePeer, { format }: CommonOptions): Promise<void> {
  const traffic = await peer.getTraffic();
  if (traffic === undefined) throw new Error(`${peer.address}: it does not publish what its talk costs`);
  print(trafficText(traffic, format));
}

async function state(peer: RemotePeer, { format }: CommonOptions): Promise<void> {
  const state = await peer.getState();
  if (state === undefined) throw new Error(`${peer.address}: it does not say how it stands`);
  print(stateText(state, format));
}

/** Throws where the answer is no, so that the exit code says it, too. */
async function health(peer: RemotePeer, { live, format }: CommonOptions & { live: boolean }): Promise<void> {
  const serving = await peer.checkHealth({ liveness: live });
  if (serving === undefined) throw new Error(`${peer.address}: it does not say how its health is`);
  print(format === "json" ? JSON.stringify({ serving }) : serving ? "serving" : "not serving");
  if (!serving) throw new Error(`${peer.address}: it is not ready; gossip state says why`);
}

async function withPeer(options: CommonOptions, work: (peer: RemotePeer) => Promise<void>): Promise<void> {
  const peer = new RemotePeer(options.at, { tls: filesOf(options) });
  try {
    await work(peer);
  } finally {
    peer.close();
  }
}

/** The certificates to call with; undefined for plain text. Throws `invalid-options` where one of the three is missing. */
function filesOf({ tlsCert: certificate, tlsKey: privateKey, tlsCa: ca }: CommonOptions): TlsFiles | undefined {
  if (certificate === undefined && privateKey === undefined && ca === undefined) return undefined;
  if (certificate !== undefined && privateKey !== undefined && ca !== undefined) return { certificate, privateKey, ca };
  throw new GossipError("invalid-options", "--tls-cert, --tls-key and --tls-ca come together");
}

/** Prints what has been done. */
function report({ format }: CommonOptions, json: object, text: string): void {
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

/** The port of the peer that runs here: in its container the peer's own variables say which. */
function ownPort(): number {
  const own = process.env["GOSSIP_ADDRESS"] ?? "";
  return own !== "" && addressProblem(own) === undefined ? splitAddress(own).port : DEFAULT_PORT;
}
