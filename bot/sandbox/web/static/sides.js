// Both sides: rooms with their threads on the left, people on the right, and who one is on top.

import { avatar, byId, h, name, plain } from "./dom.js";

export function drawRooms(world, open) {
  const tops = world.places.filter((place) => !place.parent_id);
  const entries = tops.map((place) => h("li", {},
    room(place, world, open),
    under(place, world).length
      ? h("ul", { class: "threads", "aria-label": `Threads of #${plain(place.name)}` },
          under(place, world).map((thread) => h("li", {}, room(thread, world, open))))
      : null));
  const focused = document.activeElement?.dataset?.place;
  byId("rooms").replaceChildren(h("h2", { class: "side-title" }, "Rooms"), h("ul", { class: "rooms" }, entries));
  if (focused) byId("rooms").querySelector(`[data-place="${focused}"]`)?.focus();
}

const under = (place, world) => world.places.filter((one) => one.parent_id === place.id);

function room(place, world, open) {
  const here = place.id === world.here;
  const unread = !here && world.isUnread(place.id);
  const thread = place.kind !== "channel";
  const paused = world.paused.get(place.id);
  const marks = [place.kind === "private thread" && "private thread", paused && "paused", unread && "unread"].filter(Boolean);
  return h("button", {
    type: "button", class: unread ? "room unread" : "room", "data-place": place.id,
    "aria-current": here ? "page" : null, onclick: () => open(place.id),
    title: plain(place.name),
  },
    h("span", { class: "mark", "aria-hidden": "true" }, place.kind === "private thread" ? "🔒" : thread ? "↳" : "#"),
    name(place.name, { class: "room-name" }),
    paused ? h("span", { class: "paused", title: "Paused", "aria-hidden": "true" }, "⏸") : null,
    unread ? h("span", { class: "dot", "aria-hidden": "true" }) : null,
    marks.length ? h("span", { class: "unseen" }, ` (${marks.join(", ")})`) : null);
}

export function drawPeople(world) {
  const groups = new Map();
  for (const member of world.members) {
    const group = member.bot ? "The Chatbot" : member.role || "Others";
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(member);
  }
  byId("people").replaceChildren(h("h2", { class: "side-title" }, "People"),
    ...[...groups].map(([group, members]) => h("section", {},
      h("h3", {}, plain(group)),
      h("ul", {}, members.map((member) => h("li", { class: "person" }, avatar(member),
        name(member.name, { class: "person-name" }),
        member.bot ? h("span", { class: "tag" }, "BOT") : null,
        member.id === world.me ? h("span", { class: "you" }, "you") : null))))));
}

export function drawFaces(world, person, be) {
  const box = byId("faces");
  const drawn = [...box.querySelectorAll("input")].map((one) => one.value).join();
  if (drawn !== world.faces.map((one) => one.name).join()) {
    box.replaceChildren(...world.faces.map((face) => {
      const input = h("input", { type: "radio", name: "face", value: face.name, class: "unseen", onchange: () => be(face.name) });
      return h("label", { class: "face" }, input, h("span", {}, name(face.name), " ", h("small", {}, face.role.toLowerCase())));
    }));
  }
  for (const input of box.querySelectorAll("input")) input.checked = input.value === person;
}

/** Buttons for those whom one can be, for somebody who asked for another. */
export const offerFaces = (names, be) => names.flatMap((who, i) => [
  i ? " · " : "", h("button", { type: "button", class: "link", onclick: () => be(who) }, plain(who))]);

const SECONDS_FROM = 5;

export function drawTyping(world) {
  const waits = world.here === world.chatRoom && world.model?.seconds ? world.typing.get(world.here)?.has(world.personName(world.botId)) : false;
  byId("typing-note").textContent = waits ? `it took about ${Math.max(1, Math.round(world.model.seconds))} s lately` : "";
  const names = [...(world.typing.get(world.here)?.keys() ?? [])].map(plain);
  const text = names.length === 0 ? "" : names.length === 1 ? `${names[0]} is typing…`
    : names.length < 4 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)} are typing…` : "Several people are typing…";
  // Not for readers of the screen: a number that changes each second would be read out each second.
  const seconds = world.typingSeconds();
  byId("typing-seconds").textContent = seconds >= SECONDS_FROM ? `${seconds} s` : "";
  byId("typing").classList.toggle("shown", names.length > 0);
  if (byId("typing-text").textContent !== text) byId("typing-text").textContent = text;
}
