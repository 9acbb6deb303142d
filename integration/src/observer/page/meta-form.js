// The form for the metadata of the selected peers.
import { html } from "./dom.js";

/**
 * Makes the form; `set` is called when it is submitted, `problem` says what is wrong with what was entered.
 * @param {(action: { do: string, name?: string, tags: Record<string, string> }) => void} set
 */
export function metaForm(set) {
  const name = html("input", { id: "meta-name", autocomplete: "off", placeholder: "alice", size: 10 });
  const tags = html("input", { id: "meta-tags", autocomplete: "off", placeholder: "zone=a, role=db", size: 18 });
  const title = "replaces all that they say of themselves";
  const button = html("button", { type: "submit", "data-title": title }, "Set");
  const form = html(
    "form",
    { class: "group", "aria-label": "Metadata of the selected" },
    html("label", { for: "meta-name" }, "name"),
    name,
    html("label", { for: "meta-tags" }, "tags"),
    tags,
    button,
  );
  const wrong = () => pairs(tags.value).find((pair) => pair.indexOf("=") < 1);
  const problem = () => (wrong() === undefined ? undefined : `a tag is key=value, which "${wrong()}" is not`);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = Object.fromEntries(
      pairs(tags.value).map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
    );
    set({ do: "set-meta", ...(name.value === "" ? {} : { name: name.value }), tags: given });
  });
  return { form, button, problem };
}

/** The parts of a text that are separated by commas. @param {string} text */
const pairs = (text) =>
  text
    .split(",")
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "");
