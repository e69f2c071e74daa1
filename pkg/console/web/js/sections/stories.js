// Stories: calls whose every answer is checked. And the race.
import { invoke, replyOf } from "../api.js";
import { announce, busy, h, icon } from "../dom.js";
import { addCall, live } from "../live.js";
import { short } from "../verdict.js";
import { t } from "../words.js";
import { raceView } from "./race.js";

const step = (who, name, event, expect, source) => ({ who, name: `webrtc-${name}`, event, expect, source });
const members = (reply) => reply?.roomInfo?.members?.length;
const reason = (wanted) => (reply) => reply?.reason === wanted;

// Each story gets a room that is nobody's, and returns its steps one by one: what
// a step does may depend on the answer before.
const stories = {
  *seats(room) {
    const guests = Array.from({ length: live.state.seats - 1 }, (_, i) => ["bob", "carol", "dave"][i] ?? `guest-${i + 1}`);
    yield step("alice", "enter-room", { roomID: room }, (r) => r?.msg === "create" && r.signInfo.privateMapKey !== "");
    for (const [i, who] of guests.entries()) yield step(who, "enter-room", { roomID: room }, (r) => r?.msg === "enter" && members(r) === i + 2);
    yield step("erin", "enter-room", { roomID: room }, reason("ROOM_FULL"));
    yield step("alice", "enter-room", { roomID: room }, (r) => r?.msg === "enter" && members(r) === live.state.seats);
    yield step("erin", "get-room-info", { roomID: room }, (r) => r?.data?.[0]?.members.length === live.state.seats && !r.data[0].members.includes("erin"));
    return ["alice", ...guests].map((who) => [room, who]);
  },
  *creators(room) {
    const first = yield step("alice", "create-room", { roomID: room, roomName: "Alice" }, (r) => r?.roomID === room && r.creator === "alice");
    const second = yield step("bob", "create-room", { roomID: room, roomName: "Bob" }, (r) => r?.creator === "bob" && r.roomID !== room);
    yield step("carol", "get-room-info", { roomID: room }, (r) => r?.data?.[0]?.creator === "alice");
    yield step("carol", "get-room-info", { roomID: second?.roomID }, (r) => r?.data?.[0]?.creator === "bob");
    return [[first?.roomID ?? room, "alice"], [second?.roomID, "bob"]];
  },
  *comeback(room) {
    yield step("alice", "enter-room", { roomID: room }, (r) => r?.msg === "create");
    yield step("bob", "enter-room", { roomID: room }, (r) => r?.msg === "enter" && members(r) === 2);
    yield step("bob", "quit-room", { roomID: room }, (r) => r?.res?.stats.updated === 1 && members(r) === 1);
    yield step("bob", "quit-room", { roomID: room }, (r) => r?.res?.stats.updated === 0);
    yield step("bob", "enter-room", { roomID: room }, (r) => r?.msg === "enter" && members(r) === 2);
    return [[room, "alice"], [room, "bob"]];
  },
  *last(room) {
    yield step("alice", "enter-room", { roomID: room }, (r) => r?.msg === "create");
    yield step("bob", "enter-room", { roomID: room }, (r) => members(r) === 2);
    yield step("alice", "quit-room", { roomID: room }, (r) => r?.roomInfo?.members.join() === "bob" && r.roomInfo.creator === "bob");
    yield step("bob", "quit-room", { roomID: room }, (r) => r?.res?.stats.removed === 1);
    yield step("bob", "get-room-info", { roomID: room }, (r) => r?.data?.length === 0);
    yield step("bob", "quit-room", { roomID: room }, reason("ROOM_NOT_FOUND"));
    return [];
  },
  *liar(room) {
    yield step("alice", "enter-room", { roomID: room }, (r) => r?.msg === "create");
    yield step("mallory", "enter-room", { roomID: room, userID: "alice" }, reason("USER_ID_MISMATCH"));
    yield step("mallory", "quit-room", { roomID: room, userID: "alice" }, reason("USER_ID_MISMATCH"));
    yield step("mallory", "sig-api", { roomID: room }, reason("NOT_A_MEMBER"));
    yield step("", "enter-room", { roomID: room, userID: "alice" }, reason("NO_IDENTITY"), "wx_client");
    yield step("alice", "get-room-info", { roomID: room }, (r) => r?.data?.[0]?.members.join() === "alice");
    return [[room, "alice"]];
  },
};

const freshRoom = () => String(2_000_000_000 + crypto.getRandomValues(new Uint32Array(1))[0] % 900_000_000);

// play runs a story to its end, and tells after each step.
async function play(name, tell) {
  const story = stories[name](freshRoom());
  let next = story.next(), ok = true, n = 0;
  while (!next.done) {
    n++;
    const { who, name: functionName, event, expect, source } = next.value;
    let reply = null, call = null, good = false;
    try {
      call = await invoke(functionName, event, who, source);
      addCall(call);
      reply = replyOf(call);
      good = Boolean(expect(reply));
    } catch { /* no answer: the step has failed */ }
    ok &&= good;
    tell({ n, call, good, who, functionName });
    next = story.next(reply);
  }
  for (const [room, who] of next.value) {
    if (room) await invoke("webrtc-quit-room", { roomID: room }, who).catch(() => {});
  }
  return ok;
}

export function section() {
  const runs = [];
  const panels = Object.keys(stories).map((name) => {
    const list = h("ol.steps");
    const badge = h("span.state", { role: "status" });
    const button = h("button.quiet", { type: "button", "data-story": name, onclick: () => run() }, t("run"));
    const run = () => busy(button, async () => {
      list.replaceChildren();
      badge.className = "state";
      badge.textContent = t("story.running");
      const ok = await play(name, ({ n, call, good, who, functionName }) => {
        list.append(h(`li.${good ? "ok" : "failed"}`, { "data-ok": good },
          h("span.mark", icon(good ? "check" : "cross")),
          h("span", t(`story.${name}.${n}`) === `story.${name}.${n}` || live.state.seats !== 4 && name === "seats" ? `${who || t("nobody")} · ${short(functionName)}` : t(`story.${name}.${n}`)),
          call ? h("a", { href: `#history/${call.id}` }, t("look")) : h("span.hint", t("offline"))));
      });
      badge.className = `state ${ok ? "ok" : "failed"}`;
      badge.textContent = t(ok ? "story.ok" : "story.failed");
      announce(`${t(`story.${name}`)}: ${badge.textContent}`);
    });
    runs.push(run);
    return h("li.panel.story", h("header", h("div", h("h2", t(`story.${name}`)), h("p", t(`story.${name}.about`))), badge, button), list);
  });
  const all = h("button.primary", { type: "button", id: "all-stories", onclick: () => busy(all, async () => {
    for (const run of runs) await run();
  }) }, t("story.all"));
  return {
    view: h("section.view",
      h("header.title", h("h1", t("stories")), h("p", t("stories.about")), all),
      raceView(),
      h("ul.stories", panels)),
    off: () => {},
  };
}
