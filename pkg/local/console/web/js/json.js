// JSON, shown and read.
import { breakable, h } from "./dom.js";
import { t } from "./words.js";

// pretty is JSON text with indentation; what is no JSON stays as it is.
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// compact is JSON text in one line; what is no JSON stays as it is.
export function compact(text) {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

// plain turns Extended JSON into what it means: dates into Date, numbers into
// numbers.
export function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (!value || typeof value !== "object") return value;
  const keys = Object.keys(value);
  if (keys.length === 1) {
    const [key] = keys, inner = value[key];
    if (key === "$date") return new Date(typeof inner === "string" ? inner : Number(inner.$numberLong ?? inner));
    if (["$numberInt", "$numberLong", "$numberDouble"].includes(key)) return Number(inner);
    if (key === "$oid") return inner;
  }
  return Object.fromEntries(keys.map((key) => [key, plain(value[key])]));
}

// readable is Extended JSON in one line, as one would write it by hand.
export function readable(text) {
  try {
    return JSON.stringify(plain(JSON.parse(text)))
      .replace(/"([A-Za-z_$][\w$]*)":/g, "$1: ")
      .replace(/,(?=\S)/g, ", ");
  } catch {
    return text;
  }
}

const token = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/g;

// jsonView shows JSON in colours, with a link at each TRTC signature.
export function jsonView(text) {
  const view = h("pre.json", { tabindex: 0, role: "group", "aria-label": "JSON" });
  let key = "";
  for (const line of pretty(text).split("\n")) {
    let from = 0;
    const parts = [];
    for (const match of line.matchAll(token)) {
      parts.push(line.slice(from, match.index));
      from = match.index + match[0].length;
      if (match[2]) {
        key = match[1];
        parts.push(h("span.key", match[1]), match[2]);
      } else {
        parts.push(h(match[1] ? "span.string" : "span.value", match[0]));
        if (match[1] && isToken(key, match[1])) parts.push(inspectLink(JSON.parse(match[1])));
      }
    }
    view.append(...[...parts, line.slice(from), "\n"].map((part) => part instanceof Node ? part : document.createTextNode(part)));
  }
  return view;
}

// jsonLine is a line of a log: its keys, quietly, and their values. It may be
// broken after commas and underscores.
export function jsonLine(line) {
  let from = 0;
  const parts = [];
  for (const match of line.matchAll(token)) {
    parts.push(breakable(line.slice(from, match.index)));
    from = match.index + match[0].length;
    parts.push(match[2] ? [h("span.key", match[1]), match[2]] : breakable(match[0]));
  }
  return [...parts, line.slice(from)];
}

const isToken = (key, value) => (key === '"userSig"' || key === '"privateMapKey"') && value.length > 20;

const inspectLink = (value) => h("a.button.inline", { href: `#tokens/${encodeURIComponent(value)}` }, t("inspect"));
