#!/usr/bin/env node
import { Command, InvalidArgumentError } from "commander";
import { RemotePeer } from "gossip-peer";
import { readOwnFiles } from "gossip-peer/testbed";
import { hostNames } from "../lib/host-option.js";
import { onInterruption } from "../lib/interruption.js";
import { Hosts } from "../observer/hosts.js";
import { Sightings, type Source } from "../observer/sightings.js";
import { Observer } from "../observer/observer.js";
import { openReplay } from "../observer/replay.js";
import { Web } from "../observer/web.js";

/**
 * The exit codes. 0: the user ended the command. 1: the page could not be served, or the recording not read. 2: the
 * command was not understood.
 */
const EXIT = { ended: 0, failed: 1, misused: 2 } as const;

interface Options {
  readonly at?: readonly string[];
  readonly only?: boolean;
  readonly reverseNames?: boolean;
  readonly replay?: string;
  readonly port: number;
  readonly host: string;
  readonly allowHost?: readonly string[];
}

const program = new Command("observe")
  .description("a live page of who believes what; it changes nothing")
  .option("--at <host:port...>", "where peers are: addresses, or names that stand for many", address)
  .option("--only", "follow those alone, and not the members they list")
  .option("--reverse-names", "ask DNS what the peers' machines are called, as Docker's answers for containers")
  .option("--replay <file>", "show a recording that was saved from the page")
  .option("--port <n>", "where the page is served; 0 for any that is free", port, 8080)
  .option("--host <address>", "the address it is served on", "127.0.0.1")
  .option("--allow-host <name...>", "a name that leads to it, as behind a port forward; others are refused", hostNames)
  .showHelpAfterError("(--help shows what there is)")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.ended : EXIT.misused))
  .action(async (options: Options) => {
    try {
      process.exitCode = await observe(options);
    } catch (error) {
      process.stderr.write(`observe: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = EXIT.failed;
    }
  });

await program.parseAsync();

async function observe({ at, only, reverseNames, replay, port, host, allowHost = [] }: Options): Promise<number> {
  if ((at === undefined) === (replay === undefined)) {
    program.error("error: give either --at host:port, where peers are, or --replay FILE", { exitCode: EXIT.misused });
  }
  const sightings = new Sightings();
  const source: Source = replay === undefined ? sightings : await openReplay(replay);
  await using web = await Web.open({ source, port, host, hosts: new Hosts([host.toLowerCase(), ...allowHost]) });
  const tls = readOwnFiles(process.env, "TLS");
  const observer = at && new Observer(sightings, { at, only: only === true, reverseNames: reverseNames === true, tls });
  process.stdout.write(`observe: the page is at ${web.url}\n`);
  await interrupted();
  await observer?.[Symbol.asyncDispose]();
  return EXIT.ended;
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    onInterruption(() => {
      resolve();
    });
  });
}

/** Checks an address and appends it to those before, since the option may be given more than once. */
function address(text: string, before: readonly string[] = []): readonly string[] {
  try {
    new RemotePeer(text).close(); // the constructor checks the address and does not dial
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
  return [...before, text];
}

function port(text: string): number {
  const value = Number(text);
  if (/^\d{1,5}$/.test(text) && value <= 65535) return value;
  throw new InvalidArgumentError("It must be a whole number from 0 to 65535.");
}
