// What a userSig or a privateMapKey says, and whether the service would take it.
import { ask, replyOf } from "../api.js";
import { fill, h, icon } from "../dom.js";
import { live, on } from "../live.js";
import { nameOf, short } from "../verdict.js";
import { clock, inWords, language, locale, t } from "../words.js";

let draft = "", draftUser = "", draftRoom = ""; // what is in the boxes, kept when the section is left

// tokensIn finds the signatures of a call's reply: one for the user, and one for the
// room, which a new room's record has as well.
function tokensIn(call) {
  const reply = replyOf(call), info = reply?.signInfo ?? reply;
  const room = info?.roomID ?? reply?.roomInfo?.roomID ?? "";
  return [
    { kind: "userSig", token: info?.userSig, call, room: "" },
    { kind: "privateMapKey", token: info?.privateMapKey ?? reply?.roomInfo?.privateMapKey, call, room },
  ].filter(({ token }) => typeof token === "string" && token);
}

export function section(chosen) {
  draft = chosen || draft;
  const box = h("textarea.mono", { id: "token", rows: 7, spellcheck: "false", autocomplete: "off", placeholder: "eJyrVgrx…", value: draft });
  const user = h("input", { id: "token-user", autocomplete: "off", spellcheck: "false", value: draftUser });
  const room = h("input", { id: "token-room", autocomplete: "off", spellcheck: "false", value: draftRoom });
  const out = h("div.result", { "aria-live": "polite" });
  const recent = h("ul.lines");
  let timer, ticking, latest = 0;

  const look = async () => {
    draft = box.value;
    draftUser = user.value;
    draftRoom = room.value;
    if (draft !== chosen) history.replaceState(null, "", "#tokens"); // the address no longer says it
    const mine = ++latest;
    clearInterval(ticking);
    if (!draft.trim()) {
      fill(out, h("div.none", h("p", t("token.none"))));
      return;
    }
    try {
      const found = await ask("POST", "/api/tokens", { token: draft, userID: user.value, room: room.value });
      if (mine !== latest) return; // something else was typed meanwhile
      const { view, tick } = show(found);
      fill(out, view);
      tick();
      ticking = setInterval(() => { if (tick() === -1) look(); }, 1000); // then it is valid no longer
    } catch (error) {
      if (mine !== latest) return;
      fill(out, h("p.said.failed", inWords(error)));
    }
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(look, 150); };
  for (const input of [box, user, room]) input.addEventListener("input", soon);
  const drawRecent = () => {
    const seen = live.calls.slice(-20).reverse().flatMap(tokensIn).slice(0, 6);
    fill(recent, seen.length ? seen.map(({ kind, token, call, room }) => h("li", h("button.line.one", { type: "button", "data-token": kind, onclick: () => { box.value = token; look(); } },
      h("span.what", h("strong", kind), " ", h("span.by", [nameOf(call), room, short(call.function)].filter(Boolean).join(" · "))), h("time", clock(call.at))))) : h("li.hint", t("token.noRecent")));
  };
  drawRecent();
  look();
  const off = on("calls", drawRecent);
  return {
    view: h("section.view",
      h("header.title", h("h1", t("tokens")), h("p", t("tokens.about"))),
      h("div.halves",
        h("div.panel", h("label", { for: "token" }, h("h2", t("token"))), box,
          h("h3", t("token.recent")), recent,
          h("div.fields", h("div.field", h("label", { for: "token-user" }, t("token.user")), user, h("small", t("token.user.why"))),
            h("div.field", h("label", { for: "token-room" }, t("token.room")), room, h("small", t("token.room.why"))))),
        h("div.panel", out))),
    off: () => { off(); clearTimeout(timer); clearInterval(ticking); latest++; },
  };
}

function show(found) {
  const d = found.document;
  const left = h("span", { role: "timer" }), countdown = h(`dd.countdown${found.valid ? "" : ".idle"}`, left); // what is invalid isn't in time either
  const verdict = h(`div.verdict.${found.valid ? "ok" : "failed"}`, h("span.mark", icon(found.valid ? "check" : "cross")),
    h("div", h("strong", t(found.valid ? "token.valid" : "token.invalid")), h("p", inLocalTime(language === "zh" ? found.chinese : found.english))));
  if (!d) return { view: verdict, tick: () => {} };
  const end = Math.min(d.expires, d.room?.expires ?? Infinity);
  const tick = () => {
    const seconds = end - Math.floor(Date.now() / 1000);
    left.textContent = seconds >= 0 ? span(seconds) : t("token.ended");
    countdown.classList.toggle("over", seconds < 0);
    return seconds;
  };
  const row = (name, value) => [h("dt", t(`token.${name}`)), value instanceof Node ? value : h("dd", value)];
  const time = (seconds) => localTime(seconds * 1000);
  return {
    tick,
    view: [verdict, h("dl.document",
      row("kind", d.kind), row("userId", h("dd.mono", d.userId)), row("sdkAppId", h("dd.mono", d.sdkAppId)),
      row("signature", d.signature), d.accountType && row("accountType", d.accountType),
      d.room && row("inRoom", h("dd.mono", d.room.room)),
      d.room && row("privileges", h("dd", h("ul.tags", d.room.privileges.map((one) => h("li", one))))),
      row("issued", time(d.issued)), row("expires", time(end)), row("left", countdown),
      row("key", t(`token.key.${found.signature}`)))],
  };
}

const localTime = (at) => new Date(at).toLocaleString(locale(), { dateStyle: "medium", timeStyle: "medium" });

// inLocalTime is a text with its times as the clock here shows them.
const inLocalTime = (text) => text.replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, localTime);

// span is a time that remains, as 1:59:03.
function span(seconds) {
  const two = (n) => String(n).padStart(2, "0");
  const days = Math.floor(seconds / 86400), rest = seconds % 86400;
  return `${days ? t("days", { n: days }) + " " : ""}${Math.floor(rest / 3600)}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
}
