// Every call, to look at again, to replay, to compare, to take elsewhere.
import { invoke } from "../api.js";
import { callView, whole } from "../call.js";
import { busy, fill, h } from "../dom.js";
import { pretty } from "../json.js";
import { addCall, clearCalls, live, on } from "../live.js";
import { callLine, nameOf } from "../verdict.js";
import { clock, inWords, t } from "../words.js";

let compared = []; // ids, at most two

export function section(chosen) {
  const list = h("ul.lines");
  const detail = h("div.panel.result.beside");
  const note = h("p.said.failed", { role: "status" });
  let off = () => {}, shown = null, left = false;

  const replay = (call, button) => busy(button, async () => {
    try {
      const again = await invoke(call.function, call.event, call.caller, call.source);
      addCall(again);
      note.textContent = "";
      if (!left) location.hash = `history/${again.id}`;
    } catch (error) {
      note.textContent = inWords(error);
    }
  });
  const show = () => {
    const pair = compared.map((id) => live.calls.find((one) => one.id === id)).filter(Boolean);
    const call = live.calls.find((one) => one.id === chosen) ?? live.calls.at(-1);
    const key = pair.length === 2 ? compared.join() : call?.id ?? "";
    if (key === shown) return;
    shown = key;
    off();
    off = () => {};
    if (pair.length === 2) fill(detail, comparison(pair.sort((a, b) => a.at - b.at)));
    else if (call) {
      const view = callView(call, { actions: whole(call) ? [h("button.primary", { type: "button", "data-focus": "replay", onclick: (event) => replay(call, event.currentTarget) }, t("replay"))] : [] });
      off = view.off;
      fill(detail, view.view);
      if (chosen) requestAnimationFrame(() => bringIntoView(detail));
    } else fill(detail, h("div.none", h("h2", t("history.none")), h("p", t("history.none.why"))));
  };
  const tools = h("div.toolbar", h("p.hint", t("compare.how")), h("button.quiet.end", { type: "button", onclick: () => { compared = []; clearCalls(); } }, t("clear")));
  const draw = () => {
    tools.hidden = !live.calls.length;
    const current = live.calls.find((one) => one.id === chosen) ?? live.calls.at(-1);
    fill(list, live.calls.slice(-200).reverse().map((call) => h("li",
      h("input", {
        type: "checkbox", "aria-label": t("compare.with", { at: clock(call.at) }), checked: compared.includes(call.id), "data-focus": `compare-${call.id}`,
        onchange: (event) => {
          compared = compared.filter((id) => id !== call.id);
          if (event.target.checked) compared = [...compared, call.id].slice(-2);
          draw();
        },
      }),
      callLine(call, () => { compared = []; location.hash = `history/${call.id}`; if (chosen === call.id) draw(); }, call === current && compared.length < 2))));
    show();
  };
  draw();
  const offs = [on("calls", draw)];
  return {
    view: h("section.view",
      h("header.title", h("h1", t("history")), h("p", t("history.about"))),
      h("div.halves.narrow",
        h("div.panel", tools, note, list),
        detail)),
    off: () => { left = true; off(); offs.forEach((f) => f()); },
  };
}

// bringIntoView is for narrow windows, where the call is below the list.
function bringIntoView(element) {
  const { top } = element.getBoundingClientRect();
  if (top < 0 || top > innerHeight / 2) element.scrollIntoView();
}

function comparison([a, b]) {
  const text = (call) => pretty(call.error ? JSON.stringify(call.error) : call.reply).split("\n");
  const lines = difference(text(a), text(b));
  const differs = lines.some(([mark]) => mark !== " ");
  return h("article.call", h("header", h("div.what", h("strong", t("compare")), h("small", `${clock(a.at)} ${nameOf(a)} · ${clock(b.at)} ${nameOf(b)}`))),
    h("p.hint", t(differs ? "compare.differs" : "compare.same")),
    h("pre.diff", { tabindex: 0 }, lines.map(([mark, line]) => h(`span.${mark === "+" ? "added" : mark === "-" ? "removed" : "kept"}`, `${mark} ${line}\n`))));
}

// difference is the shortest list of lines that were removed, added or kept.
export function difference(a, b) {
  const most = 1500; // above that the table would be too large
  if (a.length > most || b.length > most) return [...a.map((line) => ["-", line]), ...b.map((line) => ["+", line])];
  const longest = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i][j] = a[i] === b[j] ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
    }
  }
  const lines = [];
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { lines.push([" ", a[i++]]); j++; }
    else if (i < a.length && (j === b.length || longest[i + 1][j] >= longest[i][j + 1])) lines.push(["-", a[i++]]);
    else lines.push(["+", b[j++]]);
  }
  return lines;
}
