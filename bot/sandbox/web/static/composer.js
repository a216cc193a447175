// Where one writes: messages, replies, edits, files; a slash opens the list of commands.

import { byId, h, name, plain, toast } from "./dom.js";
import { CommandForm, CommandList } from "./commands.js";
import { readFile } from "./fields.js";

const TYPING_EVERY = 8000;
const LONGEST = 2000;
const LARGEST_FILE = 8 * 1024 * 1024;

export class Composer {
  constructor({ world, ask, actions }) {
    this.world = world;
    this.ask = ask;
    this.actions = actions;
    this.mode = null; // {kind: "reply" | "edit", message}
    this.files = [];
    this.drafts = new Map();
    this.typed = 0;
    this.build();
    this.list = new CommandList({ input: this.input, onPick: (command) => this.begin(command) });
    this.form = new CommandForm({ world, ask, onDone: (sent) => this.ended(sent), onOutcome: actions.outcome });
    this.root.append(this.list.node, this.banner, this.trays, this.form.node, this.bar);
  }

  build() {
    this.root = byId("composer");
    this.banner = h("p", { class: "banner", hidden: true });
    this.trays = h("ul", { class: "tray", "aria-label": "Files to send", hidden: true });
    this.input = h("textarea", {
      id: "say", rows: "1", "aria-label": "Message", maxlength: "16000", autocomplete: "off",
      onkeydown: (event) => this.key(event), oninput: () => this.changed(), onpaste: (event) => this.take(event.clipboardData?.files),
    });
    this.picker = h("input", { type: "file", multiple: true, hidden: true, onchange: () => this.take(this.picker.files) });
    this.attach = h("button", { type: "button", class: "icon", "aria-label": "Attach files", onclick: () => this.picker.click() }, "+");
    this.slash = h("button", { type: "button", class: "icon", "aria-label": "Commands", title: "Commands", onclick: () => this.startSlash() }, "/");
    this.send = h("button", { type: "button", class: "send", "aria-label": "Send", onclick: () => this.submit() }, "➤");
    this.bar = h("div", { class: "bar" }, this.attach, this.picker, this.input, this.slash, this.send);
    const main = this.root.parentElement;
    main.addEventListener("dragover", (event) => event.preventDefault());
    main.addEventListener("drop", (event) => {
      event.preventDefault();
      this.take(event.dataTransfer?.files);
    });
  }

  /** Another place is open, with what can be done there. */
  enter(place, opened) {
    if (this.place) this.drafts.set(this.draftName(), this.input.value);
    this.place = place;
    this.person = this.world.me;
    this.rights = opened.rights;
    this.list.commands = opened.commands;
    this.cancel();
    this.form.close();
    this.showBar(true);
    this.input.value = this.drafts.get(this.draftName()) ?? "";
    const may = place.may_post;
    this.input.disabled = this.send.disabled = this.slash.disabled = !may;
    this.attach.disabled = !may || !opened.rights.attach;
    this.input.placeholder = may
      ? `Message #${plain(place.name)}`
      : "You may not write here.";
    this.grow();
  }

  draftName() {
    return `${this.person} ${this.place.id}`;
  }

  focus() {
    if (!this.form.node.hidden) this.form.focus();
    else this.input.focus();
  }

  // Modes

  reply(message) {
    this.setMode("reply", message, "Replying to ");
  }

  edit(message) {
    this.setMode("edit", message, "Editing your message ");
    this.input.value = message.text;
    this.grow();
  }

  setMode(kind, message, text) {
    this.form.close();
    this.showBar(true);
    this.mode = { kind, message };
    const stop = h("button", { type: "button", class: "link", onclick: () => this.cancel() }, "Cancel");
    this.banner.replaceChildren(text, kind === "reply" ? name(message.author) : "", " · ", stop);
    this.banner.hidden = false;
    this.input.focus();
  }

  cancel() {
    if (this.mode?.kind === "edit") this.input.value = "";
    this.mode = null;
    this.banner.hidden = true;
    this.list.close();
    this.grow();
  }

  // Typing

  changed() {
    this.grow();
    this.list.update(this.mode ? "" : this.input.value);
    const now = Date.now();
    if (!this.input.value || this.input.value.startsWith("/") || now - this.typed < TYPING_EVERY) return;
    this.typed = now;
    this.ask({ do: "type", place: this.place.id }).catch(() => {});
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 200)}px`;
  }

  key(event) {
    if (event.isComposing || this.list.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape" && this.mode) {
      event.stopPropagation();
      this.cancel();
    } else if (event.key === "ArrowUp" && !this.input.value && !this.mode) {
      const own = this.actions.latestOwn();
      if (own) {
        event.preventDefault();
        this.edit(own);
      }
    }
  }

  startSlash() {
    this.cancel();
    this.input.value = "/";
    this.input.focus();
    this.changed();
  }

  // Sending

  async submit() {
    const text = this.withMentions(this.input.value.trim());
    const { mode, files, place } = this;
    if (!text && !files.length) return;
    if (text.length > LONGEST) return void toast(`A message has at most ${LONGEST} characters; this one has ${text.length}.`);
    this.input.value = "";
    this.typed = 0;
    this.showFiles([]);
    this.mode = null;
    this.cancel();
    try {
      if (mode?.kind === "edit") await this.ask({ do: "edit", place: place.id, message: mode.message.id, text });
      else await this.ask(this.message(place, text, mode, files));
    } catch (error) {
      toast(`Not sent: ${error.message}`);
      if (this.place.id === place.id && !this.input.value) {
        this.input.value = text; // nobody has to type it again
        this.showFiles(files);
        this.grow();
      }
    }
  }

  message(place, text, mode, files) {
    const deed = { do: "say", place: place.id, text, files };
    return mode ? { ...deed, reply_to: mode.message.id } : deed;
  }

  /** "@Ana" and "#lobby" as Discord words them. */
  withMentions(text) {
    let said = text;
    for (const { id, name: who } of this.world.members) said = said.replaceAll(`@${who}`, `<@${id}>`);
    for (const { id, name: what } of this.world.places) said = said.replaceAll(`#${what}`, `<#${id}>`);
    return said;
  }

  async take(list) {
    const given = [...(list ?? [])];
    if (!given.length || !this.rights?.attach) return;
    const large = given.find((file) => file.size > LARGEST_FILE);
    if (large) return void toast(`${plain(large.name)} is larger than 8 MB.`);
    const read = await Promise.all(given.map(readFile));
    this.showFiles([...this.files, ...read].slice(0, 10));
    this.picker.value = "";
  }

  showFiles(files) {
    this.files = files;
    this.trays.hidden = !files.length;
    this.trays.replaceChildren(...files.map((file) => h("li", {}, name(file.name), " ",
      h("button", { type: "button", "aria-label": `Remove ${plain(file.name)}`, onclick: () => this.showFiles(files.filter((one) => one !== file)) }, "✕"))));
  }

  // Commands

  begin(command) {
    this.input.value = "";
    this.list.close();
    this.form.begin(command, this.place.id);
    this.showBar(false);
  }

  ended(sent) {
    this.showBar(true);
    if (sent) this.list.close();
    this.input.focus();
  }

  showBar(shown) {
    this.bar.hidden = !shown;
  }
}
