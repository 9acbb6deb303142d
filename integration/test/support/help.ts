import { run } from "./command.js";

/** An option of a program, as its --help has it. */
export interface Option {
  /** With what it takes, as "--port <n>". */
  readonly flags: string;
  /** As "8080"; undefined where none is named. */
  readonly preset: string | undefined;
}

/** What a program, or one of its commands, takes. */
export interface Help {
  /** As "share" of "loss <share>". */
  readonly operands: readonly string[];
  /** Without --help. */
  readonly options: readonly Option[];
  /** The names of its commands, without help. */
  readonly commands: readonly string[];
  /** The whole of it, on one line. */
  readonly text: string;
}

/** What the program says when it is asked with --help. Rejects when that does not end with 0. */
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

/** What is indented by two, each with the lines that go on with it; without help, which all of them have. */
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
