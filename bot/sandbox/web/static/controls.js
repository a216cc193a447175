// Buttons and selects of a message, as the server offers them; it checks again what is pressed.

import { h, plain, safeUrl } from "./dom.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger" };

export function buildControls(message, world, actions) {
  if (!message.controls.length) return null;
  const rows = new Map();
  for (const control of message.controls) {
    const made = build(control, message, world, actions);
    if (!made) continue;
    if (!rows.has(control.row)) rows.set(control.row, h("div", { class: "row" }));
    rows.get(control.row).append(made);
  }
  return h("div", { class: "controls" }, ...rows.values());
}

function build(control, message, world, actions) {
  if (control.kind === "link") return linkButton(control);
  if (control.kind === "button") {
    return h("button", {
      type: "button", class: `control ${STYLES[control.style] ?? "secondary"}`, disabled: control.disabled,
      onclick: () => actions.click(message, control.custom_id),
    }, label(control));
  }
  const options = optionsOf(control, world);
  if (!options) return null;
  const choose = (values) => actions.select(message, control.custom_id, values);
  return control.most > 1 ? several(control, options, choose) : one(control, options, choose);
}

const label = (control) => plain([control.emoji, control.label].filter(Boolean).join(" ")) || "…";

function linkButton(control) {
  const url = safeUrl(control.url);
  if (!url || !["http:", "https:"].includes(url.protocol)) return h("span", { class: "control secondary" }, label(control));
  return h("a", { class: "control secondary", href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" },
    `${label(control)} (${url.host}) ↗`);
}

/** What a select offers: its own options, or people, roles and places of this server. */
export function optionsOf(control, world) {
  const people = () => world.members.map((one) => ({ label: one.name, value: one.id }));
  const roles = () => world.roles.map((one) => ({ label: `@${one.name}`, value: one.id }));
  const places = () => world.places.map((one) => ({ label: `#${one.name}`, value: one.id }));
  switch (control.kind) {
    case "select": case "radio": case "checks": return control.options;
    case "people": return people();
    case "roles": return roles();
    case "anyone": return [...people(), ...roles()];
    case "channels": return places();
    default: return null;
  }
}

function one(control, options, choose) {
  const select = h("select", {
    class: "control", disabled: control.disabled, "aria-label": plain(control.placeholder || control.label || "Choose"),
    onchange: () => select.value && choose([select.value]),
  }, h("option", { value: "" }, plain(control.placeholder || "Choose…")), options.map(option));
  return select;
}

export function option(item) {
  const text = [item.emoji, item.label].filter(Boolean).join(" ");
  const more = item.description ? `: ${item.description}` : "";
  return h("option", { value: item.value, selected: item.default }, plain(text + more));
}

function several(control, options, choose) {
  const boxes = options.map((item) => h("input", { type: "checkbox", value: item.value, checked: item.default }));
  const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const send = h("button", { type: "button", class: "control primary", disabled: control.disabled, onclick: () => choose(chosen()) }, "Choose");
  return h("fieldset", { class: "several", disabled: control.disabled },
    h("legend", {}, plain(control.placeholder || "Choose")),
    options.map((item, i) => h("label", {}, boxes[i], plain(item.label))), send);
}
