// What the page knows: who it is, the places and people, who types, what was read.

import { compare } from "./dom.js";

const TYPING_SHOWN = 10000;
const MOST_WAYS = 8;

/**
 * Fires "places", "people", "typing", "rooms", "turn" (one went on), "paused", "choices", "model",
 * "speaker", "here" and "go" (somewhere).
 */
export class World extends EventTarget {
  constructor() {
    super();
    this.places = [];
    this.members = [];
    this.roles = [];
    this.faces = [];
    this.paused = new Map();
    this.ways = new Map();
    this.typing = new Map();
    this.newest = new Map();
    this.read = {};
    this.here = null;
    this.chatRoom = null;
    this.choices = this.model = null;
    this.speaker = null; // the name of whoever writes, which may be another than who looks
    setInterval(() => this.forgetTyping(), 1000);
  }

  /** Begin as the person that the server welcomes. */
  begin(welcome) {
    this.me = String(welcome.me);
    this.server = welcome.server;
    this.guildId = String(welcome.guild_id);
    this.botId = String(welcome.bot_id);
    this.faces = welcome.faces;
    this.roles = welcome.roles;
    this.watches = welcome.watches;
    this.chooses = welcome.chooses;
    this.chatRoom = welcome.chat_room && String(welcome.chat_room);
    this.choices = welcome.choices;
    this.model = welcome.model;
    this.paused.clear();
    this.ways.clear();
    this.typing.clear();
    this.newest.clear();
    this.read = kept(this.storeName());
    for (const news of welcome.rooms) this.noteRoom(news);
    this.notePlaces(welcome.places, welcome.members);
    for (const kind of ["rooms", "choices", "model", "speaker"]) this.tell(kind);
  }

  notePlaces(places, members) {
    this.places = places;
    this.members = members;
    for (const place of places) {
      const last = place.last_message_id;
      if (last && compare(last, this.newest.get(place.id) ?? "0") > 0) this.newest.set(place.id, last);
    }
    this.tell("places");
    this.tell("people");
  }

  noteMessage(message) {
    const place = message.place_id;
    if (compare(message.id, this.newest.get(place) ?? "0") > 0) this.newest.set(place, message.id);
    if (message.author_id === this.me) this.markRead(place);
    if (this.typing.get(place)?.delete(message.author)) this.tell("typing");
    this.tell("places");
  }

  noteRoom(news) {
    if (news.kind === "RoomState") {
      this.paused.set(news.room_id, news.paused);
      this.tell("paused");
    } else {
      this.ways.set(news.turn_id, news);
      if (this.ways.size > MOST_WAYS) this.ways.delete(this.ways.keys().next().value);
      this.dispatchEvent(new CustomEvent("turn", { detail: news.turn_id }));
    }
    this.tell("rooms");
  }

  /** What is chosen in the Chat Room ("choices"), or what is to be said of the model ("model"). */
  note(kind, news) {
    this[kind] = news;
    this.tell(kind);
  }

  speakerId() {
    return this.faces.find((face) => face.name === this.speaker)?.id ?? this.me;
  }

  speakAs(name) {
    this.speaker = name;
    this.tell("speaker");
  }

  // Who types

  noteTyping(place, who) {
    if (who === this.speaker) return; // who writes here knows
    if (!this.typing.has(place)) this.typing.set(place, new Map());
    const there = this.typing.get(place);
    there.set(who, { since: there.get(who)?.since ?? Date.now(), until: Date.now() + TYPING_SHOWN });
    this.tell("typing");
  }

  forgetTyping() {
    let changed = false;
    for (const there of this.typing.values()) {
      for (const [who, { until }] of there) changed = (until < Date.now() && there.delete(who)) || changed;
    }
    // While somebody types, the seconds go on.
    if (changed || this.typing.get(this.here)?.size) this.tell("typing");
  }

  /** For how many seconds the Chatbot types here, alone; 0 where it does not. */
  typingSeconds() {
    const there = this.typing.get(this.here);
    const { since } = there?.get(this.personName(this.botId)) ?? {};
    return since && there.size === 1 ? Math.floor((Date.now() - since) / 1000) : 0;
  }

  // What was read

  storeName() {
    return `read ${this.guildId} ${this.me}`;
  }

  markRead(place) {
    const newest = this.newest.get(place);
    if (!newest || this.read[place] === newest) return;
    this.read[place] = newest;
    keep(this.storeName(), this.read);
    this.tell("places");
  }

  isUnread(place) {
    return compare(this.newest.get(place) ?? "0", this.read[place] ?? "0") > 0;
  }

  // Names

  place(id) {
    return this.places.find((place) => place.id === id);
  }

  member(id) {
    return this.members.find((member) => member.id === id);
  }

  personName(id) {
    return this.member(id)?.name ?? "unknown";
  }

  roleName(id) {
    return this.roles.find((role) => role.id === id)?.name ?? "unknown";
  }

  goTo(place, message) {
    this.dispatchEvent(new CustomEvent("go", { detail: { place, message } }));
  }

  tell(kind) {
    this.dispatchEvent(new Event(kind));
  }
}

/** What this browser kept under a name; it may be forbidden to keep anything. */
export function kept(name, otherwise = {}) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Then it is forgotten at the next reload, and nothing else happens.
  }
}
