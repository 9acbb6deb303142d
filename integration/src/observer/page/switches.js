// Buttons that are of use at times, and say why when they are not; and the line that says what came of the last.
import { html, setAttribute, setText } from "./dom.js";

export class Switches {
  outcome = html("p", { class: "outcome", role: "status" });
  /** @type {{ button: HTMLButtonElement, why: () => string | undefined }[]} */
  #all = [];
  #blockedBy;

  /** @param {() => string | undefined} blockedBy Why none is of use, if that is so. */
  constructor(blockedBy) {
    this.#blockedBy = blockedBy;
  }

  /** @param {string} name @param {string} title @param {() => string | undefined} why Why it is of no use now. @param {() => void} act */
  button(name, title, why, act) {
    const button = html("button", { type: "button", "data-title": title }, name);
    button.addEventListener("click", () => this.attempt(name, why, act));
    return this.add(button, why);
  }

  /** @param {HTMLButtonElement} button @param {() => string | undefined} why */
  add(button, why) {
    this.#all.push({ button, why });
    return button;
  }

  /** Acts, or says why not. @param {string} name @param {() => string | undefined} why @param {() => void} act */
  attempt(name, why, act) {
    const problem = this.#blockedBy() ?? why();
    if (problem === undefined) act();
    else this.say(`${name}: ${problem}`, true);
  }

  /** Not disabled but marked so, that the keyboard reaches them and what reads the page out tells why. */
  draw() {
    for (const { button, why } of this.#all) {
      const problem = this.#blockedBy() ?? why();
      setAttribute(button, "aria-disabled", String(problem !== undefined));
      setAttribute(button, "title", problem === undefined ? (button.dataset["title"] ?? "") : `not now: ${problem}`);
    }
  }

  /** @param {string} text */
  say(text, isProblem = false) {
    setText(this.outcome, text.charAt(0).toUpperCase() + text.slice(1));
    this.outcome.classList.toggle("problem", isProblem);
  }
}
