// A turn's way through the rooms, with its words, for those who may see it.

import { byId, h } from "./dom.js";
import { seconds } from "./times.js";

export class WayPanel {
  constructor({ world, turns }) {
    Object.assign(this, { world, turns });
    this.node = byId("way");
    this.button = byId("way-button");
    this.button.addEventListener("click", () => this.show(this.node.hidden));
    world.addEventListener("rooms", () => this.draw());
    turns.addEventListener("turns", () => this.draw());
  }

  show(shown) {
    this.open = shown;
    this.draw();
  }

  draw() {
    const { world } = this;
    this.button.hidden = !world.watches;
    this.node.hidden = !world.watches || !this.open;
    this.button.setAttribute("aria-expanded", String(!this.node.hidden));
    if (this.node.hidden) return;
    const turns = [...world.ways.values()].sort((a, b) => b.turn_id - a.turn_id);
    this.node.replaceChildren(...[
      h("h2", { class: "side-title" }, "The latest replies"),
      pausedHere(world) ? h("p", { class: "way-paused" }, "⏸ The Chat Room is paused: no reply leaves it.") : null,
      turns.length ? null : h("p", { class: "about" }, "Nothing yet. Write something as Ana."),
      turns.map((turn, i) => this.turn(turn, i === 0)),
    ].flat().filter(Boolean));
  }

  turn(turn, latest) {
    const record = this.turns.records.get(turn.turn_id);
    if (latest && !this.turns.records.has(turn.turn_id)) this.turns.read(turn.turn_id);
    const { stops, now } = stopsOf(turn.steps, record, this.world);
    const title = record ? `Reply #${record.number}` : "A reply";
    const details = h("details", { class: "turn", open: latest || this.opened?.has(turn.turn_id) },
      h("summary", {}, title, h("span", {}, now)),
      way(stops));
    details.addEventListener("toggle", () => this.toggled(turn.turn_id, details.open));
    return details;
  }

  toggled(turn, open) {
    this.opened ??= new Set();
    if (open === this.opened.has(turn)) return;
    if (!open) return void this.opened.delete(turn);
    this.opened.add(turn);
    if (!this.turns.records.has(turn)) this.turns.read(turn);
  }
}

const pausedHere = (world) => world.paused.get(world.chatRoom) === true;

/** The stops as a list, each with its words where they are known. */
export function way(stops, { words = true } = {}) {
  return h("ol", { class: "stops" }, stops.map((stop) => h("li", { class: `stop in-${stop.room} ${stop.state ?? ""}` },
    h("p", {}, h("strong", {}, stop.title), stop.at ? h("time", {}, seconds(stop.at)) : null),
    stop.text,
    stop.go ? [" ", h("button", { type: "button", class: "link", onclick: stop.go }, stop.goes)] : null,
    words && stop.words ? h("blockquote", { class: "stop-words", dir: "auto" }, stop.words) : null)));
}

/** What the events so far say, as stops in the order of the way; the last one is where it is now. */
export function stopsOf(steps, record, world) {
  const stops = [];
  const heard = new Set();
  let round = 0;
  const said = (speaker, number) => record?.session.findLast((line) => line.round === number && (speaker === "chatbot") === (line.speaker === "chatbot"))?.text;
  const add = (room, title, text, at, words) => stops.push({ room, title, text, at, words });
  for (const { what, round: of, at } of steps) {
    heard.add(what);
    round = Math.max(round, of);
    if (what === "TurnBegan") add("chat", "Chat Room", "somebody wrote", at, record?.asked.map((line) => `${line.who}: ${line.text}`).join("\n"));
    else if (what === "TurnTakenUp") add("chat", "Taken up again", "it goes on where it was", at);
    else if (what === "DraftWritten") add("chat", "Draft", "what would have been said", at, record?.draft);
    else if (what === "TherapistSpoke") add("therapy", `Therapy Room, round ${of}`, "the Therapist spoke", at, said("therapist", of));
    else if (what === "ChatbotReflected") add("therapy", `Therapy Room, round ${of}`, "the Chatbot reflected", at, said("chatbot", of));
    else if (what === "CheckInAnswered") add("control", "Control Room", "a check-in was answered", at);
    else if (what === "TurnHeld") stops.push({ ...held(record, world), at });
    else if (what === "ReplyReady") add("response", "Response Mode", "the reply is written and checked", at, record?.reply);
    else if (what === "ReplySent") add("chat", "Chat Room", "the reply was sent", at);
    else if (what === "TurnWithheld") add("control", "Control Room", "withheld: an apology was sent", at, record?.withheld);
    else if (what === "TurnHelped") add("chat", "Chat Room", "a fixed text with help was sent", at);
    else if (what === "Scored") add("evaluation", "Evaluation Room", "draft and reply are scored", at, record?.verdict);
  }
  const next = pending(steps.at(-1)?.what, heard, round, record, world);
  if (next) stops.push({ ...next, state: "now" });
  return { stops, now: next ? next.title : "done" };
}

const HELD = {
  gate: ["Held", "it waits for a moderator to decide"],
  seat: ["Held", "it waits for the moderator who is its Therapist"],
  pause: ["Held", "it waits until the room is resumed"],
};

/** Why a turn stands still, and where a moderator lets it go on. */
export function held(record, world) {
  const [title, text] = HELD[record?.waits_for] ?? ["Held", "it stopped here, and goes on by itself"];
  const stop = { room: "control", title, text };
  const place = { gate: record?.moderators_id, seat: record?.thread_id }[record?.waits_for];
  if (!place || !world.place(String(place))) return stop;
  return { ...stop, go: () => world.goTo(String(place)), goes: record.waits_for === "gate" ? "Decide it there" : "Go there" };
}

function pending(last, heard, round, record, world) {
  const stop = (room, title, text) => ({ room, title, text: `${text}…` });
  if (!last || heard.has("Scored") || heard.has("TurnHelped")) return null;
  if (last === "TurnHeld") return { ...held(record, world), title: "Waiting" };
  if (heard.has("ReplySent") || heard.has("TurnWithheld")) return stop("evaluation", "Evaluation Room", "the Critic reads draft and reply");
  if (heard.has("ReplyReady")) return stop("chat", "Chat Room", "the reply is on its way");
  if (last === "TherapistSpoke") return stop("therapy", `Therapy Room, round ${round}`, "the Chatbot reflects, and writes it anew");
  if (heard.has("DraftWritten")) return stop("therapy", `Therapy Room, round ${round + 1}`, "the Therapist reads");
  return stop("chat", "Draft", "the Chatbot writes");
}
