// The kernel's table of neighbours, which all containers share: when it is full new connections time out, and peers take
// each other for dead.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { say } from "./run.mjs";

const setting = "net.ipv4.neigh.default.gc_thresh3";

/** Raises the table where so many peers that all talk to each other need more entries than it has, or says who can. */
export function makeRoomForNeighbours(peers, file = `/proc/sys/${setting.replaceAll(".", "/")}`) {
  const needed = peers * (peers - 1);
  if (!existsSync(file) || Number(readFileSync(file, "utf8")) >= needed) return;
  const why = `${peers} peers that all talk to each other need ${needed} entries in this kernel's table of neighbours`;
  const room = needed * 2;
  try {
    writeFileSync(file, `${room}`);
    say(`${why}: ${setting} is ${room} now, until the machine starts again.`);
  } catch {
    say(`${why}, which ends before:\nexpect false alarms, or raise it first with \`sysctl -w ${setting}=${room}\`.`);
  }
}
