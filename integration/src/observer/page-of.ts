import type { Address } from "gossip-peer";
import { Journal } from "./journal.js";
import { Observer } from "./observer.js";
import { Web } from "./web.js";

const PORT = 8080;

export interface Page extends AsyncDisposable {
  readonly url: string;
}

/** The live page of these peers and of those they know, on the usual port or, where that is taken, on any. */
export async function openPage(at: readonly Address[]): Promise<Page> {
  const journal = new Journal();
  const open = (port: number): Promise<Web> => Web.open({ source: journal, port, host: "127.0.0.1" });
  const web = await open(PORT).catch(() => open(0));
  const observer = new Observer(journal, { at });
  return {
    url: web.url,
    async [Symbol.asyncDispose]() {
      await observer[Symbol.asyncDispose]();
      await web[Symbol.asyncDispose]();
    },
  };
}
