// Where one writes: messages, replies, edits, files; a slash opens the list of commands.

import { byId, h, name, plain, toast } from "./dom.js";
import { CommandForm, CommandList } from "./commands.js";
import { readFile } from "./fields.js";
import { keep, kept } from "./world.js";

const TYPING_EVERY = 8000;
const LONGEST = 2000;
const UNSENT = "unsent";
const LARGEST_FILE = 8 * 1024 * 1024;

/** Fires "sent" when something was written. */
export class Composer extends EventTarget {
  constructor({ world, ask, actions }) {
    super();
    this.world = world;
    this.ask = ask;
    this.actions = actions;
    this.mode = null; // {kind: "reply" | "edit", message}
    this.files = [];
    this.typed = 0;
    this.build();
    this.list = new CommandList({ input: this.input, onPick: (command) => this.begin(command) });
    this.form = new CommandForm({ world, ask, onDone: (sent) => this.ended(sent), onOutcome: actions.outcome });
    world.addEventListener("speaker", () => this.place && this.drawSpeaker());
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
    this.speaker = h("select", { id: "speaker", "aria-label": "Write as", title: "Write as", hidden: true, onchange: () => this.world.speakAs(this.speaker.value) });
    this.bar = h("div", { class: "bar" }, this.speaker, this.attach, this.picker, this.input, this.slash, this.send);
    const main = this.root.parentElement;
    main.addEventListener("dragover", (event) => event.preventDefault());
    main.addEventListener("drop", (event) => {
      event.preventDefault();
      this.take(event.dataTransfer?.files);
    });
  }

  /** Another place is open, with what can be done there. */
  enter(place, opened) {
    this.keepDraft();
    this.place = place;
    this.speakers = opened.speakers;
    this.person = this.world.me;
    this.rights = opened.rights;
    this.list.commands = opened.commands;
    this.cancel();
    this.form.close();
    this.showBar(true);
    this.input.value = kept(UNSENT)[this.draftName()] ?? "";
    this.drawSpeaker();
    const may = opened.speakers.length > 0;
    this.input.disabled = this.send.disabled = this.slash.disabled = !may;
    this.attach.disabled = !may || !opened.rights.attach;
    this.grow();
  }

  /** Who writes: whoever was chosen, if they may write here; else the one who looks. */
  drawSpeaker() {
    const { world, speakers, place } = this;
    const me = world.faces.find((face) => face.id === world.me)?.name;
    if (!speakers.includes(world.speaker)) world.speaker = speakers.includes(me) ? me : speakers[0] ?? me;
    this.speaker.replaceChildren(...speakers.map((one) => h("option", { value: one, selected: one === world.speaker }, plain(one))));
    this.speaker.hidden = speakers.length < 2;
    this.input.placeholder = !speakers.length ? "You may not write here."
      : world.speaker === me ? `Message #${plain(place.name)}` : `Write as ${plain(world.speaker)}`;
  }

  /** What is typed and not sent, over reloads and other rooms. */
  keepDraft() {
    if (!this.place || this.mode?.kind === "edit") return;
    const all = kept(UNSENT);
    if (this.input.value) all[this.draftName()] = this.input.value;
    else delete all[this.draftName()];
    keep(UNSENT, all);
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
    this.keepDraft();
    this.list.update(this.mode ? "" : this.input.value);
    const now = Date.now();
    if (!this.input.value || this.input.value.startsWith("/") || now - this.typed < TYPING_EVERY) return;
    this.typed = now;
    this.ask({ do: "type", place: this.place.id, speaker: this.world.speaker }).catch(() => {});
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
    this.keepDraft();
    try {
      if (mode?.kind === "edit") await this.ask({ do: "edit", place: place.id, message: mode.message.id, text, speaker: this.nameOf(mode.message.author_id) });
      else await this.ask(this.message(place, text, mode, files));
      this.dispatchEvent(new Event("sent"));
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
    const deed = { do: "say", place: place.id, text, files, speaker: this.world.speaker };
    return mode ? { ...deed, reply_to: mode.message.id } : deed;
  }

  nameOf(id) {
    return this.world.faces.find((face) => face.id === id)?.name;
  }

  /** Say a line as whoever writes, without touching what is typed. */
  async say(text) {
    try {
      await this.ask(this.message(this.place, text, null, []));
      this.dispatchEvent(new Event("sent"));
    } catch (error) {
      toast(`Not sent: ${error.message}`);
    }
  }

  /** Give a command: at once where nothing is to be filled in that it needs. */
  async useCommand(name) {
    const command = this.list.commands.find((one) => one.name === name);
    if (!command) return;
    if (command.parameters.some((one) => one.required)) return this.begin(command);
    try {
      this.actions.outcome(await this.ask({ do: "use", place: this.place.id, name, options: {} }));
    } catch (error) {
      toast(`/${plain(name)}: ${error.message}`);
    }
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
