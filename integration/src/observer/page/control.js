// The card that breaks and heals the peers. Only a page whose server can break peers has one; elsewhere nothing is
// shown.
import { Board } from "./board.js";
import { byAddress } from "./conditions.js";
import { html, setText } from "./dom.js";
import { metaForm } from "./meta-form.js";
import { Selection } from "./selection.js";
import { areSame, laidOut, moved, sidesInForce } from "./sides.js";
import { Switches } from "./switches.js";
import { ms, nameOf, plural } from "./words.js";

/** @import { Model } from "./model.js" */
/** @import { Controls, Condition } from "./types.js" */

const ASK_EVERY_MS = 1000;
const HINT = "Select peers here or by their rows (space, shift, Ctrl+A), and break them.";
const UNKNOWN = "Nobody asked at this moment how the peers are.";
const PARTING = "To part them, drag them to another side, or move the selected there.";

export class Control {
  #redraw;
  /** @type {Controls | undefined} */
  #controls;
  /** Why no command is possible at the moment that the page shows; undefined when one is. @type {string | undefined} */
  #blocked;
  /** The request of this page that has no answer yet, in words. @type {string | undefined} */
  #asking;
  /** The peers as they are now, whatever moment the page shows. @type {readonly Condition[]} */
  #peers = [];
  /** @type {ReadonlyMap<string, Condition>} */
  #byAddress = new Map();
  #selection = new Selection(() => this.#redraw());
  #board = new Board(this.#selection, (peers, side) => this.#layOut(peers, side));
  /** @type {number[][]} */
  #inForce = [];
  /**
   * The sides as the user lays them out; undefined as long as no peer has been moved.
   *
   * @type {number[][] | undefined}
   */
  #draft;
  #switches = new Switches(() => this.#blockedBy());
  #count = html("span", { class: "count" });
  #hint = html("p", { class: "hint" });
  #card = /** @type {HTMLElement | undefined} */ (undefined);
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #asks;

  /** @param {() => void} redraw */
  constructor(redraw) {
    this.#redraw = redraw;
  }

  /** @param {string} address */
  isSelected(address) {
    const peer = this.#byAddress.get(address);
    return peer !== undefined && this.#selection.has(peer.peer);
  }

  /**
   * Selects the peer of a row of the matrix, or deselects the peer.
   *
   * @param {string} address
   * @param {{ shiftKey: boolean }} how
   */
  pick(address, how) {
    const peer = this.#byAddress.get(address);
    if (peer !== undefined) this.#selection.pick(peer.peer, how, this.#board.order);
  }

  /** The page is connected, perhaps to another server than before: asks anew whether its peers can be broken. */
  connected() {
    clearInterval(this.#asks);
    this.#asks = setInterval(() => this.#controls !== undefined && !document.hidden && this.#ask(), ASK_EVERY_MS);
    void this.#ask();
  }

  /** The page has lost its server: stops asking. */
  lost() {
    clearInterval(this.#asks);
  }

  /**
   * Draws the peers as they are at the moment that the page shows.
   * @param {Model} present @param {Model} shown
   * @param {string | undefined} blocked Why no command is possible at that moment.
   */
  draw(present, shown, blocked) {
    this.#blocked = blocked;
    this.#peers = this.#controls === undefined ? [] : present.conditions;
    this.#byAddress = byAddress(this.#peers);
    const controls = this.#controls;
    document.body.classList.toggle("controlled", controls !== undefined);
    if (controls === undefined) {
      this.#card?.remove();
      return;
    }
    this.#card ??= this.#build();
    if (!this.#card.isConnected) document.querySelector("main .headline")?.after(this.#card);
    const numbers = this.#numbers();
    this.#selection.keep(numbers);
    this.#inForce = sidesInForce(this.#peers, this.#inForce);
    if (this.#draft !== undefined) this.#draft = laidOut(this.#draft, numbers);
    if (this.#draft !== undefined && areSame(this.#draft, this.#inForce)) this.#draft = undefined;
    const isPast = shown !== present;
    this.#board.draw({
      peers: shown.conditions,
      sides: isPast ? sidesInForce(shown.conditions, []) : (this.#draft ?? this.#inForce),
      canPart: !isPast && controls.limits["partition"] === undefined && numbers.length > 1,
      nameOf: (peer) => (peer.address === undefined ? `peer ${peer.peer}` : nameOf(shown, peer.address)),
    });
    this.#card.classList.toggle("drafted", this.#draft !== undefined && !isPast);
    setText(this.#count, `${this.#selection.all.length} of ${numbers.length} selected`);
    const hint = controls.limits["partition"] === undefined ? `${HINT} ${PARTING}` : HINT;
    setText(this.#hint, isPast && shown.conditions.length === 0 ? UNKNOWN : hint);
    this.#switches.draw();
  }

  // ---- requests to the server ---------------------------------------------------------------------------------------

  async #ask() {
    try {
      const answer = await fetch("/control", { headers: { accept: "application/json" } });
      this.#controls = answer.status === 200 ? await answer.json() : undefined;
    } catch {
      // The event stream breaks as well when the server is gone, and the page reports that.
    }
    this.#redraw();
  }

  /** @param {{ do: string, [field: string]: unknown }} request @param {string} words */
  async #request(request, words) {
    if (this.#controls === undefined || this.#asking !== undefined) return;
    this.#asking = words;
    this.#switches.say(`${words} …`);
    this.#redraw();
    const begun = performance.now();
    try {
      const headers = { "content-type": "application/json", "x-gossip-token": this.#controls.token };
      const answer = await fetch("/control", { method: "POST", headers, body: JSON.stringify(request) });
      const { what, more, problem } = await answer.json();
      if (answer.ok) this.#switches.say(`Done: ${what}, ${ms(performance.now() - begun)}${more ? `; ${more}` : ""}`);
      else this.#switches.complain(`${words}: ${problem}`);
    } catch {
      this.#switches.complain(`${words}: the page's server does not answer`);
    }
    this.#asking = undefined;
    await this.#ask();
  }

  // ---- the buttons --------------------------------------------------------------------------------------------------

  #build() {
    const all = plain("All", () => this.#selection.set(this.#numbers()));
    const none = plain("None", () => this.#selection.set([]));
    return html(
      "section",
      { class: "card control", "aria-labelledby": "control-heading" },
      html(
        "div",
        { class: "title" },
        html("h2", { id: "control-heading" }, "Break and heal"),
        this.#switches.outcome,
        group("The cluster", ...this.#ofTheCluster()),
      ),
      this.#hint,
      this.#board.element,
      html("div", { class: "draft" }, html("span", {}, "These sides are not in force yet."), ...this.#ofTheDraft()),
      html(
        "div",
        { class: "actions" },
        group("Selection", this.#count, all, none),
        group("The selected", ...this.#ofTheSelected()),
        this.#metaForm(),
      ),
    );
  }

  #ofTheCluster() {
    const heals =
      "end all faults of network, CPU and memory, and let the frozen run; who is down stays so until it is started";
    const always = () => undefined;
    return [
      this.#switches.button("Heal", heals, always, () => this.#request({ do: "heal" }, "heal")),
      this.#switches.button("Add a peer", "start one more", always, () => this.#request({ do: "add" }, "add a peer")),
    ];
  }

  #ofTheSelected() {
    const selected = () => this.#selection.all;
    const rest = () => this.#numbers().filter((peer) => !this.#selection.has(peer));
    const alone = () => (rest().length === 0 ? "nobody would be left on the other side" : undefined);
    return (this.#controls?.buttons ?? []).map(({ do: kind, label, title, of, states }) => {
      const isOfSides = of === "sides";
      const limit = () => this.#controls?.limits[isOfSides ? "partition" : kind];
      const request = () =>
        isOfSides ? { do: "partition", sides: [selected(), rest()], by: kind } : { do: kind, peers: selected() };
      return this.#switches.button(
        label,
        title,
        () => limit() ?? this.#unfit(states) ?? (isOfSides ? alone() : undefined),
        () => this.#request(request(), `${label}: ${peersText(selected())}`),
      );
    });
  }

  #ofTheDraft() {
    const part = this.#switches.button(
      "Part these sides",
      "nothing gets through between the sides",
      () => ((this.#draft?.length ?? 0) > 1 ? undefined : "all are on one side; heal ends a partition"),
      () => this.#request({ do: "partition", sides: this.#draft }, "part the sides"),
    );
    const discard = plain("As it was", () => {
      this.#draft = undefined;
      this.#redraw();
    });
    return [part, discard];
  }

  #metaForm() {
    const unfit = () => this.#unfit(["running"]) ?? meta.problem();
    const meta = metaForm((action) =>
      this.#switches.attempt("Set", unfit, () => {
        const peers = this.#selection.all;
        void this.#request({ ...action, peers }, `set the metadata of ${peersText(peers)}`);
      }),
    );
    this.#switches.add(meta.button, unfit);
    meta.form.addEventListener("input", () => this.#redraw());
    return meta.form;
  }

  // ---- why a button is disabled -------------------------------------------------------------------------------------

  #blockedBy() {
    if (this.#blocked !== undefined) return this.#blocked;
    const busy = this.#asking ?? this.#controls?.busy;
    return busy === undefined ? undefined : `${busy} is under way`;
  }

  #nobody() {
    return this.#selection.all.length === 0 ? "nobody is selected" : undefined;
  }

  /**
   * Why a command is not possible for the selected peers; undefined when it is.
   *
   * @param {readonly string[]} possible The states in which it is possible.
   */
  #unfit(possible) {
    const unfit = this.#peers.find(({ peer, state }) => this.#selection.has(peer) && !possible.includes(state));
    return this.#nobody() ?? (unfit === undefined ? undefined : `peer ${unfit.peer} is ${unfit.state}`);
  }

  #numbers() {
    return this.#peers.map(({ peer }) => peer);
  }

  /** @param {readonly number[]} peers @param {number} side */
  #layOut(peers, side) {
    if (peers.length === 0) this.#switches.complain("Move here: nobody is selected");
    else this.#draft = moved(this.#draft ?? this.#inForce, peers, side);
    this.#redraw();
  }
}

/** @param {string} label @param {...Node} parts */
function group(label, ...parts) {
  return html("div", { class: "group", role: "group", "aria-label": label }, ...parts);
}

/** @param {string} name @param {() => void} onClick */
function plain(name, onClick) {
  const button = html("button", { type: "button" }, name);
  button.addEventListener("click", onClick);
  return button;
}

/** @param {readonly number[]} peers */
const peersText = (peers) =>
  peers.length > 4 ? plural(peers.length, "peer") : `peer${peers.length === 1 ? "" : "s"} ${peers.join(", ")}`;
