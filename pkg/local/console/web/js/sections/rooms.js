// The rooms, live, with their seats.
import { ask, invoke } from "../api.js";
import { announce, avatar, brief, busy, fill, h, icon, keep } from "../dom.js";
import { plain } from "../json.js";
import { addCall, live, on } from "../live.js";
import { caller, nextFor, onCaller, peopleBar } from "../people.js";
import { callLine, nameOf, verdict } from "../verdict.js";
import { endOthers, picture, watch, watching } from "../watch.js";
import { ago, inWords, t } from "../words.js";
import { recordsView } from "./records.js";

const collection = "webrtcRooms";
const mostSeatsShown = 16;
const said = new Map(); // by room id: the last call about it from here, and who was in if it changed nothing

const mostCards = 12; // more rooms are a list, with a search

let nameDraft = ""; // of a new room, kept when the section is left
let searched = "", unfolded = ""; // among many rooms: what was searched, and the id of the one that is shown whole

// allRooms are the records as calls show them, the newest first: without the seats
// that have expired, and without rooms where no other is left.
export function allRooms() {
  const { documents = [] } = live.collections[collection] ?? {};
  const time = (value) => (value instanceof Date ? value.getTime() : 0);
  return documents.filter(isRoom).map((text) => {
    const record = plain(text), created = time(record.createTime);
    const members = record.members.filter((name) => {
      const seat = (record.seats ?? []).find((one) => one.user === name) ?? record; // a seat made by hand ends with the record
      return !time(seat.until) || Date.now() < time(seat.until);
    });
    return {
      invitation: record.invitation, id: record._id, name: (record.roomName ?? "").trim(), members, created,
      creator: members.includes(record.creator) ? record.creator : members[0], // who has been in it longest gets the room
    };
  }).filter((room) => room.members.length > 0).reverse();
}

// isRoom tells what can be drawn from what somebody wrote by hand.
const isRoom = ({ _id, roomName, members, seats }) =>
  typeof _id === "string" && typeof (roomName ?? "") === "string" && Array.isArray(members) && members.every((name) => typeof name === "string") &&
  Array.isArray(seats ?? []) && !seats?.includes(null);

// call calls a function, and reports whether it did what was asked.
async function call(name, event, who, room = "") {
  let answer, ok = false;
  try {
    answer = await invoke(name, event, who);
    addCall(answer);
    announce(words(answer).text);
    ok = verdict(answer).kind === "ok";
  } catch (error) {
    answer = error;
  }
  said.set(room, { answer, members: ok ? null : membersOf(room, allRooms()) });
  return ok;
}

const membersOf = (id, rooms) => rooms.find((room) => room.id === id)?.members.join();

// lastSaid is what to say of a room: the last call, unless it was refused and others
// have come or gone since.
function lastSaid(id, rooms) {
  const { answer, members } = said.get(id) ?? {};
  if (answer && members !== null && members !== membersOf(id, rooms)) said.delete(id);
  return words(said.get(id)?.answer);
}

// words are what to say about a call, or about an error that came instead, in
// the language of now.
function words(answer) {
  if (!answer) return undefined;
  if (answer instanceof Error) return { kind: "failed", text: inWords(answer) };
  const v = verdict(answer);
  const why = v.kind === "failed" ? [v.why, v.said].filter(Boolean).join(" ") : v.why || v.said;
  return { kind: v.kind, text: v.kind === "ok" ? v.why : t("said", { who: nameOf(answer), title: v.title, why }) };
}

// inCall are the people of a room who are in its call, by name. TRTC knows room 9527 and
// a room that is called "9527"; the functions' is the first.
function inCall(id) {
  const { members = [] } = live.trtc.rooms.find((one) => one.room === id && !one.named) ?? {};
  return Object.fromEntries(members.map(({ userId, audio, video, screen, vanished, freeAt }) => [userId, { audio, video, screen, vanished, freeAt }]));
}

// callLink opens the call as somebody, in a tab of its own.
const callLink = (who, { id, invitation } = {}) =>
  `/call?${new URLSearchParams({ ...(id && { room: id }), user: who, ...(invitation && { invitation }) })}`;

// isShown tells whether somebody's seat has a picture: their camera is on, and the room is
// watched.
const isShown = ({ watched, calling }, name) => watched > 0 && calling[name]?.video && !calling[name].vanished;

const enter = (room, who) => call("webrtc-enter-room", { roomID: room }, who, room);
const quit = (room, who) => call("webrtc-quit-room", { roomID: room }, who, room);

export function section() {
  const cards = h("ul.rooms", { "aria-label": t("rooms") });
  const feed = h("div.feed");
  const note = h("p.said", { role: "status" });
  const odd = h("p.said.failed.strange", { role: "status" });
  const draw = () => {
    const rooms = allRooms();
    empty.hidden = rooms.length > 0;
    const strange = (live.collections[collection]?.documents ?? []).filter((record) => !isRoom(record)).length;
    odd.hidden = strange === 0;
    odd.textContent = t("rooms.strange", { n: strange });
    const things = rooms.filter(matches).map((room) => {
      const calling = inCall(room.id);
      return {
        ...room, calling, next: nextFor(room.members), caller: nextFor(Object.keys(calling)), you: caller(), said: lastSaid(room.id, rooms),
        seats: live.state.seats, small: rooms.length > mostCards && room.id !== unfolded, watched: watching(room.id),
      };
    });
    endOthers(things.filter((room) => !room.small).flatMap((room) => room.members.filter((name) => isShown(room, name)).map((name) => [room.id, name])));
    search.hidden = rooms.length <= mostCards;
    cards.classList.toggle("many", rooms.length > mostCards);
    keep(cards, things, (room) => room.id, (room) => (room.small ? row(room, draw) : card(room, draw)));
    none.hidden = things.length > 0 || rooms.length === 0;
    const last = lastSaid("", rooms);
    note.className = `said ${last?.kind ?? ""}`;
    note.textContent = last && last.kind !== "ok" ? last.text : ""; // a new room speaks for itself
  };
  const drawFeed = () => fill(feed, live.calls.length
    ? live.calls.slice(-9).reverse().map((one) => callLine(one, () => { location.hash = `history/${one.id}`; }))
    : h("p.empty", t("feed.empty")));

  const name = h("input", { id: "room-name", maxlength: 64, placeholder: t("newRoom.hint"), autocomplete: "off", value: nameDraft, oninput: () => { nameDraft = name.value; } });
  const create = () => busy(button, async () => {
    if (await call("webrtc-create-room", name.value.trim() ? { roomName: name.value.trim() } : {}, caller() || "alice")) name.value = nameDraft = "";
    draw();
  });
  const button = h("button.primary", { type: "submit", "data-focus": "new-room" }, icon("plus"), t("newRoom"));
  const empty = emptyState(create);
  const search = h("input.search", { type: "search", "aria-label": t("rooms.search"), placeholder: t("rooms.search"), value: searched, oninput: () => { searched = search.value; draw(); } });
  const none = h("p.empty", t("rooms.noneMatch"));
  const matches = ({ id, name, members }) => [id, name, ...members].some((text) => text.toLowerCase().includes(searched.trim().toLowerCase()));
  const forgetSaid = () => { // it was about another server, or about none
    said.clear();
    draw();
  };
  const { bar, off } = peopleBar({ draggable: true });
  dropOn(bar, { [member]: (text) => quit(...JSON.parse(text)).then(draw) }); // home
  const records = recordsView(collection);
  draw();
  drawFeed();
  const tick = setInterval(() => { // seats expire without anybody's doing
    draw();
    for (const time of cards.querySelectorAll("time[data-at]")) time.textContent = ago(Number(time.dataset.at));
    for (const time of cards.querySelectorAll("time[data-free]")) time.textContent = untilFree(Number(time.dataset.free));
  }, 1000);
  const offs = [off, records.off, on("data", draw), on("state", forgetSaid), on("online", () => live.online && forgetSaid()), on("calls", drawFeed), onCaller(draw), () => clearInterval(tick)];
  return {
    view: h("section.view",
      h("header.title", h("h1", t("rooms")), h("p", t("rooms.about"))),
      h("div.panel.who", h("h2", t("youAre")), bar,
        h("form.new", { onsubmit: (event) => { event.preventDefault(); create(); } },
          h("label.unseen", { for: "room-name" }, t("newRoom.name")), name,
          button),
        note),
      h("div.split", h("div", odd, empty, search, none, cards), h("aside", { "aria-labelledby": "feed-title" }, h("h2", { id: "feed-title" }, t("feed")), feed)),
      records.view),
    off: () => {
      offs.forEach((f) => f());
      endOthers([]);
    },
  };
}

function emptyState(create) {
  return h("div.none",
    h("div.tiles", { "aria-hidden": "true" }, Array.from({ length: 4 }, () => h("span.tile.free"))),
    h("h2", t("rooms.none")), h("p", t("rooms.none.why")),
    h("a.button.primary.large", { href: "#stories/race", id: "first-race" }, t("race.first", { seats: live.state.seats })),
    h("div.row", h("a.button", { href: callLink(caller() || "alice"), target: "_blank" }, icon("camera"), t("call.first")),
      h("button", { type: "button", onclick: create }, t("newRoom.first"))));
}

// row is one of many rooms, in a line that shows it whole.
function row(room, draw) {
  const connected = Object.keys(room.calling).length;
  return h("li.row", h("button.line.one", {
    type: "button", "aria-expanded": false, "data-focus": `enter-${room.id}`, onclick: () => { unfolded = room.id; draw(); },
  }, h("span.what", h("strong", room.name || t("room.unnamed", { id: room.id })), " ", h("span.by", [room.id, room.members.map(brief).join(", ")].join(" · "))),
    connected > 0 && h("span.badge", t("call.connected", { n: connected })),
    h("span.count", h("b", room.members.length), ` / ${room.seats}`)));
}

function card(room, draw) {
  const full = room.members.length >= room.seats, free = Math.max(0, room.seats - room.members.length);
  const act = (button, work) => busy(button, work).then(draw);
  const enterNext = (event) => act(event.currentTarget, () => enter(room.id, room.next));
  const people = room.members.map((name) => seat(room, name, (event) => {
    if (event.detail > 1) return; // a double click on a free seat takes it, and doesn't leave it
    act(event.currentTarget, () => quit(room.id, name));
  }));
  const seats = Array.from({ length: Math.min(free, Math.max(0, mostSeatsShown - people.length)) }, (_, i) =>
    h("button.tile.free", {
      type: "button", onclick: enterNext, "data-focus": `free-${room.id}-${i}`,
      title: t("seat.free.label", { who: room.next }),
    }, icon("plus"), h("span.name", t("seat.free")), h("small.name", t("seat.for", { who: brief(room.next) }))));
  const label = `room-${room.id}`, by = t("room.by", { who: brief(room.creator) });
  const element = h(`li.card${full ? ".full" : ""}`, { "aria-labelledby": label },
    h("header",
      h("div.what", h("h3", { id: label, title: room.name }, room.name || t("room.unnamed", { id: room.id })),
        h("p.meta", h("span.mono", room.id), h("span.by", { title: room.creator }, by), room.invitation && h("span.badge", t("room.private")), room.created > 0 && h("time", { "data-at": room.created }, ago(room.created)))),
      h("span.count", { title: t("seats") }, full && `${t("full")} · `, h("b", room.members.length), ` / ${room.seats}`)),
    h("div.tiles", { "data-many": room.seats > 4 ? "" : undefined }, people, seats),
    free > seats.length && h("p.hint", t("seat.more", { n: free - seats.length })),
    h("div.actions",
      h("button.primary.enter", { type: "button", onclick: enterNext, "data-focus": `enter-${room.id}` }, h("span.name", t(room.next === room.you ? "enterAs" : "enterAs.next", { who: brief(room.next) }))),
      h("a.button.enter", { href: callLink(room.caller, room), target: "_blank", "data-call-as": room.caller, "data-focus": `call-${room.id}` }, icon("camera"), h("span.name", t("callIn", { who: brief(room.caller) })))),
    Object.keys(room.calling).length > 0 && h("button.quiet", {
      type: "button", "data-focus": `watch-${room.id}`, title: t("watch.only"), onclick: () => { watch(room.id, !room.watched); draw(); },
    }, icon("camera"), t(room.watched ? "watch.end" : "watch")),
    callState(room),
    h(`p.said.${room.said?.kind ?? "ok"}`, room.said?.text ?? t(full ? "seat.allTaken" : "seat.someFree", { n: free })));
  dropOn(element, {
    [person]: (who) => enter(room.id, who).then(draw),
    [member]: async (text) => {
      const [from, who] = JSON.parse(text);
      if (from === room.id) return;
      if (await enter(room.id, who)) await quit(from, who); // and stays where they are if there is no seat
      draw();
    },
  });
  return element;
}

function seat(room, name, onclick) {
  const label = t("seat.leave", { who: name }), calling = room.calling[name];
  return h("button.tile.taken", {
    type: "button", onclick, title: label, draggable: "true", "data-focus": `seat-${room.id}-${name}`, "data-member": name,
    ondragstart: (event) => event.dataTransfer.setData(member, JSON.stringify([room.id, name])),
  }, isShown(room, name) && picture(room.id, name), avatar(name), h("span.name", brief(name)), calling && h(`small.live${calling.vanished ? ".gone" : ""}`, media(calling)), h("span.unseen", t("seat.leaves")),
    name === room.creator && h("span.crown", { title: t("creator") }, icon("crown")),
    h("span.leave", { "aria-hidden": "true" }, icon("leave")));
}

// media shows what somebody in the call has on, or when they are given up.
function media({ audio, video, screen, vanished, freeAt }) {
  if (vanished) return [t("call.vanished"), " ", h("time", { "data-free": freeAt }, untilFree(freeAt))];
  const on = [video && "camera", audio && "mic"].filter(Boolean);
  return [on.map(icon), h("span.unseen", [...on.map((what) => t(`call.${what}`)), screen && t("call.screen")].filter(Boolean).join(", ") || t("call.silent")), !on.length && t("call.silent")];
}

function untilFree(at) {
  const seconds = Math.max(0, Math.round((at - Date.now()) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

// callState says what the seats don't: who is in the call without one, and that TRTC
// waits for somebody.
function callState({ calling, members }) {
  const strangers = Object.keys(calling).filter((name) => !members.includes(name));
  const vanished = Object.values(calling).some((one) => one.vanished);
  return [
    strangers.length > 0 && h("p.said.refused", t("call.strangers", { who: strangers.map(brief).join(", ") })),
    vanished && h("button.quiet", { type: "button", "data-focus": "pass", onclick: (event) => busy(event.currentTarget, () => ask("POST", "/api/trtc/pass").catch(() => {})) }, t("call.pass")),
  ];
}

// What is dragged: somebody of the people, or somebody in a room.
const person = "text/x-person", member = "text/x-member";

// dropOn lets things be dropped on an element, each kind with what it then does.
function dropOn(element, drops) {
  const kindOf = (event) => Object.keys(drops).find((kind) => event.dataTransfer.types.includes(kind));
  element.addEventListener("dragover", (event) => {
    if (kindOf(event)) { event.preventDefault(); element.classList.add("over"); }
  });
  element.addEventListener("dragleave", () => element.classList.remove("over"));
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    element.classList.remove("over");
    const kind = kindOf(event);
    if (kind) drops[kind](event.dataTransfer.getData(kind));
  });
}
