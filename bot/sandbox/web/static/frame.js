// The frame around the rooms: which view is open, what slides in from the sides, light or dark.

import { byId } from "./dom.js";
import { keep, kept } from "./world.js";

const SIDES = ["rooms", "people"];

/** Fires "view" when another view is open: "rooms", the four side by side, or "place", one of them. */
export class Frame extends EventTarget {
  constructor({ world, wanted }) {
    super();
    this.world = world;
    this.wanted = wanted;
    this.narrow = matchMedia("(max-width: 900px)");
    byId("view-rooms").addEventListener("click", () => this.look("rooms"));
    byId("view-place").addEventListener("click", () => this.look("place"));
    for (const side of SIDES) byId(`${side}-button`).addEventListener("click", () => this.toggle(side, !this.isShown(side)));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.closeDrawers();
    });
    this.paint(kept("theme", matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark"));
    byId("theme-button").addEventListener("click", () => {
      const theme = document.documentElement.dataset.theme === "light" ? "dark" : "light";
      keep("theme", theme);
      this.paint(theme);
    });
  }

  /** The view there is: without a bot there is no Chat Room to show the four rooms of. */
  get view() {
    return this.world.chatRoom ? this.wanted : "place";
  }

  look(view) {
    const changed = this.wanted !== view;
    this.wanted = view;
    this.draw();
    if (changed) this.dispatchEvent(new Event("view"));
  }

  draw() {
    const { view } = this;
    document.body.dataset.view = view;
    byId("views").hidden = !this.world.chatRoom;
    byId("view-rooms").setAttribute("aria-pressed", String(view === "rooms"));
    byId("view-place").setAttribute("aria-pressed", String(view === "place"));
    this.closeDrawers();
  }

  // The sides: beside the messages where there is room, over them where there is none

  slides() {
    return this.narrow.matches || this.view === "rooms";
  }

  toggle(side, shown) {
    byId(side).classList.toggle("shown", shown);
    byId(side).classList.toggle("folded", !shown && !this.slides());
    byId(`${side}-button`).setAttribute("aria-expanded", String(shown));
  }

  isShown(side) {
    const { classList } = byId(side);
    return this.slides() ? classList.contains("shown") : !classList.contains("folded");
  }

  closeDrawers() {
    for (const side of SIDES) if (this.slides()) this.toggle(side, false);
  }

  paint(theme) {
    document.documentElement.dataset.theme = theme;
  }
}
