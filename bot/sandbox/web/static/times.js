// Times as this browser writes them: one clock for every list, and Discord's marks in messages.

import { h } from "./dom.js";

export const clock = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
export const seconds = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });

const STYLES = {
  t: { timeStyle: "short" }, T: { timeStyle: "medium" },
  d: { dateStyle: "short" }, D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" }, F: { dateStyle: "full", timeStyle: "short" },
};
const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const AGAIN = 10000;

/** A mark such as <t:1700000000:R>; the relative one goes on counting. */
export function moment(unix, style = "f") {
  const at = new Date(unix * 1000);
  if (Number.isNaN(at.getTime())) return String(unix);
  if (style !== "R") return h("time", { datetime: at.toISOString() }, at.toLocaleString([], STYLES[style]));
  return h("time", { datetime: at.toISOString(), title: at.toLocaleString(), "data-relative": String(unix) }, relative(unix));
}

function relative(unix) {
  const away = unix - Date.now() / 1000;
  const [unit, size] = UNITS.find(([, one]) => Math.abs(away) >= one) ?? UNITS.at(-1);
  return new Intl.RelativeTimeFormat([], { numeric: "auto" }).format(Math.round(away / size), unit);
}

setInterval(() => {
  for (const node of document.querySelectorAll("time[data-relative]")) {
    const text = relative(Number(node.dataset.relative));
    if (node.textContent !== text) node.textContent = text;
  }
}, AGAIN);
