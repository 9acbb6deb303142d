// Buttons that can be used at times, and say why when they cannot; and the line that says what came of the last one
// used.
import { html, setAttribute, setText } from "./dom.js";

export class Switches {
  outcome = html("p", { class: "outcome", role: "status" });
  /** @type {{ button: HTMLButtonElement, why: () => string | undefined }[]} */
  #all = [];
  #blockedBy;

  /** @param {() => string | undefined} blockedBy Why no button can be used now; undefined when they can. */
  constructor(blockedBy) {
    this.#blockedBy = blockedBy;
  }

  /**
   * Makes a button. `why` says why it cannot be used now, and is undefined when it can.
   * @param {string} name @param {string} title @param {() => string | undefined} why @param {() => void} act
   */
  button(name, title, why, act) {
    const button = html("button", { type: "button", "data-title": title }, name);
    button.addEventListener("click", () => this.attempt(name, why, act));
    return this.add(button, why);
  }

  /**
   * Takes over a button that acts by itself, to mark it.
   * @param {HTMLButtonElement} button @param {() => string | undefined} why
   */
  add(button, why) {
    this.#all.push({ button, why });
    return button;
  }

  /**
   * Acts, unless there is a reason why not, and then says that.
   * @param {string} name @param {() => string | undefined} why @param {() => void} act
   */
  attempt(name, why, act) {
    const problem = this.#blockedBy() ?? why();
    if (problem === undefined) act();
    else this.complain(`${name}: ${problem}`);
  }

  /**
   * Marks the buttons that cannot be used. They are not disabled: the keyboard still reaches them, and a screen reader
   * says why.
   */
  draw() {
    for (const { button, why } of this.#all) {
      const problem = this.#blockedBy() ?? why();
      setAttribute(button, "aria-disabled", String(problem !== undefined));
      setAttribute(button, "title", problem === undefined ? (button.dataset["title"] ?? "") : `not now: ${problem}`);
    }
  }

  /** @param {string} text */
  say(text) {
    setText(this.outcome, text.charAt(0).toUpperCase() + text.slice(1));
    this.outcome.classList.remove("problem");
  }

  /** As `say`, and marks the text as a problem. @param {string} text */
  complain(text) {
    this.say(text);
    this.outcome.classList.add("problem");
  }
}
