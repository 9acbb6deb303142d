import { run } from "./command.js";

/** An option of a program, as its --help has it. */
export interface Option {
  /** The option and its value, as "--port <n>". */
  readonly flags: string;
  /** The default, as "8080"; undefined where none is named. */
  readonly preset: string | undefined;
}

/** The arguments that a program, or one of its commands, takes. */
export interface Help {
  /** The names of required arguments, as "share" of "loss <share>". */
  readonly operands: readonly string[];
  /** All options but --help. */
  readonly options: readonly Option[];
  /** The names of its commands, without help. */
  readonly commands: readonly string[];
  /** The whole help, on one line. */
  readonly text: string;
}

/** Runs the program, or its command, with --help, and reads the answer. Rejects when the exit code is not 0. */
export async function helpOf(program: readonly string[], ...command: readonly string[]): Promise<Help> {
  const { code, out, err } = await run(process.execPath, [...program, ...command, "--help"], {
    COMPOSE_PROJECT_NAME: "",
  });
  if (code !== 0) throw new Error(`${[...program, ...command].join(" ")} --help ended with ${code}: ${err}`);
  const [usage = "", ...rest] = out.split("\n");
  const [before = "", commands = ""] = rest.join("\n").split("\nCommands:\n");
  return {
    operands: [...usage.matchAll(/ <([^>]+)>/g)].map(([, name = ""]) => name),
    options: entriesOf(before).flatMap(optionOf),
    commands: entriesOf(commands).flatMap((entry) => /^[a-z-]+/.exec(entry) ?? []),
    text: out.replaceAll(/\s+/g, " "),
  };
}

/** The lines that are indented by two, each joined with its continuation; those about help itself are left out. */
function entriesOf(help: string): string[] {
  const entries: string[] = [];
  for (const line of help.split("\n")) {
    if (/^ {2}\S/.test(line)) entries.push(line.trim());
    else if (/^ {4,}\S/.test(line) && entries.length > 0) entries.push(`${entries.pop() ?? ""} ${line.trim()}`);
  }
  return entries.filter((entry) => !/^(-h, )?(--)?help\b/.test(entry));
}

function optionOf(entry: string): Option[] {
  const flags = /^--[\w-]+(?: (?:<[^>]+>|\[[^\]]+\]|\w+=\w+))?/.exec(entry)?.[0];
  if (flags === undefined) return [];
  return [{ flags, preset: /\bdefault(?::| port)? ([^);]*)/.exec(entry)?.[1]?.replaceAll(/["[\]]/g, "") }];
}
