// Provides the browser in which the page is tested: one that is installed, else Debian's.
import { hasApt, install, isRoot, system } from "./debian.mjs";
import { Failure, succeeds } from "./run.mjs";

/** The names under which integration/test/support/browser.ts looks for a browser; CHROMIUM names any other. */
const names = ["chromium", "chromium-browser", "google-chrome"];

/** Returns once there is a browser. Throws a Failure whose sentence says what to install where none can be had. */
export async function provideBrowser() {
  if (process.env.CHROMIUM || (await isThere())) return;
  // Ubuntu's package `chromium` only refers to a snap.
  if (!hasApt() || system().ID === "ubuntu" || !isRoot())
    throw new Failure("No Chromium is installed: install it, or set CHROMIUM to the path of one.");
  await install("chromium");
  if (!(await isThere())) throw new Failure("Chromium was installed and is not found.");
}

const isThere = async () => {
  for (const name of names) if (await succeeds("which", [name], { timeoutMs: 5_000 })) return true;
  return false;
};
