// The running turn's way through the rooms, for those who may see it: the server tells no others.

import { byId, h } from "./dom.js";

const clock = (at) => new Date(at).toLocaleTimeString("en-GB");

export class WayPanel {
  constructor(world) {
    this.world = world;
    this.node = byId("way");
    this.button = byId("way-button");
    this.button.addEventListener("click", () => this.show(this.node.hidden));
    world.addEventListener("rooms", () => this.draw());
  }

  show(shown) {
    this.wanted = shown;
    this.node.hidden = !shown || !this.world.watches;
    this.button.setAttribute("aria-expanded", String(!this.node.hidden));
    this.draw();
  }

  draw() {
    this.button.hidden = !this.world.watches;
    if (!this.world.watches) this.node.hidden = true;
    else if (this.wanted) this.node.hidden = false;
    if (this.node.hidden) return;
    const ways = [...this.world.ways.values()].sort((a, b) => b.turn_id - a.turn_id);
    const paused = [...this.world.paused.values()].some(Boolean);
    this.node.replaceChildren(
      h("h2", { class: "side-title" }, "The turn's way"),
      paused ? h("p", { class: "way-paused" }, "⏸ Paused: nothing leaves the Chat Room.") : "",
      ...(ways.length ? ways.slice(0, 2).map((way, i) => turn(way, i === 0)) : [h("p", { class: "about" }, "Nothing yet. Write something in the Chat Room.")]));
  }
}

function turn(way, latest) {
  const { stops, now } = route(way.steps);
  const list = h("ol", { class: "stops" }, stops.map((stop) => h("li", { class: `stop ${stop.room} ${stop.state}` },
    h("p", {}, h("strong", {}, stop.title), stop.at ? h("time", { datetime: stop.at }, clock(stop.at)) : null),
    stop.text)));
  return h("details", { class: "turn", open: latest }, h("summary", {}, `${latest ? "The latest reply" : "The one before"}`, h("span", {}, now)), list);
}

/** Events to stops: those that are over, and the one that is under way. */
function route(steps) {
  const stops = [];
  const add = (room, title, text, at) => stops.push({ room, title, text, at, state: "over" });
  const heard = new Set();
  let round = 0;
  for (const { what, round: number, at } of steps) {
    heard.add(what);
    if (what === "TurnBegan") add("chat", "Chat Room", "somebody wrote", at);
    else if (what === "TurnTakenUp") add("control", "Taken up again", "it goes on where it was", at);
    else if (what === "TurnHeld") add("control", "Control Room", "held at a boundary", at);
    else if (what === "DraftWritten") add("chat", "Draft", "written, and shown to nobody in the Chat Room", at);
    else if (what === "TherapistSpoke") { round = number; add("therapy", `Therapy Room, round ${number}`, "the Therapist spoke", at); }
    else if (what === "ChatbotReflected") add("therapy", `Therapy Room, round ${number}`, "the Chatbot reflected", at);
    else if (what === "ReplyReady") add("response", "Response Mode", "the reply is written and checked", at);
    else if (what === "ReplySent") add("chat", "Chat Room", "the reply is sent", at);
    else if (what === "TurnWithheld") add("control", "Withheld", "no reply was sent; the moderators know why", at);
    else if (what === "Scored") add("evaluation", "Evaluation Room", "draft and reply are scored", at);
  }
  const next = pending(steps.at(-1)?.what, heard, round);
  if (next) stops.push({ ...next, state: "now" });
  return { stops, now: next ? next.title : "done" };
}

function pending(last, heard, round) {
  const stop = (room, title, text) => ({ room, title, text: `${text}…` });
  if (last === "TurnHeld") return stop("control", "Waiting", "until it goes on");
  if (heard.has("Scored")) return null;
  if (heard.has("ReplySent") || heard.has("TurnWithheld")) return stop("evaluation", "Evaluation Room", "the Critic reads draft and reply");
  if (heard.has("ReplyReady")) return stop("chat", "Chat Room", "the reply is on its way");
  if (last === "TherapistSpoke") return stop("therapy", `Therapy Room, round ${round}`, "the Chatbot reflects, and writes it anew");
  if (heard.has("DraftWritten")) return stop("therapy", `Therapy Room, round ${round + 1}`, "the Therapist reads");
  return stop("chat", "Draft", "the Chatbot writes");
}
