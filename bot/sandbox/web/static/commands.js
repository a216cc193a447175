// The list of the bot's commands that a slash opens, and the form for a command's options.

import { h, plain, toast } from "./dom.js";
import { optionField } from "./fields.js";

/** The list above the message field; the field stays focused, as a combobox does it. */
export class CommandList {
  constructor({ input, onPick }) {
    this.input = input;
    this.onPick = onPick;
    this.commands = [];
    this.shown = [];
    this.at = 0;
    this.node = h("ul", { id: "commands", class: "commands", role: "listbox", "aria-label": "Commands", hidden: true });
    input.setAttribute("aria-controls", "commands");
    input.addEventListener("blur", () => this.close());
  }

  /** Show what fits what is typed, if that begins a command. */
  update(typed) {
    const found = /^\/([^\n]*)$/.exec(typed);
    if (!found) return this.close();
    const wanted = found[1].trim().toLowerCase();
    this.shown = this.commands.filter((one) => one.name.toLowerCase().startsWith(wanted));
    this.at = 0;
    this.draw(found[1]);
  }

  draw(typed) {
    const entries = this.shown.map((command, i) => h("li", {
      id: `command-${i}`, role: "option", "aria-selected": String(i === this.at),
      onmousedown: (event) => { event.preventDefault(); this.onPick(command); },
    }, h("strong", {}, `/${plain(command.name)}`), " ",
      h("span", { class: "options" }, command.parameters.map((p) => plain(p.name)).join("  ")),
      h("span", { class: "about" }, plain(command.description))));
    const nothing = h("li", { class: "nothing" }, this.commands.length
      ? `No command of yours begins with /${plain(typed)}`
      : "There is no command that you may use here.");
    this.node.replaceChildren(...(entries.length ? entries : [nothing]));
    this.node.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    if (entries.length) this.input.setAttribute("aria-activedescendant", `command-${this.at}`);
    this.node.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.node.hidden = true;
    this.input.removeAttribute("aria-expanded");
    this.input.removeAttribute("aria-activedescendant");
  }

  /** Whether a key was meant for the list. */
  key(event) {
    if (this.node.hidden) return false;
    if (event.key === "Escape") this.close();
    else if (!this.shown.length) return event.key === "Enter" && this.stop(event);
    else if (event.key === "ArrowDown") this.move(1);
    else if (event.key === "ArrowUp") this.move(-1);
    else if (event.key === "Enter" || event.key === "Tab") this.onPick(this.shown[this.at]);
    else return false;
    return this.stop(event);
  }

  stop(event) {
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  move(by) {
    this.at = (this.at + by + this.shown.length) % this.shown.length;
    this.draw("");
  }
}

/** The fields of the command that was picked. */
export class CommandForm {
  constructor({ world, ask, onDone, onOutcome }) {
    Object.assign(this, { world, ask, onDone, onOutcome });
    this.node = h("form", { class: "command-form", hidden: true, onsubmit: (event) => this.submit(event) });
    this.node.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close(true);
      else if (event.key === "Enter" && event.target.tagName === "SELECT") {
        event.preventDefault(); // as in any other field; space opens the list
        this.node.requestSubmit();
      }
    });
  }

  begin(command, place) {
    this.command = command;
    this.place = place;
    this.fields = command.parameters.map((parameter) =>
      optionField(parameter, this.world, (typed) => this.suggest(parameter.name, typed)));
    this.button = h("button", { type: "submit", class: "control primary" }, "Send");
    this.node.setAttribute("aria-label", `/${plain(command.name)}`);
    this.node.replaceChildren(
      h("p", { class: "command-name" }, h("strong", {}, `/${plain(command.name)}`), h("span", { class: "about" }, plain(command.description), this.as())),
      h("div", { class: "fields-row" }, this.fields.map((field) => field.node)),
      h("div", { class: "row" }, this.button,
        h("button", { type: "button", class: "control secondary", onclick: () => this.close(true) }, "Cancel")),
    );
    this.node.hidden = false;
    this.focus();
  }

  /** Commands are given by who looks, whoever writes. */
  as() {
    const { world } = this;
    const me = world.personName(world.me);
    return world.speakerId() === world.me ? null : ` · given by ${plain(me)}`;
  }

  focus() {
    const first = this.fields.find((field) => field.required) ?? this.fields[0];
    (first?.input ?? this.button).focus({ preventScroll: true });
    this.node.scrollTop = 0;
  }

  close(tell = false) {
    if (this.node.hidden) return;
    this.node.hidden = true;
    if (tell) this.onDone(false);
  }

  async given(except) {
    const options = {};
    for (const field of this.fields) {
      const value = field.name === except ? undefined : await field.value();
      if (value !== undefined) options[field.name] = value;
    }
    return options;
  }

  async suggest(option, typed) {
    const options = await this.given(option);
    return this.ask({ do: "suggest", place: this.place, name: this.command.name, option, typed, options });
  }

  async submit(event) {
    event.preventDefault();
    this.button.disabled = true;
    try {
      const options = await this.given();
      const outcome = await this.ask({ do: "use", place: this.place, name: this.command.name, options });
      this.node.hidden = true;
      this.onDone(true);
      this.onOutcome(outcome);
    } catch (error) {
      toast(`/${plain(this.command.name)}: ${error.message}`);
      this.button.disabled = false;
      this.button.focus(); // a button that is disabled loses it
    }
  }
}
