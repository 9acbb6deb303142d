/**
 * A script that is to run in the network namespace of a container, which the engine knows by the name of its sandbox.
 * The script finds the path of the container's file of hosts in $HOSTS.
 */
export interface SandboxScript {
  readonly sandbox: string;
  readonly hosts: string;
  readonly script: string;
}

/** How a script ended, and what it wrote. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * One shell script that runs all the given ones side by side, each in its own namespace, and prints the outcome of each
 * when the last has ended. The namespaces are files in `folder`. `boundary` is a word that occurs in none of the
 * scripts.
 */
export function jointScript(jobs: readonly SandboxScript[], folder: string, boundary: string): string {
  return [
    "results=$(mktemp -d)",
    `trap 'rm -r "$results"' EXIT`,
    "cd $results",
    `enter() { HOSTS="$3" nsenter --net="${folder}/$1" sh -e >"$2.out" 2>"$2.err"; echo $? >"$2.code"; }`,
    ...jobs.flatMap(({ sandbox, hosts, script }, at) => [
      `enter ${sandbox} ${at} '${hosts}' <<'${boundary}' &`,
      script,
      boundary,
    ]),
    "wait",
    ...jobs.map(
      (_, at) => `echo; echo "${boundary} $(cat ${at}.code)"; cat ${at}.out; echo; echo ${boundary}; cat ${at}.err`,
    ),
  ].join("\n");
}

/** The outcomes that a joint script printed, in the order of the scripts. */
export function outcomesIn(printed: string, boundary: string): Outcome[] {
  const [, ...parts] = `${printed}\n`.split(new RegExp(`\n${boundary} (\\d*)\n`));
  const outcomes: Outcome[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [out = "", err = ""] = (parts[at + 1] ?? "").split(`\n${boundary}\n`);
    outcomes.push({ code: Number(parts[at] || 1), out, err: err.trim() });
  }
  return outcomes;
}
