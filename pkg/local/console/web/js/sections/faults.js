// Switches that make the emulated database fail, and what callers then see.
import { invoke, setFaults } from "../api.js";
import { resultView } from "../call.js";
import { busy, h } from "../dom.js";
import { kept } from "../kept.js";
import { addCall, live, on } from "../live.js";
import { caller, peopleBar } from "../people.js";
import { inWords, t } from "../words.js";

const kinds = ["slow", "dropRequest", "dropReply", "late", "duplicate", "conflict", "error", "kill"];
const codes = ["EXCEED_CONCURRENT_REQUEST_LIMIT", "EXCEED_REQUEST_LIMIT", "DATABASE_TIMEOUT", "SIGN_PARAM_INVALID"];

const results = kept(); // the last call from here
let draftRoom = "9527";

export function section() {
  const note = h("p.said.failed", { role: "status" });
  const apply = (switches) => setFaults(switches).then(() => { note.textContent = ""; }, (error) => {
    note.textContent = inWords(error);
    draw();
  });
  const which = h("select", { id: "fault-on" }, ["writes", "reads", "all"].map((one) => h("option", { value: one }, t(`fault.on.${one}`))));
  const often = h("select", { id: "fault-times" }, [1, 3, 0].map((n) => h("option", { value: n }, t(`fault.times.${n}`))));
  const code = h("select", { id: "fault-code", "aria-label": t("fault.code") }, codes.map((one) => h("option", { value: one }, one)));
  const rows = kinds.map((kind) => {
    const left = h("span.hint.left");
    const toggle = h("button.switch", {
      type: "button", role: "switch", "aria-labelledby": `fault-${kind}`, "data-fault": kind,
      onclick: () => {
        const others = live.faults.filter((one) => one.kind !== kind);
        const isOn = others.length < live.faults.length;
        apply(isOn ? others : [...others, { kind, on: which.value, times: Number(often.value), code: kind === "error" ? code.value : "" }]);
      },
    }, h("span.knob"));
    const draw = () => {
      const active = live.faults.find((one) => one.kind === kind);
      toggle.setAttribute("aria-checked", Boolean(active));
      left.textContent = active ? `${t(`fault.on.${active.on}`)} · ${active.times ? t("fault.left", { n: active.times }) : t("fault.times.0")}` : "";
    };
    return { draw, view: h("li", toggle, h("div", h("strong", { id: `fault-${kind}` }, t(`fault.${kind}`)), h("p", t(`fault.${kind}.about`)), kind === "error" && code), left) };
  });
  const draw = () => rows.forEach((row) => row.draw());

  const room = h("input", { id: "fault-room", value: draftRoom, inputmode: "numeric", maxlength: 10, autocomplete: "off", oninput: () => { draftRoom = room.value; } });
  const result = resultView(results, "", h("div.none", h("p", t("fault.try.why"))));
  const tries = ["enter-room", "quit-room", "get-room-info"].map((name) => {
    const button = h("button.quiet", { type: "button", "data-try": name, onclick: () => busy(button, async () => {
      result.view.setAttribute("aria-busy", "true");
      try {
        const call = await invoke(`webrtc-${name}`, { roomID: room.value }, caller() || "alice");
        addCall(call);
        results.set("", call);
      } catch (error) {
        results.set("", error);
      }
    }) }, name);
    return button;
  });
  const { bar, off: offBar } = peopleBar();
  draw();
  const offs = [on("faults", draw), offBar, result.off];
  return {
    view: h("section.view",
      h("header.title", h("h1", t("faults")), h("p", t("faults.about"))),
      h("div.halves",
        h("div.panel", h("h2", t("fault.switches")),
          h("div.toolbar", h("span.named", h("label", { for: "fault-on" }, t("fault.on")), which), h("span.named", h("label", { for: "fault-times" }, t("fault.times")), often),
            h("button.quiet.end", { type: "button", onclick: () => apply([]) }, t("faults.off"))),
          h("ul.faults", rows.map((row) => row.view)), note),
        h("div.panel", h("h2", t("fault.try")), bar,
          h("div.toolbar", h("label", { for: "fault-room" }, "roomID"), room, tries), result.view))),
    off: () => offs.forEach((f) => f()),
  };
}
