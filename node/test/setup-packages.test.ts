import { expect, test } from "@jest/globals";
import { packagesFor } from "../../scripts/setup/packages.mjs";

const COMMANDS = ["docker", "dockerd", "iptables", "docker compose", "docker buildx"];

/** What `apt-cache policy` answers of a package, cut down to what counts. */
const policy = (candidates: Readonly<Record<string, string>>): string =>
  Object.entries(candidates)
    .map(([name, version]) => `${name}:\n  Installed: (none)\n  Candidate: ${version}\n  Version table:\n`)
    .join("");

const DEBIAN_12 = policy({
  "docker.io": "20.10.24+dfsg1-1+deb12u1+b6",
  iptables: "1.8.9-2",
  "docker-compose": "1.29.2-3",
});
const DEBIAN_13 = policy({
  "docker-cli": "26.1.5+dfsg1-9+deb13u1+b1",
  "docker.io": "26.1.5+dfsg1-9+deb13u1+b1",
  iptables: "1.8.11-2",
  "docker-compose": "2.26.1-4",
  "docker-buildx": "0.13.1+ds1-3",
});
const UBUNTU_24_04 = policy({
  "docker-cli": "(none)",
  "docker.io": "29.1.3-0ubuntu3~24.04.2",
  iptables: "1.8.10-3ubuntu2",
  "docker-compose-v2": "2.40.3+ds1-0ubuntu1~24.04.1",
  "docker-compose": "1.29.2-6ubuntu1",
  "docker-buildx": "0.30.1-0ubuntu1~24.04.1",
});

test.each([
  [
    "Debian 12",
    DEBIAN_12,
    ["docker.io", "iptables"],
    ["docker-compose-v2 or docker-compose (from version 2)", "docker-buildx"],
  ],
  ["Debian 13", DEBIAN_13, ["docker-cli", "docker.io", "iptables", "docker-compose", "docker-buildx"], []],
  ["Ubuntu 24.04", UBUNTU_24_04, ["docker.io", "iptables", "docker-compose-v2", "docker-buildx"], []],
  // As after an `apt-get update` that reached nobody.
  [
    "a system whose lists are empty",
    "",
    [],
    [
      "docker-cli or docker.io",
      "docker.io",
      "iptables",
      "docker-compose-v2 or docker-compose (from version 2)",
      "docker-buildx",
    ],
  ],
])("of %s the packages that have Docker's commands are chosen", (_, answer, packages, lacking) => {
  expect(packagesFor(COMMANDS, answer)).toEqual({ packages, lacking });
});

test("a version is told from its epoch", () => {
  const answer = (version: string): string => policy({ "docker-compose": version });
  expect(packagesFor(["docker compose"], answer("1:2.0-1")).packages).toEqual(["docker-compose"]);
  expect(packagesFor(["docker compose"], answer("2:1.29-1")).packages).toEqual([]);
});
