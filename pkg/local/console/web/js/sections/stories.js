// Stories: calls whose every answer is checked. And the race.
import { ask, invoke, replyOf } from "../api.js";
import { announce, brief, busy, fill, h, icon } from "../dom.js";
import { kept } from "../kept.js";
import { addCall, live } from "../live.js";
import { short } from "../verdict.js";
import { has, inWords, t } from "../words.js";
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
  *call(room) {
    const [a, b] = [yield step("alice", "enter-room", { roomID: room }, (r) => r?.msg === "create"), yield step("bob", "enter-room", { roomID: room }, (r) => members(r) === 2)];
    const alice = yield { who: "alice", act: () => enterTRTC(a.signInfo, { stays: true }) };
    yield { who: "bob", act: () => enterTRTC(b.signInfo) };
    yield { who: "bob", act: () => givenUp(room, "bob") };
    yield { ...step("alice", "get-room-info", { roomID: room }, (r) => r?.data?.[0]?.members.join() === "alice"), until: true };
    const c = yield step("carol", "enter-room", { roomID: room }, (r) => members(r) === 2);
    yield { who: "carol", act: () => enterTRTC(c.signInfo) };
    alice?.close();
    return [[room, "alice"], [room, "carol"]];
  },
};

// enterTRTC enters the emulated TRTC as a client's SDK does. A client that stays shows
// that it lives until it is closed; another one is never heard of again.
async function enterTRTC({ sdkAppID, userID, userSig, privateMapKey, roomID }, { stays = false } = {}) {
  const { session } = await ask("POST", "/trtc/enter", { sdkAppId: Number(sdkAppID), userId: userID, userSig, privateMapKey, roomId: Number(roomID) });
  if (!stays) return true;
  const stream = new EventSource(`/trtc/events?session=${session}`);
  const beat = () => ask("POST", "/trtc/beat", { session });
  stream.addEventListener("beat", () => beat().catch(() => {}));
  // Before, it counts as somebody who vanishes; and other stories may keep all of the
  // browser's connections busy for a while.
  await new Promise((resolve, reject) => Object.assign(stream, { onopen: resolve, onerror: reject }));
  await beat();
  return { close() { stream.close(); ask("POST", "/trtc/leave", { session }).catch(() => {}); } };
}

// givenUp lets TRTC's time pass as soon as it has lost sight of somebody.
async function givenUp(room, who) {
  for (let tries = 0; tries < 150; tries++) {
    const { rooms } = await ask("GET", "/trtc/rooms");
    if (rooms.find((one) => one.room === room)?.members.find((one) => one.userId === who)?.vanished) {
      await ask("POST", "/api/trtc/pass");
      return true;
    }
    await pause(200);
  }
  return false;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const freshRoom = () => String(2_000_000_000 + crypto.getRandomValues(new Uint32Array(1))[0] % 900_000_000);

// play runs a story to its end, or to where the server is gone, and tells after each
// step.
async function play(name, tell) {
  const story = stories[name](freshRoom());
  let next = story.next(), ok = true;
  while (!next.done) {
    const { who, name: functionName = "webrtc-trtc", event, expect, source, act, until } = next.value;
    let call, answer, good;
    if (act) { // of TRTC, not of a function
      answer = await act().catch(() => null);
      good = Boolean(answer);
    }
    for (let tries = 0; !act && (!tries || until && !good && tries < 50); tries++) { // a report takes a moment
      if (tries) await pause(100);
      call = await invoke(functionName, event, who, source);
      answer = replyOf(call);
      good = Boolean(expect(answer));
    }
    if (call) addCall(call);
    ok &&= good;
    tell({ call, good, who, functionName });
    next = story.next(answer);
  }
  for (const [room, who] of next.value) {
    if (room) await invoke("webrtc-quit-room", { roomID: room }, who).catch(() => {});
  }
  return ok;
}

const played = kept(); // by name: the steps so far, and how it ended

// storyView shows a story, and returns what runs it.
function storyView(name) {
  const title = t(`story.${name}`, { people: live.state.seats + 1, seats: live.state.seats });
  const list = h("ol.steps"), badge = h("p.state");
  const draw = () => {
    const { steps = [], running, ended, error } = played.get(name) ?? {};
    fill(list, steps.map((step, i) => h(`li.${step.good ? "ok" : "failed"}`, { "data-ok": step.good },
      h("span.mark", icon(step.good ? "check" : "cross")), h("span", stepText(name, i + 1, step)),
      step.call && h("a", { href: `#history/${step.call.id}` }, t("look")))));
    badge.className = `state ${ended ?? ""}`;
    badge.textContent = running ? t("story.running") : error ? inWords(error) : ended ? t(`story.${ended}`) : "";
  };
  const button = h("button.quiet", { type: "button", "data-story": name, onclick: () => run() }, t("run"));
  const run = () => busy(button, async () => {
    if (played.get(name)?.running) return;
    let story = { steps: [], running: true };
    const become = (more) => { story = { ...story, ...more }; played.set(name, story); };
    become({});
    try {
      const ok = await play(name, (step) => become({ steps: [...story.steps, step] }));
      become({ running: false, ended: ok ? "ok" : "failed" });
    } catch (error) { // no answer
      become({ running: false, ended: "failed", error });
    }
    announce(`${title}: ${story.error ? inWords(story.error) : t(`story.${story.ended}`)}`);
  });
  const off = played.drawn(name, draw);
  return { run, off, view: h("li.panel.story", h("header", h("h2", title), button), h("p", t(`story.${name}.about`)), list, badge) };
}

// stepText is what a step does. A story about seats has other steps where there
// aren't four.
function stepText(story, n, { who, functionName }) {
  const key = `story.${story}.${n}`;
  return has(key) && (story !== "seats" || live.state.seats === 4) ? t(key) : `${brief(who) || t("nobody")} · ${short(functionName)}`;
}

export function section(chosen) {
  const all = Object.keys(stories).map(storyView), race = raceView();
  if (chosen === "race") setTimeout(race.run);
  const button = h("button.primary", { type: "button", id: "all-stories", onclick: () => busy(button, async () => {
    for (const { run } of all) await run();
  }) }, t("story.all"));
  return {
    view: h("section.view",
      h("header.title", h("h1", t("stories")), h("p", t("stories.about")), button),
      race.view,
      h("ul.stories", all.map(({ view }) => view))),
    off: () => [...all, race].forEach(({ off }) => off()),
  };
}
