// What this is, what to press first, and the truth about the model before anybody waits for it.

import { byId, h, plain } from "./dom.js";
import { keep, kept } from "./world.js";

const SHOWN = "guide shown";
const CHIPS = [
  ["en", "You never listen to me."],
  ["de", "Ich habe den Job! Montag fange ich an."],
  ["es", "¿Cómo le pido perdón a mi hermana?"],
];

export class Guide {
  constructor({ world, be }) {
    Object.assign(this, { world, be });
    this.node = byId("guide");
    this.button = byId("guide-button");
    this.button.addEventListener("click", () => this.show(this.node.hidden));
    for (const kind of ["choices", "model", "people", "speaker"]) world.addEventListener(kind, () => this.draw());
    this.show(kept(SHOWN, true));
  }

  show(shown) {
    this.node.hidden = !shown;
    document.body.classList.toggle("guided", shown);
    this.button.setAttribute("aria-expanded", String(shown));
    keep(SHOWN, shown);
  }

  /** Somebody wrote: whoever has begun needs no guide. */
  fold() {
    if (!this.node.hidden) this.show(false);
  }

  draw() {
    const { world } = this;
    if (!world.me) return;
    const me = plain(world.personName(world.me));
    const speaker = plain(world.speaker ?? me);
    const role = world.faces.find((face) => face.id === world.me)?.role.toLowerCase() ?? "member";
    const looks = world.watches ? "who sees all rooms" : "who sees the Chat Room only";
    const other = world.faces.find((face) => (face.role === "Member") === world.watches);
    this.node.replaceChildren(...[
      h("p", { class: "guide-lead" }, "A chatbot that goes to therapy before it answers."),
      h("p", {}, "Press a line below, and watch what becomes of the answer. You look as ",
        h("b", {}, me), `, ${/^[aeiou]/.test(role) ? "an" : "a"} ${role} ${looks}`, speaker === me ? ". " : ["; you write as ", h("b", {}, speaker), ". "],
        other ? h("button", { type: "button", class: "link", onclick: () => this.be(other.name) }, `Look as ${plain(other.name)}`) : null),
      world.model ? h("p", { class: "model" }, modelNote(world.model)) : null,
      h("button", { type: "button", class: "icon close", "aria-label": "Close the guide", onclick: () => { this.show(false); this.button.focus(); } }, "✕"),
    ].filter(Boolean));
  }
}

/** What the model can and cannot do, and how long it thinks: the truth of the one in use. */
export function modelNote({ name, embedded, small, seconds }) {
  const about = seconds === null ? null : `about ${Math.max(1, Math.round(seconds))} ${Math.round(seconds) > 1 ? "seconds" : "second"}`;
  if (embedded && small) {
    return `The small model that comes along answers (${plain(name)}). It thinks for ${about ? `${about} on this machine` : "a minute or so"}; its answers are short and sometimes wrong.`;
  }
  const where = embedded ? " on this machine" : "";
  return `${plain(name)} answers${where}; ${about ? `its latest replies took ${about}` : "how long it thinks is said here after its first reply"}. It is a language model: it can be wrong.`;
}

/** Lines to press instead of writing. `say` says one as whoever is chosen. */
export class Chips {
  constructor({ world, say }) {
    this.world = world;
    this.say = say;
    this.node = byId("chips");
    for (const kind of ["speaker", "choices", "people", "here"]) world.addEventListener(kind, () => this.draw());
  }

  draw() {
    const { world } = this;
    const place = world.place(world.here);
    this.node.hidden = !world.chatRoom || world.here !== world.chatRoom || !place?.may_post;
    if (this.node.hidden) return;
    this.node.replaceChildren(
      h("span", { class: "chips-lead" }, `${plain(world.speaker ?? "")} says`),
      ...CHIPS.map(([lang, text]) => h("button", { type: "button", class: "chip", lang, onclick: () => this.say(this.worded(text)) }, text)));
  }

  /** Where the Chatbot answers only when it is spoken to, the line speaks to it. */
  worded(text) {
    const { world } = this;
    return world.choices && world.choices.replies !== "always" ? `<@${world.botId}> ${text}` : text;
  }
}
