// The first-time guide: three lines on what to try, and the choice of the Chatbot's mind.

import { byId, h, plain, toast } from "./dom.js";
import { keep, kept } from "./world.js";

const SHOWN = "guide shown";

const LINES = [
  ["Ana", "member", "lobby", "writes in #lobby: try “You never listen to me.” She sees typing (the small model that comes along thinks for a minute or so), then the reply, and nothing else."],
  ["Max", "moderator", "moderators", "reads the card in #moderators and the session in the 🔒 thread, and types /pause, /query or /resume."],
  ["Ada", "admin", "lobby", "reads it all, also what Ana cannot open, may change the rooms with /setup, and whom the Chatbot answers with /settings: here it answers everything, elsewhere who addresses it."],
];

export class Guide {
  constructor({ world, ask, be }) {
    Object.assign(this, { world, ask, be });
    this.node = byId("guide");
    this.button = byId("guide-button");
    this.button.addEventListener("click", () => this.show(this.node.hidden));
    world.addEventListener("mind", () => this.draw());
    this.show(kept(SHOWN, true));
  }

  show(shown) {
    this.node.hidden = !shown;
    this.button.setAttribute("aria-expanded", String(shown));
    keep(SHOWN, shown);
  }

  draw() {
    this.node.replaceChildren(...[
      h("ol", {}, LINES.map(([who, role, where, text]) => h("li", {},
        h("button", { type: "button", class: "link", "aria-label": `Be ${who}, the ${role}`, onclick: () => this.be(who, where) }, `${who}`),
        " ", text))),
      this.mind(),
      h("button", { type: "button", class: "icon close", "aria-label": "Close the guide", onclick: () => { this.show(false); this.button.focus(); } }, "✕"),
    ].filter(Boolean));
  }

  mind() {
    const { mind } = this.world;
    if (!mind) return null;
    const select = h("select", { id: "persona", onchange: () => this.change(select.value) },
      mind.personas.map((one) => h("option", { value: one, selected: one === mind.persona }, plain(one))));
    return h("p", { class: "mind" }, h("label", { for: "persona" }, "The Chatbot’s persona:"), " ", select,
      h("span", { class: "about" }, " narcissistic gives its Therapist something to do"));
  }

  change(persona) {
    this.ask({ do: "persona", persona }).then(
      () => toast(`From the next message on the Chatbot is “${persona}”.`),
      (error) => { toast(error.message); this.draw(); });
  }
}
