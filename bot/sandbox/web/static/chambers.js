// The three rooms beside the Chat Room, for one reply: filled as it happens, or closed to members.

import { byId, h, plain } from "./dom.js";
import { comparison, control, evaluation, therapy } from "./panels.js";
import { stopsOf } from "./way.js";

const ROOMS = [
  ["therapy", "Therapy Room", "where a draft is worked on"],
  ["evaluation", "Evaluation Room", "where a Critic scores it"],
  ["control", "Control Room", "where people hold the brake"],
];
const CLOSED = {
  therapy: "In here a Therapist works on the draft before anything is sent.",
  evaluation: "In here a Critic scores the draft and the reply.",
  control: "In here moderators pause it, whisper to it and step in.",
};
const NEAR_END = 60;

export class Chambers {
  /** `use` gives a command by its name, of those that are `offered` to this person; `choose` sets settings. */
  constructor({ world, turns, be, use, offered, choose }) {
    Object.assign(this, { world, turns, be, use, offered, choose });
    this.bar = byId("turn-bar");
    this.comparison = byId("comparison");
    this.panels = new Map(ROOMS.map(([room, title, about]) => [room, this.panel(room, title, about)]));
    byId("panels").replaceChildren(...[...this.panels.values()].map(({ node }) => node));
    this.tabs();
    this.drawing = 0;
    turns.addEventListener("turns", () => this.draw());
    for (const kind of ["rooms", "choices", "people", "paused"]) world.addEventListener(kind, () => this.draw());
  }

  panel(room, title, about) {
    const body = h("div", { class: "panel-body", tabindex: "0", role: "region", "aria-labelledby": `title-${room}` });
    if (room === "therapy") followEnd(body);
    const node = h("section", { class: `panel in-${room}`, "data-room": room },
      h("header", {}, h("h2", { id: `title-${room}` }, title), h("p", {}, about)), body);
    return { node, body };
  }

  // On a narrow window one room at a time

  tabs() {
    const names = [["chat", "Chat"], ...ROOMS.map(([room, title]) => [room, title.replace(" Room", "")])];
    this.buttons = names.map(([room, title]) => h("button", {
      type: "button", class: `tab in-${room}`, "data-room": room, onclick: () => this.turnTo(room),
    }, title, h("span", { class: "dot", "aria-hidden": "true" })));
    byId("tabs").replaceChildren(...this.buttons);
    this.turnTo("chat");
  }

  turnTo(room) {
    document.body.dataset.tab = room;
    for (const button of this.buttons) {
      if (button.dataset.room === room) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      if (button.dataset.room === room) button.classList.remove("news");
    }
  }

  // Drawing: many pieces of news in one frame are one drawing

  draw() {
    this.drawing ||= requestAnimationFrame(() => {
      this.drawing = 0;
      this.drawNow();
    });
  }

  drawNow() {
    const { world, turns } = this;
    const open = world.watches;
    byId("chambers").classList.toggle("closed", !open);
    if (!open) {
      this.drawClosed();
      return;
    }
    const record = turns.record();
    const way = turns.way();
    this.drawBar(record, way);
    this.comparison.hidden = false;
    this.comparison.replaceChildren(...comparison(record));
    const drawn = {
      therapy: therapy(record, way, world),
      evaluation: evaluation(record, way, world),
      control: control(record, way, world, { use: this.use, offered: this.offered(), choose: this.choose }),
    };
    for (const [room, { body }] of this.panels) this.show(room, body, drawn[room]);
  }

  show(room, body, content) {
    if (!fill(body, content)) return;
    const tab = this.buttons.find((button) => button.dataset.room === room);
    tab.classList.toggle("news", room !== document.body.dataset.tab && room !== "control" && this.turns.record() !== null);
  }

  /** Draw a room anew though it says the same: somebody chose in it what did not come to be. */
  reset(room) {
    delete this.panels.get(room).body.dataset.state;
    this.draw();
  }

  name() {
    return this.world.personName(this.world.me);
  }

  /** What a member sees: that there is more, and for whom. The server told the page nothing of it. */
  drawClosed() {
    const max = this.world.faces.find((face) => face.role === "Moderator");
    const me = plain(this.name());
    this.bar.replaceChildren(...[
      h("p", { class: "about" }, `${me} sees the Chat Room only; moderators see the rest.`),
      max ? h("button", { type: "button", class: "control", onclick: () => this.be(max.name) }, `Look as ${plain(max.name)}`) : null,
    ].filter(Boolean));
    this.comparison.hidden = true;
    for (const [room, { body }] of this.panels) {
      fill(body, [h("img", { src: "/page/lock.svg", alt: "", width: "30", height: "30" }), h("p", { class: "empty" }, CLOSED[room])]);
    }
  }

  drawBar(record, way) {
    const ids = this.turns.ids();
    const at = ids.indexOf(this.turns.shown());
    const go = (by, label, sign) => h("button", {
      type: "button", class: "icon", "aria-label": label, disabled: !(at + by in ids), onclick: () => this.turns.choose(ids[at + by]),
    }, sign);
    const focused = document.activeElement?.parentElement === this.bar ? document.activeElement.ariaLabel : null;
    const status = way ? stopsOf(way.steps, record, this.world).now : "";
    this.bar.replaceChildren(...(record ? [
      go(-1, "The reply before", "‹"),
      h("p", { class: "turn-name" }, h("strong", {}, `Reply #${record.number}`), h("span", { class: "turn-said" }, record.asked.map((line) => `${plain(line.who)}: ${plain(line.text)}`).join(" · "))),
      h("p", { class: "turn-now" }, record.seconds && status === "done" ? `took ${Math.max(1, Math.round(record.seconds))} s` : status),
      go(1, "The next reply", "›"),
    ] : [h("p", { class: "about" }, "Press a line below the chat, or write something: the rooms fill as it happens.")]));
    if (focused) [...this.bar.children].find((one) => one.ariaLabel === focused)?.focus();
  }
}

/** Put new content into a panel, unless it says the same as before; the end stays in view. */
function fill(body, content) {
  const nodes = [content].flat(3).filter((node) => node !== null && node !== undefined && node !== false && node !== "");
  const made = h("div", {}, nodes);
  const state = made.innerHTML;
  if (body.dataset.state === String(hash(state))) return false;
  body.dataset.state = String(hash(state));
  const within = body.contains(document.activeElement) ? document.activeElement : null;
  const open = new Set([...body.querySelectorAll("details[open] > summary")].map((one) => one.textContent));
  body.replaceChildren(...made.childNodes);
  for (const summary of body.querySelectorAll("summary")) summary.parentElement.open = open.has(summary.textContent);
  if (within && within !== body) refocus(body, within);
  if (body.dataset.follows === "true") body.scrollTop = body.scrollHeight;
  return true;
}

/** What is said last stays in view, also where the panel shrinks, unless somebody scrolled up. */
function followEnd(body) {
  body.dataset.follows = "true";
  let height = 0;
  body.addEventListener("scroll", () => {
    if (body.clientHeight !== height) return; // it was resized, and nobody scrolled
    body.dataset.follows = String(body.scrollHeight - body.scrollTop - body.clientHeight < NEAR_END);
  }, { passive: true });
  new ResizeObserver(() => {
    height = body.clientHeight;
    if (body.dataset.follows === "true") body.scrollTop = body.scrollHeight;
  }).observe(body);
}

function refocus(body, within) {
  const same = within.id ? body.querySelector(`#${CSS.escape(within.id)}`)
    : [...body.querySelectorAll(within.tagName)].find((one) => one.textContent === within.textContent);
  (same ?? body).focus();
}

function hash(text) {
  let value = 0;
  for (let i = 0; i < text.length; i += 1) value = (value * 31 + text.charCodeAt(i)) | 0;
  return value;
}
