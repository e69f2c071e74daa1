// All about a call: how it ended, what it said, and what it asked the database.
import { copyButtons } from "./copy.js";
import { avatar, fill, h, icon } from "./dom.js";
import { jsonLine, jsonView, pretty } from "./json.js";
import { on, wireOf } from "./live.js";
import { marks, nameOf, verdict } from "./verdict.js";
import { wireList } from "./wirelist.js";
import { clock, duration, inWords, t } from "./words.js";

function verdictView(call) {
  const v = verdict(call);
  return h(`div.verdict.${v.kind}`,
    h("span.mark", icon(marks[v.kind])),
    h("div", h("strong", v.title), v.why && h("p", v.why), v.said && v.kind !== "ok" && h("p.said", { lang: /[\u4e00-\u9fff]/.test(v.said) ? "zh-CN" : undefined }, v.said)));
}

function facts(call) {
  const fact = (name, value, title) => h("div", { title }, h("dt", t(name)), h("dd", value));
  return h("dl.facts",
    fact("fact.duration", duration(call.ms)),
    fact("fact.start", call.cold ? t("cold", { ms: duration(call.startMs) }) : t("warm"), t("cold.why")),
    fact("fact.requests", call.requests, t("fact.requests.why")),
    fact("fact.instance", `#${call.instance}`),
    h("div.wide", h("dt", t("fact.id")), h("dd.mono", call.id)));
}

// whole reports whether the event is known as it was sent. One with a bearer token
// is not kept, and one that is too long not all of it.
export const whole = (call) => call.via !== "web" && !call.eventShortened;

// callView is all about a call. It returns the element, and what ends its
// updates.
export function callView(call, { actions = [] } = {}) {
  const wire = wireList({ empty: t("wire.none") });
  const draw = () => wire.draw(wireOf(call.id));
  draw();
  const view = h("article.call", { "data-call": call.id },
    h("header",
      call.caller ? avatar(call.caller) : h("span.avatar.nobody", { "aria-hidden": "true" }, "–"),
      h("div.what", h("h2", call.function), h("small", `${nameOf(call)} · ${clock(call.at)} · ${t(`via.${call.via}`)}`)),
      actions),
    verdictView(call),
    facts(call),
    h("section", h("h3", t(call.error ? "reply.error" : "reply")), jsonView(call.error ? JSON.stringify(call.error) : call.reply),
      call.shortened && h("p.hint", t("reply.shortened"))),
    h("details", h("summary", t("event")), call.via === "web" ? h("p.hint", t("event.hidden")) : h("pre.json", { tabindex: 0 }, pretty(call.event)),
      call.eventShortened && h("p.hint", t("event.shortened"))),
    h("section", h("h3", t("log")), logView(call.log)),
    h("section", h("h3", t("wire.ofCall")), wire.view),
    whole(call) && h("section", h("h3", t("copyAs")), copyButtons(call)));
  return { view, off: on("wire", draw) };
}

// resultView shows what has come of the call that is kept under a key: the call, or the
// error that came instead, and as long as there is neither, none.
export function resultView(results, key, none) {
  const view = h("div.result", { role: "group", "aria-label": t("reply") });
  let off = () => {};
  const offResults = results.drawn(key, () => {
    off();
    off = () => {};
    view.removeAttribute("aria-busy");
    const call = results.get(key);
    if (!call) {
      fill(view, none);
    } else if (call instanceof Error) {
      fill(view, h("div.verdict.failed", h("div", h("strong", t("run.failed")), h("p", inWords(call)))));
    } else {
      const shown = callView(call);
      off = shown.off;
      fill(view, shown.view);
    }
  });
  return { view, off: () => { offResults(); off(); } };
}

function logView(lines) {
  if (!lines?.length) return h("p.hint", t("log.none"));
  return h("ol.log", { tabindex: 0, "aria-label": t("log") }, lines.map((line) => h("li", jsonLine(line))));
}
