// Makes elements with text in them and never with markup: a name with markup in it is shown, not obeyed.

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Record<string, string | number>} [attributes] @param {...(Node | string)} children
 */
export function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag @param {Record<string, string | number>} [attributes] @param {...(Node | string)} children
 */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * The element of the page with this id; throws where there is none of this type.
 * @template {Element} T @param {string} id @param {new () => T} type @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} ${id}`);
  return element;
}

/**
 * Sets the text if it is another: text that stays the same is neither drawn nor read out again.
 * @param {Element} element @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Sets the attribute if it has another value; undefined removes it.
 * @param {Element} element @param {string} name @param {string | undefined} value
 */
export function setAttribute(element, name, value) {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * The width of an element in pixels, kept up to date: to ask the element itself would have the page laid out at once.
 * @param {Element} element @returns {{ readonly width: number }}
 */
export function widthOf(element) {
  const known = { width: element.clientWidth };
  new ResizeObserver(() => (known.width = element.clientWidth)).observe(element);
  return known;
}

/**
 * @template {Element} E @param {E} element @param {Record<string, string | number>} attributes
 * @param {(Node | string)[]} children
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
