// What stands in the Therapy, Evaluation and Control Room for one reply, and draft beside reply.

import { h, plain } from "./dom.js";
import { held, stopsOf, way } from "./way.js";

const SPEAKERS = { chatbot: "The Chatbot", therapist: "The Therapist", moderator: "A moderator, as the Therapist" };

const bubble = (kind, who, text, ...more) => h("article", { class: `bubble ${kind}` },
  h("h3", {}, who), h("p", { class: "bubble-words", dir: "auto" }, text), ...more);
const empty = (...lines) => lines.map((line) => h("p", { class: "empty" }, line));
const waiting = (text) => h("p", { class: "waiting" }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), text);

/** What is under way in one of the rooms now, or nothing. */
function now(room, progress, record, world) {
  const last = progress ? stopsOf(progress.steps, record, world).stops.at(-1) : null;
  return last?.state === "now" && last.room === room ? last : null;
}

export function therapy(record, progress, world) {
  if (!progress) {
    return empty("Before it answers, the Chatbot brings its draft here.",
      "A Therapist reads it: would this hurt, mislead or pass over somebody? They work on it, and only then a reply is sent. Nobody in the Chat Room sees any of this.");
  }
  const under = now("therapy", progress, record, world) ?? (record?.draft ? null : now("chat", progress, record, world));
  const heldHere = record?.waits_for === "seat" ? held(record, world) : null;
  return [
    record?.asked.map((line) => bubble("asked", plain(line.who), line.text)),
    record?.draft ? bubble("draft", "The Chatbot’s draft, not sent", record.draft) : null,
    record?.session.map(utterance),
    under ? waiting(under.text) : null,
    heldHere ? waiting(heldHere.text) : null,
    record?.reply && !record.open ? bubble("sent", record.withheld ? "Sent in its place" : record.reply === record.draft ? "Sent, as it was" : "Sent", record.reply) : null,
    record?.withheld ? bubble("withheld", "Not sent", record.withheld) : null,
  ].flat();
}

function utterance(line) {
  const notes = line.notes.length ? h("details", { class: "notes" }, h("summary", {}, line.notes[0]),
    line.notes.length > 1 ? h("ul", {}, line.notes.slice(1).map((note) => h("li", { dir: "auto" }, note))) : null) : null;
  const only = line.notes.length === 1 ? h("p", { class: "notes", dir: "auto" }, line.notes[0]) : notes;
  return bubble(line.speaker, SPEAKERS[line.speaker] ?? line.speaker, line.text, only ?? "");
}

const HARMLESS = "nothing found";
const MEANS = {
  "can't tell": "Nobody has tested how good this Critic is at replies like this one, or in this language.",
  "they disagree": "Therapist and Critic see the draft differently: worth a look.",
  "had no answer": "A fixed sentence was sent, which no model wrote and the Critic does not score.",
  "not fixed": "What the Therapist found stands in the reply all the same.",
  "cold": "It does not take up what the person feels.",
  "not scored": "The Critic gave no scores.",
};

export function evaluation(record, progress, world) {
  const under = now("evaluation", progress, record, world);
  if (!progress) return empty("A Critic scores every reply, and what would have been said without the therapy: 0 is best, 100 is worst.", "Moderators can disagree with it.");
  if (!record?.verdict) return under ? waiting(under.text) : empty(record?.withheld ? "There is nothing to score: the Chatbot’s own words were not sent." : "Scored as soon as the reply is sent.");
  const tone = record.verdict === HARMLESS ? "fine" : record.asks_for_a_look ? "look" : "unsure";
  return [
    h("p", { class: `verdict ${tone}` }, record.verdict),
    MEANS[record.verdict] ? h("p", { class: "reason" }, MEANS[record.verdict]) : null,
    record.scores.length ? h("table", { class: "scores" },
      h("caption", { class: "unseen" }, "Scores of draft and reply, 0 to 100"),
      h("thead", {}, h("tr", {}, h("td", {}), h("th", { scope: "col" }, "draft"), h("th", { scope: "col" }, "reply"))),
      h("tbody", {}, record.scores.map(score))) : null,
    record.reason ? h("p", { class: "reason", dir: "auto" }, `The Critic: ${record.reason}`) : null,
  ];
}

function score(one) {
  const cell = (value) => h("td", {}, value === null ? "–" : [String(value), meter(value, one.high_is_good)]);
  return h("tr", {}, h("th", { scope: "row" }, plain(one.name), one.high_is_good ? h("small", {}, " high is good") : null), cell(one.draft), cell(one.reply));
}

function meter(value, highIsGood) {
  const bad = highIsGood ? 100 - value : value;
  const bar = h("i", {});
  bar.style.setProperty("inline-size", `${value}%`);
  return h("span", { class: `meter ${grade(bad)}`, "aria-hidden": "true" }, bar);
}

const PRESSED = [
  ["pause", "Pause", "No reply leaves the Chat Room until it is resumed"],
  ["resume", "Resume", "Replies leave again"],
  ["query", "Ask how it is doing", "The Chatbot tells moderators how it is"],
  ["guide", "Whisper to it", "Words for its sessions that members never see"],
  ["therapist take", "Be its Therapist", "A person takes the Therapist’s part"],
];

/** `use` gives a command of those `offered` to this person; `choose` sets settings of the Chat Room. */
export function control(record, progress, world, { use, offered, choose }) {
  const paused = world.paused.get(world.chatRoom) === true;
  const stands = record?.waits_for ? held(record, world) : null;
  const state = paused ? ["paused", "Paused: no reply leaves the Chat Room."]
    : stands ? ["held", `Reply #${record.number}: ${stands.text}.`] : ["runs", "Replies leave by themselves."];
  const buttons = PRESSED.filter(([name]) => offered.has(name) && name !== (paused ? "pause" : "resume"));
  return [
    h("p", { class: `state ${state[0]}` }, state[1],
      stands?.go ? [" ", h("button", { type: "button", class: "link", onclick: stands.go }, stands.goes)] : null),
    h("div", { class: "presses" }, buttons.map(([name, label, about]) =>
      h("button", { type: "button", class: "control", title: about, onclick: () => use(name) }, label))),
    choices(world, choose),
    progress?.steps.length ? h("section", { class: "timeline" }, h("h3", {}, "The way of this reply"),
      way(stopsOf(progress.steps, record, world).stops, { words: false })) : null,
  ];
}

const REPLIES = {
  always: "every message",
  addressed: "when it is spoken to, or the room is asked",
  mentioned: "when it is mentioned or replied to",
};

function choices(world, choose) {
  const { choices: set } = world;
  if (!set) return null;
  const line = (id, label, value, options, what) => h("p", { class: "choice" },
    world.chooses ? [h("label", { for: id }, label), select(id, value, options, (chosen) => choose({ [what]: chosen }))]
      : [h("span", {}, label), h("b", {}, options.find(([one]) => one === value)?.[1] ?? value)]);
  return h("div", { class: "choices" },
    line("persona", "Persona", set.persona, set.personas.map((one) => [one, plain(one)]), "persona"),
    line("replies", "Answers", set.replies, set.replies_choices.map((one) => [one, REPLIES[one] ?? one]), "replies"),
    world.chooses ? null : h("p", { class: "about" }, "Ada, the admin, can change these."));
}

function select(id, value, options, change) {
  return h("select", { id, onchange: (event) => change(event.target.value) },
    options.map(([one, label]) => h("option", { value: one, selected: one === value }, label)));
}

/** What would have been sent without therapy, beside what was sent. */
export function comparison(record) {
  if (!record) {
    return [side("without", "Without therapy", "what would have been sent", "", "The first thought of the model stands here."),
      side("with", "With therapy", "what is sent", "", "And here what comes of it.")];
  }
  const same = record.reply && record.reply === record.draft;
  const who = plain(record.asked.at(-1)?.who ?? "They");
  const harm = (pick) => worst(record, pick);
  return [
    side("without", "Without therapy", "what would have been sent", record.draft, "The draft is being written…", harm("draft")),
    side(record.withheld ? "with nothing" : "with", "With therapy", record.open ? `what ${who} will get` : record.withheld && record.reply ? `what ${who} got in its place` : `what ${who} got`, record.open ? "" : record.reply ?? "",
      record.withheld ? "Nothing was sent." : "Not there yet…", harm("reply"), same ? unchanged(record) : ""),
  ];
}

/** Why a draft went out as it was: nothing was to be worked on, or nothing better was found. */
function unchanged(record) {
  const workedOn = record.session.some((line) => line.speaker === "chatbot");
  return workedOn ? "They worked on it, and found nothing better." : "The Therapist let the draft go out as it was.";
}

function worst(record, pick) {
  const harms = record.scores.filter((one) => !one.high_is_good && one[pick] !== null);
  if (!harms.length) return null;
  const most = harms.reduce((a, b) => (b[pick] > a[pick] ? b : a));
  const which = most[pick] ? ` (${plain(most.name)})` : "";
  const good = record.scores.find((one) => one.high_is_good && one[pick] !== null);
  return h("p", { class: `side-foot ${grade(most[pick])}` },
    `The Critic: harm ${most[pick]} of 100${which}`, good ? `, ${plain(good.name)} ${good[pick]}` : "");
}

const grade = (bad) => (bad >= 60 ? "high" : bad >= 30 ? "middle" : "low");

function side(kind, title, about, text, otherwise, foot = null, note = "") {
  return h("article", { class: `side ${kind}` },
    h("h3", {}, title, " ", h("small", {}, about)),
    text ? h("p", { class: "side-words", dir: "auto" }, text) : h("p", { class: "empty" }, otherwise),
    note ? h("p", { class: "about" }, note) : null,
    foot);
}
