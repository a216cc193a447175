// Discord's Markdown as nodes. Every word becomes a text node; nothing here makes markup of text.

import { h, plain, safeUrl, tame } from "./dom.js";
import { moment } from "./times.js";

const DEEPEST = 10;
const LONGEST = 12000;
const FENCE = /```(?:([\w+#.-]{1,20})\n)?\n?([\s\S]+?)\n?```/g;

/** The nodes of a text. `world` knows names and places: see world.js. */
export function render(text, world) {
  const into = document.createDocumentFragment();
  const shown = tame(text.slice(0, LONGEST));
  let from = 0;
  for (const found of shown.matchAll(FENCE)) {
    blocks(shown.slice(from, found.index).replace(/\n$/, ""), world, into, 0);
    into.append(codeBlock(found[2], found[1]));
    from = found.index + found[0].length;
    if (shown[from] === "\n") from += 1;
  }
  blocks(shown.slice(from), world, into, 0);
  return into;
}

/** The same on one line, for a reference. */
export function renderLine(text, world) {
  const into = document.createDocumentFragment();
  inline(tame(text.slice(0, 300)).replace(/```/g, " ").replace(/\s+/g, " "), world, into, 0);
  return into;
}

function codeBlock(code, language) {
  const label = language ? h("span", { class: "language" }, language) : null;
  return h("pre", { tabindex: "0" }, label, h("code", {}, code));
}

const HEADING = /^(#{1,3}) +(.+)$/;
const SMALL = /^-# +(.+)$/;
const QUOTE = /^> ?(.*)$/;
const ITEM = /^( *)(?:([-*])|(\d{1,9})\.) +(.+)$/;

function blocks(text, world, into, depth) {
  if (!text) return;
  const lines = text.split("\n");
  let prose = [];
  const flush = () => {
    if (prose.length) into.append(paragraph(prose.join("\n"), world, depth));
    prose = [];
  };
  for (let at = 0; at < lines.length; at += 1) {
    const made = depth < DEEPEST ? block(lines, at, world, depth) : null;
    if (!made) {
      prose.push(lines[at]);
      continue;
    }
    flush();
    into.append(made.node);
    at += made.lines - 1;
  }
  flush();
}

/** A block that begins on a line, and how many lines it takes; null for prose. */
function block(lines, at, world, depth) {
  const line = lines[at];
  let found;
  if (line.startsWith(">>> ")) {
    const rest = lines.slice(at).join("\n").slice(4);
    return { node: quote(rest, world, depth), lines: lines.length - at };
  }
  if ((found = HEADING.exec(line))) {
    // The page's own headings are the first and second level.
    const node = h(`h${found[1].length + 2}`, { class: "said" });
    inline(found[2], world, node, depth);
    return { node, lines: 1 };
  }
  if ((found = SMALL.exec(line))) {
    const node = h("p", { class: "small", dir: "auto" });
    inline(found[1], world, node, depth);
    return { node, lines: 1 };
  }
  if (QUOTE.test(line) && /^>( |$)/.test(line)) {
    const taken = run(lines, at, (one) => /^>( |$)/.test(one));
    const inner = taken.map((one) => QUOTE.exec(one)[1]).join("\n");
    return { node: quote(inner, world, depth), lines: taken.length };
  }
  if (ITEM.test(line)) {
    const taken = run(lines, at, (one) => ITEM.test(one));
    return { node: list(taken.map((one) => ITEM.exec(one)), world, depth), lines: taken.length };
  }
  return null;
}

function run(lines, at, fits) {
  let end = at;
  while (end < lines.length && fits(lines[end])) end += 1;
  return lines.slice(at, end);
}

function paragraph(text, world, depth) {
  const node = h("p", { dir: "auto" });
  inline(text, world, node, depth);
  return node;
}

function quote(text, world, depth) {
  const node = h("blockquote");
  blocks(text, world, node, depth + 1);
  return node;
}

/** A list; lines that stand further in than the first belong to the item before them. */
function list(items, world, depth) {
  const [, indent, , number] = items[0];
  const node = number ? h("ol", { start: number }) : h("ul");
  let inner = [];
  const close = () => {
    if (inner.length && depth < DEEPEST) node.lastChild.append(list(inner, world, depth + 1));
    inner = [];
  };
  for (const item of items) {
    if (item[1].length > indent.length && node.lastChild) inner.push(item);
    else {
      close();
      const entry = h("li", { dir: "auto" });
      inline(item[4], world, entry, depth);
      node.append(entry);
    }
  }
  close();
  return node;
}

// What can stand in a line, in the order in which it is tried.
const wrap = (tag) => (found, world, depth) => {
  const node = h(tag);
  inline(found[1], world, node, depth + 1);
  return node;
};
const PIECES = [
  [/\\([^a-zA-Z0-9\s])/y, (found) => found[1]],
  [/(`+)([\s\S]*?[^`])\1(?!`)/y, (found) => h("code", {}, found[2].trim() || found[2])],
  [/\|\|([\s\S]+?)\|\|/y, spoiler],
  [/\*\*([\s\S]+?)\*\*(?!\*)/y, wrap("strong")],
  [/__([\s\S]+?)__(?!_)/y, wrap("u")],
  [/\*(?=\S)([\s\S]*?\S)\*(?!\*)/y, wrap("em")],
  [/_(?=\S)([\s\S]*?\S)_(?![\w_])/y, wrap("em"), /\w/],
  [/~~([\s\S]+?)~~/y, wrap("s")],
  [/\[([^[\]\n]+)\]\(<?(https?:\/\/[^\s<>()]+(?:\([^\s<>()]*\)[^\s<>()]*)*)>?\)/y, maskedLink],
  [/<(https?:\/\/[^\s<>]+)>/y, (found, world) => link(found[1], world)],
  [/https?:\/\/[^\s<>]*[^\s<>.,:;!?"'\])|*_~]/y, (found, world) => link(found[0], world), /\w/],
  [/<@!?(\d{1,20})>/y, (found, world) => mention(`@${plain(world.personName(found[1]))}`, found[1] === world.me)],
  [/<@&(\d{1,20})>/y, (found, world) => mention(`@${plain(world.roleName(found[1]))}`)],
  [/<#(\d{1,20})>/y, (found, world) => placeLink(found[1], world)],
  [/<\/([^:<>]{1,100}):\d{1,20}>/y, (found) => mention(`/${found[1]}`)],
  [/<a?(:\w{1,32}:)\d{1,20}>/y, (found) => found[1]],
  [/<t:(-?\d{1,12})(?::([tTdDfFR]))?>/y, (found) => moment(Number(found[1]), found[2])],
];
const MAY_BEGIN = /[\\`|*_~[<h]/g;

function inline(text, world, into, depth) {
  let from = 0;
  let at = 0;
  while (at < text.length) {
    MAY_BEGIN.lastIndex = at;
    const begin = MAY_BEGIN.exec(text);
    if (!begin || depth > DEEPEST) break;
    const piece = pieceAt(text, begin.index, world, depth);
    at = begin.index + 1;
    if (!piece) continue;
    if (begin.index > from) into.append(text.slice(from, begin.index));
    into.append(piece.node);
    from = at = begin.index + piece.length;
  }
  if (from < text.length) into.append(text.slice(from));
}

function pieceAt(text, at, world, depth) {
  for (const [pattern, make, notAfter] of PIECES) {
    if (notAfter && at > 0 && notAfter.test(text[at - 1])) continue;
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) return { node: make(found, world, depth), length: found[0].length };
  }
  return null;
}

function spoiler(found, world, depth) {
  const inner = h("span", { class: "hidden-words" });
  inline(found[1], world, inner, depth + 1);
  const node = h("button", { type: "button", class: "spoiler", "aria-expanded": "false", "aria-label": "Spoiler: show it" }, inner);
  node.addEventListener("click", () => {
    const open = h("span", { class: "spoiler-open", tabindex: "-1" }, ...inner.childNodes);
    node.replaceWith(open);
    open.focus();
  });
  return node;
}

const mention = (text, mine) => h("bdi", { class: mine ? "mention mine" : "mention" }, text);

function placeLink(id, world) {
  const place = world.place(id);
  if (!place) return mention("#unknown");
  return jump(`#${plain(place.name)}`, "mention", () => world.goTo(id));
}

const jump = (text, kind, go) => h("button", { type: "button", class: kind, onclick: go }, h("bdi", {}, text));

/** A link whose text could say anything: where it leads stands beside it. */
function maskedLink(found, world) {
  const [all, label, address] = found;
  const inside = insideLink(address, label, world);
  if (inside) return inside;
  const url = safeUrl(address);
  if (!url) return all;
  const shown = plain(label);
  const host = shown === address ? null : h("span", { class: "host" }, ` (${url.host})`);
  return h("span", {}, anchor(url, shown), host);
}

function link(address, world) {
  const url = safeUrl(address);
  if (!url) return address;
  const inside = insideLink(address, address, world);
  if (inside) return inside;
  // What stands before an @ looks like the host, and is not.
  const deceives = url.username || url.password || !address.toLowerCase().includes(url.host);
  const host = deceives ? h("span", { class: "host" }, ` (${url.host})`) : null;
  return h("span", {}, anchor(url, plain(address)), host);
}

function anchor(url, text) {
  if (!["http:", "https:"].includes(url.protocol)) return text;
  return h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" }, h("bdi", {}, text));
}

/** Links between this server's rooms, as Discord words them, stay within the page. */
function insideLink(address, label, world) {
  const found = /^https:\/\/discord\.com\/channels\/(\d+)\/(\d+)(?:\/(\d+))?$/.exec(address);
  if (!found || found[1] !== world.guildId) return null;
  const place = world.place(found[2]);
  const text = label === address ? (place ? `#${plain(place.name)}` : "#unknown") : plain(label);
  return jump(text, "inside", () => world.goTo(found[2], found[3]));
}
