// Which packages have the commands that the set-up needs. Names differ between Debian and Ubuntu, and between their
// versions, so apt is asked what there is.

/** By command, the packages that have it, the first that there is; `from` is the first major version that will do. */
const packages = {
  docker: [{ name: "docker-cli" }, { name: "docker.io" }], // docker.io has the command where there is no docker-cli
  dockerd: [{ name: "docker.io" }],
  iptables: [{ name: "iptables" }],
  "docker compose": [{ name: "docker-compose-v2" }, { name: "docker-compose", from: 2 }],
  "docker buildx": [{ name: "docker-buildx" }],
  chromium: [{ name: "chromium" }],
};

/** The names that apt is to be asked for. */
export const namesFor = (commands) => commands.flatMap((command) => packages[command].map(({ name }) => name));

/**
 * The packages to install for these commands, by what `apt-cache policy` answered about their names; and, in words, those
 * of which one would be needed and none is there.
 */
export function packagesFor(commands, policy) {
  const versions = candidatesIn(policy);
  const [found, lacking] = [new Set(), []];
  for (const command of commands) {
    const fitting = packages[command].find(({ name, from = 0 }) => majorOf(versions.get(name)) >= from);
    if (fitting === undefined) lacking.push(packages[command].map(inWords).join(" or "));
    else found.add(fitting.name);
  }
  return { packages: [...found], lacking };
}

/** By package, the version that apt would install. */
function candidatesIn(policy) {
  const entries = policy.matchAll(/^(\S+):\n {2}Installed: .*\n {2}Candidate: (?!\(none\))(\S+)/gm);
  return new Map([...entries].map(([, name, version]) => [name, version]));
}

/** The number that a version begins with, after its epoch; -1 where there is no version. */
const majorOf = (version = "") => Number(/^(?:\d+:)?(\d+)/.exec(version)?.[1] ?? -1);

const inWords = ({ name, from }) => (from === undefined ? name : `${name} (from version ${from})`);
