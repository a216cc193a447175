// Small helpers for building the page. Text only ever becomes a text node, never markup.

// Not "selected": what is chosen from the beginning is to stand in the markup, which redrawing compares.
const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "multiple", "open"]);

/** An element. Properties that begin with "on" are listeners; empty ones are left out. */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (PROPERTIES.has(name)) node[name] = value;
    else if (value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const byId = (id) => document.getElementById(id);

/** Ids are decimal text: the shorter, or the smaller at the same length, is older. */
export function compare(a, b) {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

// Characters that turn the direction of what stands around them: in a name they only deceive.
const TURNING = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const PILED = /(\p{M}{4})\p{M}+/gu;

/** Text with at most four marks on a letter, so that it stays on its own line. */
export const tame = (text) => text.replace(PILED, "$1");

/** A name, of whomever or whatever: on one line, and in one direction. */
export const plain = (text) => tame(text).replace(TURNING, "").replace(/\s+/g, " ");

/** A name that cannot spill into what stands beside it. */
export const name = (text, properties = {}) => h("bdi", properties, plain(text));

const COLOURS = 8n;

/** The round picture of somebody. */
export function avatar(person) {
  if (person.bot) return h("span", { class: "avatar bot", "aria-hidden": "true" }, h("i"), h("i"), h("i"), h("i"));
  const initial = [...plain(person.name).trim()][0] ?? "?";
  const colour = (BigInt(person.id) % 251n) % COLOURS;
  return h("span", { class: `avatar c${colour}`, "aria-hidden": "true" }, initial.toUpperCase());
}

/** Say something to a screen reader, without showing it. */
export function speak(text) {
  byId("spoken").textContent = text.slice(0, 300);
}

/** Show a short note for a while; what went wrong must not vanish too quickly. */
export function toast(text) {
  const note = h("p", { class: "toast" }, text);
  byId("toasts").append(note);
  setTimeout(() => note.remove(), 7000);
}

/** The address of a file of this server as a path, null for any other address. */
export function ownFile(address) {
  const url = URL.parse ? URL.parse(address) : safeUrl(address);
  if (!url || !["127.0.0.1", "localhost"].includes(url.hostname)) return null;
  return url.pathname.startsWith("/files/") ? url.pathname + url.search : null;
}

export function safeUrl(address) {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}
