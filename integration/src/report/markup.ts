/**
 * Text that is markup already. All other text is escaped when it becomes part of markup, so that no caller can forget
 * to. The project uses no library for this, nor for charts: the three kinds of charts of a report are 350 lines, and
 * the report needs no network.
 */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

export type Content = Markup | string | number | undefined | readonly Content[];
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** The text with the characters that XML forbids replaced by U+FFFD, and those with a meaning in markup as entities. */
export function escape(text: string): string {
  // eslint-disable-next-line no-control-regex -- the control characters are matched to be replaced
  const legal = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "�");
  return legal.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/** An element, well-formed as XML and as HTML alike. Attributes that are undefined or false are left out. */
export function el(name: string, attributes: Attributes = {}, ...content: readonly Content[]): Markup {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined && value !== false);
  const own = given.map(([key, value]) => ` ${key}="${escape(String(value === true ? key : value))}"`).join("");
  const inner = join(content).text;
  return new Markup(inner === "" && VOID.has(name) ? `<${name}${own}/>` : `<${name}${own}>${inner}</${name}>`);
}

const VOID = new Set(["meta", "input", "br", "hr", "rect", "line", "path", "circle", "polygon", "use", "skipped"]);

/** The content as markup, with the separator between its pieces. */
export function join(content: Content, separator = ""): Markup {
  return new Markup(pieces(content).join(separator));
}

function pieces(content: Content): string[] {
  if (content === undefined) return [];
  if (content instanceof Markup) return [content.text];
  if (typeof content === "object") return content.flatMap(pieces);
  return [escape(String(content))];
}

/** Data for a script of the page, as a JSON element. No text in the data can end the element. */
export function data(id: string, value: unknown): Markup {
  const json = JSON.stringify(value).replaceAll("<", "\\u003c");
  return new Markup(`<script type="application/json" id="${escape(id)}">${json}</script>`);
}
