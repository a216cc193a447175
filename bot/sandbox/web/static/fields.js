// One field for one value: of a command's option, or of a form.

import { h, plain } from "./dom.js";
import { option, optionsOf } from "./controls.js";

const TEXT = 3, INTEGER = 4, YES_OR_NO = 5, PERSON = 6, CHANNEL = 7, ROLE = 8, ANYONE = 9, NUMBER = 10, FILE = 11;
const CHANNEL_TYPES = { channel: 0, "public thread": 11, "private thread": 12 };

let fieldNumber = 0;

/** A field for an option: its node, its input, and `value()` (undefined while empty). */
export function optionField(parameter, world, suggest) {
  const id = `field-${++fieldNumber}`;
  const input = optionInput(parameter, world, id);
  const marks = { required: parameter.required, "aria-describedby": `${id}-about` };
  for (const [key, value] of Object.entries(marks)) if (value) input.setAttribute(key, value === true ? "" : value);
  const list = parameter.autocomplete ? suggestions(input, id, suggest) : null;
  const node = h("div", { class: "field" },
    h("label", { for: id }, plain(parameter.name), parameter.required ? null : h("span", { class: "optional" }, " optional")),
    input, list,
    h("p", { id: `${id}-about`, class: "about" }, plain(parameter.description)));
  return { node, input, name: parameter.name, required: parameter.required, value: () => optionValue(parameter, input) };
}

function optionInput(parameter, world, id) {
  const choice = (items) => h("select", { id }, h("option", { value: "" }, parameter.required ? "Choose…" : "—"), items.map(option));
  const as = (kind) => optionsOf({ kind }, world);
  if (parameter.choices.length) return choice(parameter.choices.map((one) => ({ label: one.name, value: String(one.value) })));
  switch (parameter.kind) {
    case YES_OR_NO: return choice([{ label: "Yes", value: "true" }, { label: "No", value: "false" }]);
    case PERSON: return choice(as("people"));
    case ROLE: return choice(as("roles"));
    case ANYONE: return choice(as("anyone"));
    case CHANNEL: return choice(channels(parameter, world));
    case FILE: return h("input", { id, type: "file" });
    case INTEGER: case NUMBER:
      return h("input", { id, type: "number", step: parameter.kind === INTEGER ? "1" : "any", min: parameter.least, max: parameter.most, inputmode: "numeric" });
    default:
      return h("input", { id, type: "text", maxlength: parameter.longest, minlength: parameter.shortest, autocomplete: "off" });
  }
}

function channels(parameter, world) {
  const kinds = parameter.channel_kinds;
  return world.places
    .filter((place) => !kinds.length || kinds.includes(CHANNEL_TYPES[place.kind]))
    .map((place) => ({ label: `#${place.name}`, value: place.id }));
}

function optionValue(parameter, input) {
  if (parameter.kind === FILE) return input.files[0] ? readFile(input.files[0]) : undefined;
  const typed = input.dataset.chosen ?? input.value;
  if (typed === "") return undefined;
  if (parameter.kind === YES_OR_NO) return typed === "true";
  if (parameter.kind === INTEGER || parameter.kind === NUMBER) return Number(typed);
  return typed;
}

/** What the application suggests while one types; picked by mouse or arrow keys. */
function suggestions(input, id, suggest) {
  const list = h("ul", { id: `${id}-list`, class: "suggestions", role: "listbox", hidden: true });
  for (const [key, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) {
    input.setAttribute(key, value);
  }
  let asked = 0;
  let at = -1;
  const show = (open) => {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
  };
  const close = () => {
    asked += 1; // an answer that is still on its way would open it again
    show(false);
  };
  const pick = (choice) => {
    input.value = choice.name;
    input.dataset.chosen = String(choice.value);
    close();
  };
  const mark = (index) => {
    at = (index + list.children.length) % list.children.length;
    [...list.children].forEach((entry, i) => entry.setAttribute("aria-selected", String(i === at)));
    input.setAttribute("aria-activedescendant", list.children[at].id);
  };
  const update = async () => {
    const number = ++asked;
    const choices = await suggest(input.value).catch(() => []);
    if (number !== asked) return;
    list.replaceChildren(...choices.map((choice, i) =>
      h("li", { id: `${id}-${i}`, role: "option", onmousedown: (event) => { event.preventDefault(); pick(choice); } }, plain(choice.name))));
    // What somebody has marked stays marked where a late answer still has it.
    const marked = choices.findIndex((choice) => choice.value === list.choices?.[at]?.value);
    list.choices = choices;
    at = -1;
    if (marked >= 0) mark(marked);
    show(choices.length > 0);
  };
  input.addEventListener("input", () => { delete input.dataset.chosen; update(); });
  input.addEventListener("focus", update);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") mark(at + (event.key === "ArrowDown" ? 1 : at < 0 ? 0 : -1));
    else if (event.key === "Enter" && at >= 0) pick(list.choices[at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return list;
}

/** A field of a form that the application opened. */
export function formField(control, world) {
  const id = `field-${++fieldNumber}`;
  const input = formInput(control, world, id);
  if (!input) return null;
  if (control.required) input.setAttribute("required", "");
  const node = h("div", { class: "field" },
    h("label", { for: id }, plain(control.label || control.placeholder || "…"), control.required ? null : h("span", { class: "optional" }, " optional")),
    control.description ? h("p", { class: "about" }, plain(control.description)) : null, input);
  return { node, input, id: control.custom_id, value: () => formValue(control, input) };
}

function formInput(control, world, id) {
  const lengths = { minlength: control.least || undefined, maxlength: control.most, placeholder: plain(control.placeholder) };
  switch (control.kind) {
    case "text":
      return control.style === 2
        ? h("textarea", { id, rows: "4", value: control.value, ...lengths })
        : h("input", { id, type: "text", value: control.value, autocomplete: "off", ...lengths });
    case "check": return h("input", { id, type: "checkbox", checked: control.value === "true" });
    case "files": return h("input", { id, type: "file", multiple: control.most > 1 });
    default: {
      const options = optionsOf(control, world);
      if (!options) return null;
      return h("select", { id, multiple: control.most > 1 },
        control.most > 1 ? null : h("option", { value: "" }, "Choose…"), options.map(option));
    }
  }
}

async function formValue(control, input) {
  switch (control.kind) {
    case "text": return input.value;
    case "check": return input.checked;
    case "files": return Promise.all([...input.files].map(readFile));
    case "radio": return input.value;
    default: return [...input.selectedOptions].map((one) => one.value).filter(Boolean);
  }
}

/** A file's name and content, as the server takes it. */
export function readFile(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onerror = () => reject(reader.error);
    reader.onload = () => resolve({ name: file.name, content: reader.result.slice(reader.result.indexOf(",") + 1) });
    reader.readAsDataURL(file);
  });
}
