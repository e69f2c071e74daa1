// What became of a call, for people.
import { answerOf } from "./api.js";
import { copyButtons } from "./copy.js";
import { avatar, fill, h, icon } from "./dom.js";
import { jsonLine, jsonView, pretty } from "./json.js";
import { live, on, wireOf } from "./live.js";
import { wireList } from "./wire.js";
import { clock, duration, has, t } from "./words.js";

export const short = (name) => name.replace(/^webrtc-/, "");

// nameOf says who called, also where no user did.
export const nameOf = (call) => call.caller || t(call.function === "webrtc-room-events" ? "by.trtc" : call.via === "web" ? "by.token" : "consoleTest");

// verdict says how a call ended: "ok", "refused" or "failed", and in which words.
export function verdict(call) {
  if (call.error) {
    const key = `status.${call.error.statusCode}`;
    return { kind: "failed", title: t("verdict.failed", { code: call.error.statusCode }), why: has(key) ? t(key) : "", said: call.error.errorMessage };
  }
  const { status, reply } = answerOf(call);
  const key = `reason.${reply?.reason}`, why = has(key) ? t(key) : "";
  if (status >= 400) {
    return { kind: status >= 500 ? "failed" : "refused", title: t("verdict.http", { code: status }), why, said: reply?.msg ?? "" };
  }
  if (reply?.reason && reply.code) {
    return { kind: "refused", title: t("verdict.refused", { code: JSON.stringify(reply.code), reason: reply.reason }), why, said: reply.msg };
  }
  return { kind: "ok", title: t("verdict.ok"), why: success(call, reply, nameOf(call)), said: "" };
}

function success(call, reply, who) {
  const room = reply?.roomInfo?.roomID ?? reply?.roomID;
  switch (call.function) {
    case "webrtc-create-room": return t("did.create", { who, room });
    case "webrtc-enter-room": return t(reply?.msg === "create" ? "did.enter.create" : "did.enter", { who, room });
    case "webrtc-quit-room":
      if (reply?.res?.stats?.removed) return t("did.quit.removed", { who, room });
      return t(reply?.res?.stats?.updated ? "did.quit" : "did.quit.none", { who, room });
    case "webrtc-get-room-info": return t(reply?.data?.length ? "did.info" : "did.info.none", { room });
    case "webrtc-get-room-list": return t("did.list", { n: reply?.data?.length ?? 0 });
    case "webrtc-room-events": return t("did.report");
    case "webrtc-sig-api": return t(reply?.privateMapKey ? "did.sig.room" : "did.sig", { who: reply?.userID, room });
  }
  return "";
}

const icons = { ok: "check", refused: "cross", failed: "faults" };

export function verdictView(call) {
  const v = verdict(call);
  return h(`div.verdict.${v.kind}`,
    h("span.mark", icon(icons[v.kind])),
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

// callView is all about a call. It returns the element, and what ends its
// updates.
export function callView(call, { actions = [] } = {}) {
  const wire = h("section");
  const draw = () => fill(wire, h("h3", t("wire.ofCall")), wireList(wireOf(call.id), { empty: t("wire.none") }));
  draw();
  const view = h("article.call", { "data-call": call.id },
    h("header",
      call.caller ? avatar(call.caller) : h("span.avatar.nobody", { "aria-hidden": "true" }, "–"),
      h("div.what", h("strong", call.function), h("small", `${nameOf(call)} · ${clock(call.at)} · ${t(`via.${call.via}`)}`)),
      actions),
    verdictView(call),
    facts(call),
    h("section", h("h3", t(call.error ? "reply.error" : "reply")), jsonView(call.error ? JSON.stringify(call.error) : call.reply),
      call.shortened && h("p.hint", t("reply.shortened"))),
    h("details", h("summary", t("event")), call.via === "web" ? h("p.hint", t("event.hidden")) : h("pre.json", { tabindex: 0 }, pretty(call.event))),
    h("section", h("h3", t("log")), logView(call.log)),
    wire,
    call.via !== "web" && h("section", h("h3", t("copyAs")), copyButtons(call)));
  return { view, off: on("wire", draw) };
}

function logView(lines) {
  if (!lines?.length) return h("p.hint", t("log.none"));
  return h("ol.log", { tabindex: 0, "aria-label": t("log") }, lines.map((line) => h("li", jsonLine(line))));
}

// callLine is a call in one line, to choose it.
export function callLine(call, onclick, current) {
  const v = verdict(call);
  return h(`button.line.${v.kind}`, { type: "button", onclick, "aria-current": current ? "true" : undefined, "data-focus": call.id },
    h("span.mark", { title: v.title }, icon(icons[v.kind])),
    h("span.what", h("strong", short(call.function)), " ", h("span.by", nameOf(call))),
    h("time", clock(call.at)),
    h("span.why", v.why || v.said));
}
