import { el, Markup, type Content } from "./markup.js";
import { STYLE } from "./style.js";

/** A whole page, which needs no network and no other file. */
export function htmlOf(title: string, ...body: readonly Content[]): string {
  const head = el(
    "head",
    {},
    el("meta", { charset: "utf-8" }),
    el("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
    el("title", {}, title),
    el("style", {}, new Markup(STYLE)),
  );
  return `<!doctype html>\n${el("html", { lang: "en" }, head, el("body", {}, el("main", {}, body))).text}\n`;
}

export function section(title: string, ...content: readonly Content[]): Markup {
  return el("section", {}, el("h2", {}, title), content);
}

/** A box that can be scrolled, with the keyboard too, where what is in it is wider than the screen. */
export function card(label: string, ...content: readonly Content[]): Markup {
  return el("div", { class: "card", role: "group", "aria-label": label, tabindex: 0 }, content);
}
