// Each request that the database got, and each that it should have got.
import { fill, h } from "../dom.js";
import { clearWire, live, on } from "../live.js";
import { nameOf, short } from "../verdict.js";
import { wireList } from "../wirelist.js";
import { clock, t } from "../words.js";

const mostShown = 300;

export function section() {
  let onlyCall = "", text = "";
  const list = wireList({ newestFirst: true, caller: true });
  const select = h("select", { id: "wire-call", onchange: () => { onlyCall = select.value; draw(); } });
  const search = h("input", { id: "wire-text", type: "search", placeholder: t("wire.search"), oninput: () => { text = search.value.toLowerCase(); draw(); } });
  const draw = () => {
    const matches = live.wire.filter((r) => (!onlyCall || r.requestId === onlyCall) && (!text || JSON.stringify(r).toLowerCase().includes(text)));
    list.draw(matches.slice(-mostShown), t(live.wire.length ? "wire.noneMatch" : "wire.empty"));
  };
  const choices = () => {
    const calls = live.calls.filter((call) => call.requests > 0).slice(-60).reverse();
    fill(select, h("option", { value: "" }, t("wire.allCalls")),
      calls.map((call) => h("option", { value: call.id }, `${clock(call.at)} ${short(call.function)} · ${nameOf(call)} · ${t("wire.count", { n: call.requests })}`)));
    select.value = onlyCall;
    if (select.value !== onlyCall) select.value = onlyCall = "";
  };
  choices();
  draw();
  const offs = [on("wire", draw), on("calls", () => { choices(); draw(); })];
  return {
    view: h("section.view", h("header.title", h("h1", t("wire")), h("p", t("wire.about"))),
      h("div.panel", h("div.toolbar",
        h("label", { for: "wire-call" }, t("wire.call")), select,
        h("label.unseen", { for: "wire-text" }, t("wire.search")), search,
        h("button.quiet.end", { type: "button", onclick: clearWire }, t("clear"))), list.view)),
    off: () => offs.forEach((f) => f()),
  };
}
