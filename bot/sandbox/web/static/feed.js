// The messages of the open place: a window onto its history, with a bounded number of nodes.

import { byId, compare, h } from "./dom.js";
import { buildMessage } from "./message.js";

const MOST = 180;
const NEAR = 700;
const BOTTOM = 80;
const JOINED_WITHIN = 7 * 60 * 1000;

export class Feed {
  /** `ask` asks the server; `onRead` is called when the latest message is in view. */
  constructor({ world, ask, actions, onRead }) {
    this.world = world;
    this.ask = ask;
    this.actions = actions;
    this.onRead = onRead;
    this.scroller = byId("scroller");
    this.list = byId("messages");
    this.latest = byId("latest");
    this.items = [];
    this.place = null;
    this.older = this.newer = this.loading = false;
    this.pinned = true;
    this.top = 0;
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.latest.addEventListener("click", () => this.actions.open(this.place));
    // Pictures that arrive, and a composer that grows, must not push the latest out of view.
    const resized = new ResizeObserver(() => this.pinned && this.toBottom());
    resized.observe(this.list);
    resized.observe(this.scroller);
  }

  show(place, piece, focus) {
    this.place = place;
    this.older = piece.older;
    this.newer = piece.newer;
    this.items = piece.messages.map((message) => this.item(message));
    this.decorateAll();
    this.list.replaceChildren(...this.items.map((item) => item.node));
    this.pinned = !focus;
    if (focus) this.focusOn(focus);
    else this.toBottom();
    this.settle();
  }

  clear() {
    this.place = null;
    this.items = [];
    this.list.replaceChildren();
  }

  // News

  add(message) {
    if (message.place_id !== this.place) return;
    const at = this.indexOf(message.id);
    if (this.items[at]?.message.id === message.id) return this.replace(message);
    const own = message.only_you || message.author_id === this.world.me;
    if (own) this.pinned = true; // what one has said or asked for is what one looks for
    if (this.newer) {
      if (own) this.actions.open(this.place);
      return this.settle();
    }
    const full = this.items.length >= MOST;
    if (full && !this.pinned) {
      this.newer = true; // the reader is further up: what is new waits below the window
      return this.settle();
    }
    this.insert(at, [this.item(message)]);
    if (full) this.trim("start");
    if (this.pinned) this.toBottom();
    this.settle();
  }

  replace(message) {
    const at = this.indexOf(message.id);
    const item = this.items[at];
    if (item?.message.id !== message.id) return;
    const focused = item.node.contains(document.activeElement);
    const made = this.item(message);
    item.node.replaceWith(made.node);
    this.items[at] = made;
    this.decorate(at);
    this.decorate(at + 1);
    this.quoteAnew(message.id);
    if (focused) made.node.focus();
    if (this.pinned) this.toBottom();
  }

  remove(id) {
    const at = this.indexOf(id);
    if (this.items[at]?.message.id !== id) return;
    this.items[at].node.remove();
    this.items.splice(at, 1);
    this.decorate(at);
    this.quoteAnew(id, { reply_gone: true });
    this.fill();
  }

  /** Replies show what they answer: as it is said now, or that it is gone. */
  quoteAnew(id, change = {}) {
    this.items.forEach(({ node, message }, at) => {
      if (message.reply_to !== id) return;
      const made = this.item({ ...message, ...change });
      node.replaceWith(made.node);
      this.items[at] = made;
      this.decorate(at);
    });
  }

  // The window

  item(message) {
    return { message, node: buildMessage(message, this.world, this.actions) };
  }

  indexOf(id) {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(this.items[middle].message.id, id) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  insert(at, made) {
    const before = this.items[at]?.node ?? null;
    const nodes = document.createDocumentFragment();
    for (const item of made) nodes.append(item.node);
    this.items.splice(at, 0, ...made);
    for (let i = at; i <= at + made.length; i += 1) this.decorate(i);
    this.list.insertBefore(nodes, before);
  }

  trim(side) {
    const extra = this.items.length - MOST;
    if (extra <= 0) return;
    const gone = side === "start" ? this.items.splice(0, extra) : this.items.splice(-extra);
    for (const item of gone) item.node.remove();
    if (side === "start") {
      this.older = true;
      this.decorate(0);
    } else this.newer = true;
  }

  decorateAll() {
    for (let i = 0; i < this.items.length; i += 1) this.decorate(i);
  }

  /** A message right after one by the same person stands under it; a new day gets a line. */
  decorate(at) {
    const item = this.items[at];
    if (!item) return;
    const before = this.items[at - 1]?.message;
    const day = dayOf(item.message);
    const newDay = !before || dayOf(before) !== day;
    item.node.classList.toggle("joined", !newDay && belongs(before, item.message));
    item.node.querySelector(":scope > .day")?.remove();
    if (newDay) item.node.prepend(h("p", { class: "day" }, day));
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    // A window that gets lower scrolls nothing by itself: only whoever goes up leaves the end.
    if (!this.newer && scrollHeight - scrollTop - clientHeight < BOTTOM) this.pinned = true;
    else if (this.newer || scrollTop < this.top) this.pinned = false;
    this.top = scrollTop;
    this.settle();
    this.fill();
  }

  fill() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (this.loading || !this.place) return;
    if (this.older && scrollTop < NEAR) this.load("older");
    else if (this.newer && scrollHeight - scrollTop - clientHeight < NEAR) this.load("newer");
  }

  async load(side) {
    this.loading = true;
    const place = this.place;
    const edge = side === "older" ? this.items[0] : this.items.at(-1);
    const bound = side === "older" ? { before: edge?.message.id } : { after: edge?.message.id };
    try {
      const piece = await this.ask({ do: "more", place, ...bound });
      if (place === this.place) this.take(side, piece);
    } catch {
      // Without a connection there is nothing more to show; scrolling on asks again.
    } finally {
      this.loading = false;
    }
    if (place === this.place) this.fill();
  }

  take(side, piece) {
    const known = new Set(this.items.map((item) => item.message.id));
    const made = piece.messages.filter((one) => !known.has(one.id)).map((one) => this.item(one));
    this.keepingPlace(() => {
      if (side === "older") {
        this.older = piece.older;
        this.insert(0, made);
        this.trim("end");
      } else {
        this.newer = piece.newer;
        this.insert(this.items.length, made);
        this.trim("start");
      }
    });
    this.settle();
  }

  /** Do something to the list while what is in view stays where it is. */
  keepingPlace(change) {
    const top = this.scroller.getBoundingClientRect().top;
    const anchor = this.items.find((item) => item.node.getBoundingClientRect().bottom > top);
    const before = anchor?.node.getBoundingClientRect().top ?? 0;
    change();
    if (anchor?.node.isConnected) {
      this.scroller.scrollTop += anchor.node.getBoundingClientRect().top - before;
    }
  }

  toBottom() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  settle() {
    this.latest.hidden = !this.newer && (this.pinned || this.items.length < 8);
    if (this.pinned && !this.newer && this.place) this.onRead(this.place);
  }

  focusOn(id) {
    const item = this.items[this.indexOf(id)];
    if (item?.message.id !== id) return false;
    this.pinned = false;
    item.node.scrollIntoView({ block: "center" });
    item.node.focus({ preventScroll: true });
    item.node.classList.add("pointed");
    setTimeout(() => item.node.classList.remove("pointed"), 2500);
    return true;
  }
}

function dayOf(message) {
  return new Date(message.at).toLocaleDateString(undefined, { dateStyle: "long" });
}

function belongs(before, message) {
  return (
    before.author_id === message.author_id &&
    before.author === message.author &&
    !before.is_system && !message.is_system &&
    !message.reply_to && !message.command && before.only_you === message.only_you &&
    new Date(message.at) - new Date(before.at) < JOINED_WITHIN
  );
}
