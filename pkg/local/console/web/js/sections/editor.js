// An event as a form and as JSON, each of which follows the other.
import { h } from "../dom.js";
import { t } from "../words.js";
import { eventTypes } from "./report.js";

const numbers = new Set(["skip", "limit", "banSeconds"]), switches = new Set(["closeRoom", "private"]);
const drafts = new Map(); // the events as they were left, by function, and whether they were written by hand

// editor is for the event of a function. The form has the fields; read says what
// they are in an event, and write puts their values into one, now or by a promise.
// An event that ages is made anew when it is sent, unless it was written by hand.
export function editor({ name, fields, read, write, ages }) {
  const json = h("textarea.mono", { id: "event-json", rows: 7, spellcheck: "false", autocomplete: "off", "aria-describedby": "event-complaint", oninput: () => { put(json.value, true); toForm(); } });
  const complaint = h("p.hint", { id: "event-complaint", role: "status" });
  const inputs = new Map(fields.map((one) => [one, input(one, () => fromForm())]));
  let latest = 0, written = Promise.resolve();

  const put = (text, byHand) => {
    latest++; // what a form is still writing comes too late
    json.value = text;
    drafts.set(name, { text, byHand });
  };
  const parsed = () => {
    try {
      const value = JSON.parse(json.value);
      return value && typeof value === "object" && !Array.isArray(value) ? value : null;
    } catch {
      return null;
    }
  };
  const toForm = () => {
    const event = parsed(), values = event ? read(event) : {};
    complaint.textContent = event ? "" : t("event.notObject");
    for (const [one, element] of inputs) {
      element.disabled = !event;
      if (event) set(element, values[one]);
    }
  };
  const fromForm = () => {
    const mine = ++latest;
    const values = Object.fromEntries([...inputs].map(([one, element]) => [one, element.type === "checkbox" ? element.checked : element.value]));
    written = Promise.resolve(write(values, parsed() ?? {})).then((event) => {
      if (mine !== latest) return;
      put(JSON.stringify(event, null, 2), false);
      complaint.textContent = "";
      for (const element of inputs.values()) element.disabled = false;
    }, () => {}); // the page says that there is no server
  };

  const draft = drafts.get(name);
  if (draft) {
    json.value = draft.text;
    toForm();
  }
  return {
    untouched: !draft,
    view: [
      h("div.fields", [...inputs].map(([one, element]) => h("div.field", h("label", { for: element.id }, one), element, h("small", t(`field.${one}`))))),
      h("div.field", h("label", { for: "event-json" }, t("event.json")), json, complaint),
    ],
    text: () => json.value,
    // sampled shows a text that nobody has written, and that is not kept.
    sampled(text) {
      put(text, false);
      drafts.delete(name);
      toForm();
    },
    // filled is as if the form were, with these values.
    filled(values) {
      for (const [one, value] of Object.entries(values)) set(inputs.get(one), value);
      fromForm();
    },
    // ready is the text to send.
    async ready() {
      if (ages && !drafts.get(name)?.byHand) fromForm();
      await written;
      return json.value;
    },
  };
}

function input(name, onchange) {
  const id = `field-${name}`;
  if (switches.has(name)) return h("input", { id, type: "checkbox", onchange });
  if (name === "EventType") return h("select", { id, onchange }, eventTypes.map((type) => h("option", { value: type }, `${type} · ${t(`report.${type}`)}`)));
  return h("input", { id, oninput: onchange, autocomplete: "off", spellcheck: "false", inputmode: /^roomid$/i.test(name) || numbers.has(name) ? "numeric" : undefined });
}

function set(element, value) {
  if (element.type === "checkbox") element.checked = value === true;
  else element.value = textOf(value);
}

// textOf is a field's value as a form shows it.
const textOf = (value) => (value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value));

// fieldsInto writes what a form says into an event. What it already says there
// stays as it is, a number for example.
export function fieldsInto(values, event) {
  for (const [name, value] of Object.entries(values)) {
    if (textOf(event[name]) === textOf(value) || value === false && !event[name]) continue;
    if (value === "" || value === false) delete event[name];
    else event[name] = numbers.has(name) && /^\d+$/.test(value) ? Number(value) : value;
  }
  return event;
}
