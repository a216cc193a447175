// One message as nodes: reference, name, words, files, embeds, controls, reactions, its menu button.

import { avatar, h, name, ownFile, plain } from "./dom.js";
import { buildControls } from "./controls.js";
import { buildEmbed } from "./embed.js";
import { render, renderLine } from "./markdown.js";
import { clock } from "./times.js";

const SYSTEM = {
  1: "let somebody into the thread", 2: "left the thread", 4: "renamed this place",
  6: "pinned a message", 7: "is here now. Welcome!", 18: "started a thread",
};

export function buildMessage(message, world, actions) {
  const mentioned = message.mentions.includes(world.me);
  const kinds = ["message", mentioned && "mentions-me", message.only_you && "only-you"].filter(Boolean);
  const node = h("li", { class: kinds.join(" "), "data-id": message.id, tabindex: "-1" });
  if (message.is_system) {
    node.classList.add("system");
    node.append(system(message));
    return node;
  }
  node.append(
    ...[
      message.command ? commandLine(message) : message.kind === 19 ? reference(message, world, actions) : null,
      avatar({ id: message.author_id, name: message.author, bot: message.by_bot }),
      head(message),
      h("div", { class: "body" }, words(message, world), attachments(message), ...message.embeds.map((e) => buildEmbed(e, world)),
        buildControls(message, world, actions), reactions(message, actions), onlyYou(message, actions)),
      tools(message, actions),
    ].filter(Boolean),
  );
  node.addEventListener("contextmenu", (event) => {
    // On a link or a picture, the browser's own menu is what people want.
    if (event.target.closest("a, img, input, select")) return;
    event.preventDefault();
    actions.menu(message, node, { x: event.clientX, y: event.clientY });
  });
  return node;
}

function head(message) {
  const at = new Date(message.at);
  return h("p", { class: "head" },
    name(message.author, { class: message.by_bot ? "author by-bot" : "author" }),
    message.by_bot ? h("span", { class: "tag" }, "BOT") : null,
    " ",
    h("time", { datetime: message.at, title: at.toLocaleString() }, clock(at)),
  );
}

function words(message, world) {
  if (message.thinking) return h("p", { class: "thinking" }, `${plain(message.author)} is thinking…`);
  if (!message.text) return null;
  const edited = message.edited ? h("span", { class: "edited" }, "(edited)") : null;
  return h("div", { class: "words" }, render(message.text, world), edited);
}

function system(message) {
  const text = SYSTEM[message.kind] ?? message.text;
  return h("p", { class: "words" }, name(message.author), " ", plain(text || "…"));
}

function commandLine(message) {
  return h("p", { class: "reference" }, name(message.command_by), " used ",
    h("span", { class: "mention" }, message.from_menu ? `Apps · ${plain(message.command)}` : `/${plain(message.command)}`));
}

function reference(message, world, actions) {
  const line = h("button", { type: "button", class: "reference" }, "…");
  if (message.reply_gone || !message.reply_to) {
    return h("p", { class: "reference gone" }, "The original message was deleted");
  }
  line.addEventListener("click", () => world.goTo(message.place_id, message.reply_to));
  actions.find(message.place_id, message.reply_to).then(
    (target) => line.replaceChildren(
      h("span", { class: "unseen" }, "Reply to "), name(target.author, { class: "author" }), " ",
      h("span", { class: "snippet", dir: "auto" }, target.text ? renderedLine(target, world) : "a card or file"),
    ),
    () => line.replaceChildren("a message that is not here"),
  );
  return line;
}

function renderedLine(target, world) {
  // Inside a button nothing else may be pressed: only the words are taken.
  const holder = h("span", {});
  holder.append(renderLine(target.text, world));
  return holder.textContent;
}

// Files

function attachments(message) {
  return message.files.length ? h("div", { class: "files" }, message.files.map(file)) : null;
}

function file(item) {
  const address = ownFile(item.url);
  const shown = plain(item.name);
  if (!address) return h("span", { class: "file" }, shown);
  if (item.content_type.startsWith("image/") && item.width) {
    const picture = h("img", { src: address, alt: `Picture: ${shown}`, loading: "lazy", width: item.width, height: item.height });
    return h("a", { href: address, target: "_blank", rel: "noopener noreferrer", class: "picture" }, picture);
  }
  return h("a", { href: address, download: shown, rel: "noopener noreferrer", class: "file" },
    h("span", { "aria-hidden": "true" }, "📄 "), name(item.name), h("span", { class: "size" }, ` ${size(item.size)}`));
}

function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

// What can be done

function reactions(message, actions) {
  if (!message.reactions.length) return null;
  return h("div", { class: "reactions" }, message.reactions.map((one) =>
    h("button", {
      type: "button", class: "reaction", "aria-pressed": String(one.own),
      "aria-label": `${plain(one.emoji)}, ${one.count}`,
      onclick: () => actions.react(message, one.emoji, !one.own),
    }, plain(one.emoji), h("span", {}, String(one.count)))));
}

function onlyYou(message, actions) {
  if (!message.only_you) return null;
  return h("p", { class: "only-you-note" }, "👁 Only you can see this · ",
    h("button", { type: "button", class: "link", onclick: () => actions.remove(message) }, "Dismiss"));
}

function tools(message, actions) {
  const press = (label, text, act) =>
    h("button", { type: "button", "aria-label": label, title: label, onclick: act }, text);
  return h("div", { class: "message-tools" },
    message.only_you ? null : press("Reply", "↩", () => actions.reply(message)),
    press("More: apps, edit, delete", "⋯", (event) => {
      const { left, bottom } = event.currentTarget.getBoundingClientRect();
      actions.menu(message, event.currentTarget, { x: left, y: bottom });
    }),
  );
}
