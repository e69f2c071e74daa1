// Test a function: an event, a caller, and what comes of it.
import { invoke } from "../api.js";
import { resultView } from "../call.js";
import { announce, busy, h } from "../dom.js";
import { kept } from "../kept.js";
import { addCall, live } from "../live.js";
import { caller, onCaller, peopleBar } from "../people.js";
import { short, verdict } from "../verdict.js";
import { has, t } from "../words.js";
import { editor, fieldsInto } from "./editor.js";
import { fieldsOf, likely, reportFunction, signed } from "./report.js";

// The fields that a function looks at, in the order of interest; the functions in
// the order of a room's life.
const fields = {
  "webrtc-create-room": ["roomName", "roomID", "userID", "private"],
  "webrtc-enter-room": ["roomID", "roomName", "userID", "invitation", "private"],
  "webrtc-quit-room": ["roomID", "userID", "banSeconds", "closeRoom"],
  "webrtc-get-room-list": ["limit", "after", "skip", "userID"],
  "webrtc-get-room-info": ["roomID", "invitation", "userID"],
  "webrtc-sig-api": ["userID", "roomID"],
  [reportFunction]: ["RoomId", "UserId", "EventType"],
};
const order = Object.keys(fields);
const rank = (name) => (order.includes(name) ? order.indexOf(name) : order.length);

const results = kept(); // the last call of each function, or the error that came instead

// section is about one function. Reports of TRTC differ: nobody calls, and the
// form is about the signed body of a request.
export function section(chosen) {
  const functions = [...live.state.functions].sort((a, b) => rank(a.name) - rank(b.name));
  const current = functions.find((one) => one.name === chosen) ?? functions[0];
  const { name } = current, isReport = name === reportFunction;
  const event = editor({
    name, fields: fields[name] ?? [],
    read: isReport ? fieldsOf : (event) => event,
    write: isReport ? signed : fieldsInto,
    ages: isReport,
  });
  const sample = () => (isReport ? event.filled(likely()) : event.sampled(sampleFor(current, caller())));
  if (event.untouched) sample();

  const result = resultView(results, name, h("div.none", h("h2", t("run.none")), h("p", t("run.none.why"))));
  const button = h("button.primary", { type: "submit" }, t("run"), h("kbd", { "aria-hidden": "true" }, /Mac|iPhone/.test(navigator.platform) ? "⌘↵" : "Ctrl ↵"));
  const run = () => busy(button, async () => {
    result.view.setAttribute("aria-busy", "true");
    try {
      const call = await invoke(name, await event.ready(), isReport ? "" : caller());
      addCall(call);
      announce(`${verdict(call).title}. ${verdict(call).why}`);
      results.set(name, call);
    } catch (error) {
      results.set(name, error);
    }
  });
  const form = h("form.event", {
    onsubmit: (submit) => { submit.preventDefault(); run(); },
    onkeydown: (key) => { if (key.key === "Enter" && (key.ctrlKey || key.metaKey)) { key.preventDefault(); run(); } },
  }, event.view, h("div.row", button, h("button.quiet", { type: "button", onclick: sample }, t("event.reset"))));

  const { bar, off: offBar } = peopleBar({ anyone: true });
  const offCaller = onCaller((before) => {
    if (!isReport && event.text() === sampleFor(current, before)) sample(); // nobody has changed it
  });
  return {
    view: h("section.view",
      h("header.title", h("h1", t("functions")), h("p", t("functions.about"))),
      h("div.bench",
        h("nav.rail", { "aria-label": t("functions") }, functions.map((one) => h("a", { href: `#functions/${one.name}`, "aria-current": one === current ? "page" : undefined, "data-focus": `function-${one.name}` },
          h("strong", short(one.name)), h("small", has(`about.${one.name}`) ? t(`about.${one.name}`) : "")))),
        h("div.panel", h("h2", name), isReport ? h("p.hint", t("report.about")) : [h("h3", t("callAs")), bar], form),
        h("div.panel", result.view))),
    off: () => { result.off(); offBar(); offCaller(); },
  };
}

// sampleFor is a function's sample event. It names a user for the console's test
// button; who calls as somebody need not say so.
function sampleFor(current, caller) {
  const event = JSON.parse(current.event);
  if (caller) delete event.userID;
  return JSON.stringify(event, null, 2);
}
