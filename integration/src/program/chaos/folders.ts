import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

/** Makes a folder of that name, or with a number behind it where another run of this second has that one. */
export function newFolder(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  for (let number = 1; ; number++) {
    const folder = number === 1 ? path : `${path}-${number}`;
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** Makes a folder, and those that it is in, where they are not there yet. Returns it. */
export function made(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** The path of a folder such as "reports/split-and-heal-20251123-031512": names sort by time. */
export function folderNow(what: string): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  return join("reports", `${what}-${time}`);
}
