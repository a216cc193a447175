// A card on a message. Pictures are shown only where this server holds them.

import { h, name, ownFile, plain, safeUrl } from "./dom.js";
import { render } from "./markdown.js";

export function buildEmbed(embed, world) {
  const node = h("article", { class: "embed", "aria-label": plain(embed.title || "Card") });
  if (embed.colour !== null) {
    node.style.setProperty("--bar", `#${Number(embed.colour).toString(16).padStart(6, "0")}`);
  }
  const thumbnail = picture(embed.thumbnail_url, "thumbnail");
  node.append(
    ...[
      thumbnail,
      embed.author && h("p", { class: "embed-author" }, name(embed.author)),
      embed.title && title(embed, world),
      embed.description && h("div", { class: "words" }, render(embed.description, world)),
      embed.fields.length ? fields(embed, world) : null,
      picture(embed.image_url, "image"),
      foot(embed),
    ].filter(Boolean),
  );
  return node;
}

function title(embed, world) {
  const url = embed.url ? safeUrl(embed.url) : null;
  const words = h("span", {});
  words.append(render(embed.title, world));
  if (!url || !["http:", "https:"].includes(url.protocol)) return h("div", { class: "embed-title" }, words);
  return h("div", { class: "embed-title" },
    h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" }, words),
    h("span", { class: "host" }, ` (${url.host})`));
}

function fields(embed, world) {
  return h("dl", { class: "fields" }, embed.fields.map((field) =>
    h("div", { class: field.inline ? "field inline" : "field" },
      h("dt", { dir: "auto" }, plain(field.name)),
      h("dd", { class: "words" }, render(field.value, world)))));
}

function picture(address, kind) {
  if (!address) return null;
  const own = ownFile(address);
  if (own) return h("img", { src: own, class: kind, alt: kind === "image" ? "Picture of this card" : "", loading: "lazy" });
  const url = safeUrl(address);
  return url ? h("p", { class: "host" }, `A picture from ${url.host} is not loaded.`) : null;
}

function foot(embed) {
  const at = embed.timestamp ? new Date(embed.timestamp) : null;
  const time = at && !Number.isNaN(at.getTime()) ? h("time", { datetime: embed.timestamp }, at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" })) : null;
  if (!embed.footer && !time) return null;
  return h("p", { class: "embed-foot" }, embed.footer ? name(embed.footer) : null, embed.footer && time ? " · " : null, time);
}
