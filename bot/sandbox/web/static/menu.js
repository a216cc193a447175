// A message's menu: what oneself can do with it, and the application's entries ("Apps").

import { h, plain, toast } from "./dom.js";

const EMOJI = ["👍", "❤️", "😄", "😮", "😢", "🙏"];

export class Menu {
  constructor({ world, actions }) {
    this.world = world;
    this.actions = actions;
    this.node = h("div", { class: "menu", role: "menu", "aria-label": "Message", hidden: true });
    document.body.append(this.node);
    this.node.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("pointerdown", (event) => this.node.contains(event.target) || this.close());
    addEventListener("resize", () => this.close());
  }

  /** Open it for a message, at a point; focus goes back to `from` when it closes. */
  open(message, from, point, { rights, entries }) {
    this.from = from;
    const item = (text, act, kind = "") => h("button", {
      type: "button", role: "menuitem", tabindex: "-1", class: kind,
      onclick: () => { this.close(); act(); },
    }, text);
    const own = message.author_id === this.world.me || message.author_id === this.world.speakerId();
    const groups = [
      rights.react && !message.only_you ? h("div", { class: "emoji", role: "group", "aria-label": "React" },
        EMOJI.map((emoji) => item(emoji, () => this.actions.react(message, emoji, true)))) : null,
      message.only_you ? null : item("Reply", () => this.actions.reply(message)),
      own ? item("Edit", () => this.actions.edit(message)) : null,
      message.text ? item("Copy text", () => copy(message.text)) : null,
      message.author_id === this.world.me || rights.manage || message.only_you ? item("Delete", () => this.actions.remove(message), "danger") : null,
      h("p", { class: "group", role: "presentation" }, "Apps"),
      entries.map((entry) => item(plain(entry), () => this.actions.entry(message, entry), "app")),
      entries.length ? null : h("p", { class: "none" }, "The bot offers nothing here."),
    ];
    this.node.replaceChildren(...groups.flat().filter(Boolean));
    this.node.hidden = false;
    this.place(point);
    this.items()[0]?.focus();
  }

  place({ x, y }) {
    const { offsetWidth, offsetHeight } = this.node;
    this.node.style.left = `${Math.max(8, Math.min(x, innerWidth - offsetWidth - 8))}px`;
    this.node.style.top = `${Math.max(8, Math.min(y, innerHeight - offsetHeight - 8))}px`;
  }

  items() {
    return [...this.node.querySelectorAll("[role=menuitem]")];
  }

  key(event) {
    const items = this.items();
    const at = items.indexOf(document.activeElement);
    const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
    if (event.key in steps) items[(at + steps[event.key] + items.length) % items.length].focus();
    else if (event.key === "Home") items[0].focus();
    else if (event.key === "End") items.at(-1).focus();
    else if (event.key === "Escape" || event.key === "Tab") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  close() {
    if (this.node.hidden) return;
    const within = this.node.contains(document.activeElement);
    this.node.hidden = true;
    if (within && this.from?.isConnected) this.from.focus();
  }
}

function copy(text) {
  navigator.clipboard?.writeText(text).catch(() => toast("This browser does not let the page copy."));
}
