// Test a function: an event as a form and as JSON, a caller, and what comes of it.
import { invoke } from "../api.js";
import { callView } from "../call.js";
import { announce, busy, fill, h } from "../dom.js";
import { addCall, live } from "../live.js";
import { caller, onCaller, peopleBar } from "../people.js";
import { short, verdict } from "../verdict.js";
import { has, inWords, t } from "../words.js";
import { eventTypes, fieldsOf, likely, reportFunction, signed } from "./report.js";

// The fields that a function looks at, in the order of interest.
const fields = {
  "webrtc-sig-api": ["userID", "roomID"],
  "webrtc-create-room": ["roomName", "roomID", "userID"],
  "webrtc-enter-room": ["roomID", "roomName", "userID"],
  "webrtc-quit-room": ["roomID", "userID", "closeRoom"],
  "webrtc-get-room-info": ["roomID"],
  "webrtc-get-room-list": ["skip", "limit"],
  [reportFunction]: ["RoomId", "UserId", "EventType"],
};
const numbers = new Set(["skip", "limit"]), switches = new Set(["closeRoom"]);

const drafts = new Map(); // the event of each function, as it was left
const results = new Map(); // and its last call

const order = ["webrtc-create-room", "webrtc-enter-room", "webrtc-quit-room", "webrtc-get-room-list", "webrtc-get-room-info", "webrtc-sig-api", reportFunction];
const rank = (name) => (order.includes(name) ? order.indexOf(name) : order.length);

// functionsView is about one function. Reports of TRTC differ: nobody calls, and
// the form is about the signed body of a request.
export function section(chosen) {
  const functions = [...live.state.functions].sort((a, b) => rank(a.name) - rank(b.name));
  const current = functions.find((one) => one.name === chosen) ?? functions[0];
  const isReport = current.name === reportFunction;
  let off = () => {};
  const result = h("div.result", { "aria-live": "polite", "aria-label": t("reply") });
  const show = () => {
    off();
    const call = results.get(current.name);
    if (!call) {
      off = () => {};
      fill(result, h("div.none", h("h2", t("run.none")), h("p", t("run.none.why"))));
    } else if (call instanceof Error) {
      off = () => {};
      fill(result, h("div.verdict.failed", h("div", h("strong", t("run.failed")), h("p", inWords(call)))));
    } else {
      const view = callView(call);
      off = view.off;
      fill(result, view.view);
    }
  };

  const json = h("textarea.mono", { id: "event-json", rows: 7, spellcheck: "false", autocomplete: "off", value: drafts.get(current.name) ?? indent(current.event) });
  const complaint = h("p.hint", { id: "event-complaint", role: "status" });
  json.setAttribute("aria-describedby", "event-complaint");
  const inputs = new Map((fields[current.name] ?? []).map((name) => [name, field(name, () => formToJSON())]));
  const parsed = () => {
    try {
      const value = JSON.parse(json.value);
      return value && typeof value === "object" && !Array.isArray(value) ? value : null;
    } catch {
      return null;
    }
  };
  const jsonToForm = () => {
    const event = parsed(), values = isReport ? fieldsOf(event) : event;
    complaint.textContent = event ? "" : t("event.notObject");
    for (const [name, input] of inputs) {
      input.disabled = !event;
      if (!event) continue;
      const value = values[name];
      if (switches.has(name)) input.checked = value === true;
      else input.value = value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
    }
    drafts.set(current.name, json.value);
  };
  // sign makes the event that the form says, as of now. What was written by hand
  // stays as it is, with a signature that no longer fits.
  let byHand = drafts.has(current.name), latest = 0;
  const sign = async () => {
    const mine = ++latest;
    const event = await signed(Object.fromEntries([...inputs].map(([name, input]) => [name, input.value])));
    if (mine !== latest) return; // something else was typed meanwhile
    byHand = false;
    json.value = JSON.stringify(event, null, 2);
    drafts.set(current.name, json.value);
  };
  const sample = () => {
    if (!isReport) {
      json.value = indent(current.event);
      jsonToForm();
      return;
    }
    for (const [name, value] of Object.entries(likely())) inputs.get(name).value = value;
    sign().catch(() => {}); // the page says that there is no server
  };
  const formToJSON = () => {
    if (isReport) {
      sign().catch(() => {});
      return;
    }
    const event = parsed() ?? {};
    for (const [name, input] of inputs) {
      if (switches.has(name) ? !input.checked : input.value === "") delete event[name];
      else if (switches.has(name)) event[name] = true;
      else if (String(event[name]) !== input.value) event[name] = numbers.has(name) && /^\d+$/.test(input.value) ? Number(input.value) : input.value;
    }
    json.value = JSON.stringify(event, null, 2);
    drafts.set(current.name, json.value);
  };
  json.addEventListener("input", () => { byHand = true; latest++; jsonToForm(); });

  const button = h("button.primary", { type: "submit" }, t("run"), h("kbd", { "aria-hidden": "true" }, /Mac|iPhone/.test(navigator.platform) ? "⌘↵" : "Ctrl ↵"));
  const run = () => busy(button, async () => {
    try {
      if (isReport && !byHand) await sign();
      const call = await invoke(current.name, json.value, isReport ? "" : caller());
      results.set(current.name, call);
      addCall(call);
      announce(`${verdict(call).title}. ${verdict(call).why}`);
    } catch (error) {
      results.set(current.name, error);
    }
    show();
  });
  const form = h("form.event", {
    onsubmit: (event) => { event.preventDefault(); run(); },
    onkeydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); } },
  },
    h("div.fields", [...inputs].map(([name, input]) => h("div.field", h("label", { for: input.id }, name), input, h("small", t(`field.${name}`))))),
    h("div.field", h("label", { for: "event-json" }, t("event.json")), json, complaint),
    h("div.row", button, h("button.quiet", { type: "button", onclick: sample }, t("event.reset"))));

  const { bar, off: offBar } = peopleBar({ anyone: true });
  const offCaller = onCaller((before) => {
    // An event that names its caller names the new one.
    const event = parsed();
    if (event && before && event.userID === before && caller()) {
      event.userID = caller();
      json.value = JSON.stringify(event, null, 2);
      jsonToForm();
    }
  });
  jsonToForm();
  if (isReport && !byHand) sample();
  show();
  return {
    view: h("section.view",
      h("header.title", h("h1", t("functions")), h("p", t("functions.about"))),
      h("div.bench",
        h("nav.rail", { "aria-label": t("functions") }, functions.map((one) => h("a", { href: `#functions/${one.name}`, "aria-current": one === current ? "page" : undefined },
          h("strong", short(one.name)), h("small", has(`about.${one.name}`) ? t(`about.${one.name}`) : "")))),
        h("div.panel", h("h2", current.name), isReport ? h("p.hint", t("report.about")) : [h("h3", t("callAs")), bar], form),
        h("div.panel", result))),
    off: () => { off(); offBar(); offCaller(); },
  };
}

function field(name, oninput) {
  const id = `field-${name}`;
  if (switches.has(name)) return h("input", { id, type: "checkbox", onchange: oninput });
  if (name === "EventType") return h("select", { id, onchange: oninput }, eventTypes.map((type) => h("option", { value: type }, `${type} · ${t(`report.${type}`)}`)));
  return h("input", { id, oninput, autocomplete: "off", spellcheck: "false", inputmode: /^roomid$/i.test(name) || numbers.has(name) ? "numeric" : undefined });
}

function indent(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}
