// How a call ended, in words, and a call in one line.
import { answerOf } from "./api.js";
import { brief, h, icon } from "./dom.js";
import { clock, has, t } from "./words.js";

export const short = (name) => name.replace(/^webrtc-/, "");

// nameOf says who called, also where no user did.
export const nameOf = (call) => brief(call.caller || call.via === "web" && answerOf(call).reply?.signInfo?.userID || "") || t(call.function === "webrtc-room-events" ? "by.trtc" : call.via === "web" ? "by.token" : "consoleTest");

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
    case "webrtc-sig-api": return t(reply?.privateMapKey ? "did.sig.room" : "did.sig", { who: brief(reply?.userID ?? ""), room });
  }
  return "";
}

export const marks = { ok: "check", refused: "cross", failed: "faults" };

// callLine is a call in one line, to choose it.
export function callLine(call, onclick, current) {
  const v = verdict(call);
  return h(`button.line.${v.kind}`, { type: "button", onclick, "aria-current": current ? "true" : undefined, "data-focus": call.id },
    h("span.mark", { title: v.title }, icon(marks[v.kind])),
    h("span.what", h("strong", short(call.function)), " ", h("span.by", nameOf(call))),
    h("time", clock(call.at)),
    h("span.why", v.why || v.said));
}
