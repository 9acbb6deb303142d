// The last changes, in words. A click on one leads to the moment at which it was seen, and shows its curve.
import { byId, html, setAttribute, setText } from "./dom.js";
import { reach, sentence } from "./sentences.js";
import { fineClock } from "./words.js";

/** @import { Model } from "./model.js" */
/** @import { NewsItem } from "./types.js" */

const SHOWN = 40;

export class NewsList {
  #list = byId("news", HTMLOListElement);
  /** @type {NewsItem[]} */
  #items = [];
  #choose;

  /** @param {(item: NewsItem) => void} choose */
  constructor(choose) {
    this.#choose = choose;
  }

  /** Lists the last changes, the latest first. @param {Model} model @param {NewsItem | undefined} chosen */
  draw(model, chosen) {
    this.#items = model.news.items.slice(-SHOWN).reverse();
    while (this.#list.children.length > this.#items.length) this.#list.lastElementChild?.remove();
    while (this.#list.children.length < this.#items.length) this.#list.append(this.#entry(this.#list.children.length));
    this.#items.forEach((item, at) => {
      const button = this.#list.children[at]?.firstElementChild;
      const [mark, time, text, far] = button?.children ?? [];
      if (!button || !mark || !time || !text || !far) return;
      setAttribute(button, "aria-pressed", String(item.key === chosen?.key));
      setAttribute(mark, "class", `mark ${item.kind}`);
      setText(time, fineClock(item.at));
      setText(text, sentence(model, item));
      setText(far, reach(item));
    });
  }

  /** @param {number} at */
  #entry(at) {
    const parts = ["mark", "time", "text", "far"].map((name) => html("span", { class: name }));
    parts[0]?.setAttribute("aria-hidden", "true");
    const button = html("button", { type: "button" }, ...parts);
    button.addEventListener("click", () => {
      const item = this.#items[at];
      if (item !== undefined) this.#choose(item);
    });
    return html("li", {}, button);
  }
}
