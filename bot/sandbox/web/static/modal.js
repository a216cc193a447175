// A form that the application opened for this person.

import { h, plain, toast } from "./dom.js";
import { formField } from "./fields.js";

export function openModal(modal, { world, ask, outcome }) {
  const fields = modal.controls.map((control) => formField(control, world)).filter(Boolean);
  const send = h("button", { type: "submit", class: "control primary" }, "Send");
  const close = () => dialog.close();
  const form = h("form", { method: "dialog" },
    h("h2", { id: "modal-title" }, plain(modal.title)),
    modal.texts.map((text) => h("p", { class: "about" }, plain(text))),
    fields.map((field) => field.node),
    h("div", { class: "row" }, send, h("button", { type: "button", class: "control secondary", onclick: close }, "Cancel")));
  const dialog = h("dialog", { "aria-labelledby": "modal-title" }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    try {
      const values = {};
      for (const field of fields) values[field.id] = await field.value();
      const next = await ask({ do: "submit", interaction: modal.interaction_id, values });
      close();
      outcome(next);
    } catch (error) {
      toast(`The form was not sent: ${error.message}`);
      send.disabled = false;
      send.focus();
    }
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
