// The page: puts its parts together, and follows what the server tells.

import { byId, compare, plain, speak, toast } from "./dom.js";
import { Chambers } from "./chambers.js";
import { Composer } from "./composer.js";
import { Feed } from "./feed.js";
import { Frame } from "./frame.js";
import { Chips, Guide } from "./guide.js";
import { Line } from "./line.js";
import { Menu } from "./menu.js";
import { openModal } from "./modal.js";
import { drawFaces, drawPeople, drawRooms, drawTyping, offerFaces } from "./sides.js";
import { Turns } from "./turns.js";
import { WayPanel } from "./way.js";
import { World } from "./world.js";

const address = new URLSearchParams(location.hash.slice(1));
const world = new World();
const line = new Line(address.get("key") ?? "");
const ask = (deed) => line.ask(deed);
let rights = { attach: false, react: false, manage: false };
let entries = [];
let opening = 0;
let wanted = { place: address.get("in"), message: address.get("at") };
// Whoever comes for the first time looks as a moderator, who sees all, and writes as a member.
const FIRST = { looks: "Max", speaks: "Ana" };

// What the parts can have done

const attempt = (promise) => promise.catch((error) => toast(error.message));
const outcome = (done) => done?.modal && openModal(done.modal, { world, ask, outcome });
const on = (message) => ({ place: message.place_id, message: message.id });
const actions = {
  outcome,
  open: (place, message) => openPlace(place, message),
  find: async (place, message) => feed.items[feed.indexOf(message)]?.message.id === message
    ? feed.items[feed.indexOf(message)].message : ask({ do: "find", place, message }),
  reply: (message) => composer.reply(message),
  edit: (message) => composer.edit(message),
  remove: (message) => attempt(ask({ do: "delete", ...on(message) })),
  react: (message, emoji, given) => attempt(ask({ do: "react", ...on(message), emoji, given })),
  click: (message, control) => attempt(ask({ do: "click", ...on(message), control }).then(outcome)),
  select: (message, control, values) => attempt(ask({ do: "select", ...on(message), control, values }).then(outcome)),
  entry: (message, entry) => attempt(ask({ do: "entry", ...on(message), entry }).then(outcome)),
  menu: (message, from, point) => menu.open(message, from, point, { rights, entries }),
  latestOwn: () => feed.items.findLast(({ message }) => message.author_id === world.speakerId())?.message,
};
const feed = new Feed({ world, ask, actions, onRead: (place) => document.visibilityState === "visible" && world.markRead(place) });
const composer = new Composer({ world, ask, actions });
const menu = new Menu({ world, actions });
const frame = new Frame({ world, wanted: address.get("view") ?? (address.get("in") ? "place" : "rooms") });
const turns = new Turns({ world, ask });
const guide = new Guide({ world, be: (who) => be(who) });
const chips = new Chips({ world, say: (text) => composer.say(text) });
const way = new WayPanel({ world, turns });
const chambers = new Chambers({
  world, turns, be: (who) => be(who),
  choose: (chosen) => ask({ do: "choose", ...chosen }).then(() => toast("From the next message on."), (error) => {
    toast(error.message);
    chambers.reset("control");
  }),
  use: (name) => composer.useCommand(name),
  offered: () => new Set(world.here === world.chatRoom ? composer.list.commands.map((one) => one.name) : []),
});
composer.addEventListener("sent", () => guide.fold());

// Who one is, and where

function be(person) {
  wanted = { place: world.here, message: null };
  address.set("as", person);
  writeAddress();
  world.speaker = person;
  line.be(person);
}

function placeFor({ place }) {
  if (frame.view === "rooms") return world.chatRoom;
  return place && world.place(place) ? place : world.places[0]?.id;
}

/** Show a place; one that the server does not open to this person stays closed. */
async function openPlace(place, message = null) {
  const number = ++opening;
  let opened;
  try {
    opened = await ask({ do: "open", place, ...(message ? { around: message } : {}) });
  } catch (error) {
    if (number === opening) toast(`This room is not open to you. (${error.message})`);
    return false;
  }
  const there = world.place(place);
  if (number !== opening || !there) return false;
  world.here = place;
  if (world.chatRoom && place !== world.chatRoom) frame.look("place"); // before the bot is there, no view is left
  ({ rights, menu: entries } = opened);
  for (const who of opened.typing) world.noteTyping(place, who);
  drawHead(there);
  composer.enter(there, opened);
  feed.show(place, opened.piece, message);
  world.tell("places");
  world.tell("typing");
  world.tell("here");
  chambers.draw();
  address.set("in", place);
  writeAddress();
  frame.closeDrawers();
  return true;
}

function drawHead(place) {
  const mark = place.kind === "private thread" ? "🔒 " : place.kind === "channel" ? "# " : "↳ ";
  byId("place").textContent = mark + plain(place.name);
  const kind = place.kind === "private thread" ? "A private thread: moderators see it, members do not." : "";
  byId("topic").textContent = frame.view === "rooms" ? "what everybody reads" : plain(place.topic || kind);
  document.title = `${plain(place.name)} · ${plain(world.server)}`;
}

frame.addEventListener("view", () => {
  writeAddress();
  if (world.place(world.here)) drawHead(world.place(world.here));
  if (frame.view === "rooms" && world.here !== world.chatRoom) openPlace(world.chatRoom);
});

function writeAddress() {
  address.set("view", frame.view);
  history.replaceState(null, "", `#${address}`);
}

// What the server tells

line.addEventListener("welcome", async ({ detail }) => {
  const last = feed.items.at(-1)?.message.id;
  const again = detail.again && world.me === String(detail.me);
  if (world.me !== String(detail.me)) turns.forget();
  world.speaker ??= address.get("as") ?? FIRST.speaks;
  world.begin(detail);
  frame.draw();
  byId("server").textContent = plain(detail.server);
  drawFaces(world, line.person, be);
  way.draw();
  const asked = frame.view === "rooms" ? null : wanted.place;
  if (asked && !world.place(asked)) toast("That room is not open to you.");
  await openPlace(placeFor(wanted.place ? wanted : { place: world.here }), asked && world.place(asked) ? wanted.message : null);
  wanted = { place: null, message: null };
  if (again) caughtUp(feed.items.filter(({ message }) => compare(message.id, last ?? "0") > 0).length);
});

line.addEventListener("caughtup", ({ detail }) => {
  turns.catchUp();
  caughtUp(detail);
});

const NEWS = {
  MessageSeen({ message }) {
    world.noteMessage(message);
    feed.add(message);
    if (message.place_id === world.here && message.author_id !== world.me) announce(message);
  },
  MessageEdited({ message }) {
    feed.replace(message);
  },
  MessageGone({ message_id }) {
    feed.remove(message_id);
    turns.readAgain();
  },
  TypingSeen({ place_id, name }) {
    world.noteTyping(place_id, name);
  },
  PlacesSeen({ places, members }) {
    world.notePlaces(places, members);
    if (world.here && !world.place(world.here)) {
      toast("The room you were in is no longer open to you.");
      openPlace(placeFor({}));
    }
  },
  CommandsReplaced() {
    if (!world.here) return;
    ask({ do: "commands", place: world.here }).then((listed) => {
      composer.list.commands = listed.commands;
      entries = listed.menu;
      chambers.draw();
    }, () => {});
  },
  TurnProgress: (news) => world.noteRoom(news),
  RoomState: (news) => world.noteRoom(news),
  RoomChoices: (news) => world.note("choices", news),
  ModelNote: (news) => world.note("model", news),
};
line.addEventListener("seen", ({ detail }) => NEWS[detail.kind]?.(detail));

function announce(message) {
  const words = message.text || message.embeds.map((embed) => embed.title).join(", ");
  speak(`${plain(message.author)}: ${plain(words)}`);
}

// How the line stands

const STATES = {
  connecting: "Connecting…",
  lost: "The connection is lost. Trying again…",
  refused: "This address opens nothing any more. The terminal in which the demo runs prints the right one.",
};
line.addEventListener("nobody", ({ detail }) => {
  const strip = byId("strip");
  strip.dataset.state = "nobody";
  strip.replaceChildren(`Nobody here is called “${plain(line.person)}”. Look as `, ...offerFaces(detail, (name) => be(name)));
});
line.addEventListener("state", ({ detail }) => {
  const strip = byId("strip");
  clearTimeout(strip.timer);
  strip.dataset.state = detail;
  if (detail in STATES) strip.textContent = STATES[detail];
});

function caughtUp(missed) {
  const strip = byId("strip");
  strip.dataset.state = "caughtup";
  strip.textContent = missed ? `Connected again, and caught up: ${missed} new.` : "Connected again. Nothing was missed.";
  strip.timer = setTimeout(() => (strip.dataset.state = line.state), 6000);
}

// What came while nobody looked is read once somebody does.
document.addEventListener("visibilitychange", () => feed.settle());

// The sides

let drawing = 0;
function drawRoomsSoon() {
  // Many messages in one frame are one drawing.
  drawing ||= requestAnimationFrame(() => {
    drawing = 0;
    drawRooms(world, (place) => {
      frame.look("place");
      openPlace(place);
    });
  });
}
world.addEventListener("places", drawRoomsSoon);
world.addEventListener("rooms", drawRoomsSoon);
world.addEventListener("people", () => drawPeople(world));
world.addEventListener("typing", () => drawTyping(world));
world.addEventListener("go", ({ detail: { place, message } }) => {
  if (place === world.here && message && feed.focusOn(message)) return;
  openPlace(place, message);
});

byId("skip").addEventListener("click", () => {
  chambers.turnTo("chat");
  composer.focus();
});

// Up and down walk through the messages once one of them has the focus.
byId("messages").addEventListener("keydown", (event) => {
  const here = event.target.closest(".message");
  if (event.target !== here) return;
  if (event.key === "ContextMenu" || (event.shiftKey && event.key === "F10") || event.key === "Enter") {
    const { left, top } = here.getBoundingClientRect();
    const item = feed.items[feed.indexOf(here.dataset.id)];
    actions.menu(item.message, here, { x: left + 48, y: top + 24 });
  } else if (event.key === "ArrowUp") here.previousElementSibling?.focus();
  else if (event.key === "ArrowDown") here.nextElementSibling?.focus();
  else return;
  event.preventDefault();
});
byId("scroller").addEventListener("keydown", (event) => {
  if (event.target === byId("scroller") && event.key === "ArrowUp") {
    event.preventDefault();
    feed.items.at(-1)?.node.focus();
  }
});

// Another address typed into this window leads there.
addEventListener("hashchange", () => location.reload());

line.be(address.get("as") ?? FIRST.looks);
