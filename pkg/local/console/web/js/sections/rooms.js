// The rooms, live, with their seats.
import { invoke } from "../api.js";
import { announce, avatar, brief, busy, fill, h, icon, keep } from "../dom.js";
import { plain } from "../json.js";
import { addCall, live, on } from "../live.js";
import { caller, nextFor, onCaller, peopleBar } from "../people.js";
import { callLine, nameOf, verdict } from "../verdict.js";
import { ago, inWords, t } from "../words.js";
import { recordsView } from "./records.js";

const collection = "webrtcRooms";
const mostSeatsShown = 16;
const said = new Map(); // by room id: the last call about it from here, and who was in if it changed nothing

let nameDraft = ""; // of a new room, kept when the section is left

// allRooms are the records as calls show them, the newest first: without the seats
// that have expired, and without rooms where no other is left.
export function allRooms() {
  const { documents = [] } = live.collections[collection] ?? {};
  const ttl = live.state.memberSeconds * 1000;
  const time = (value) => (value instanceof Date ? value.getTime() : 0);
  return documents.filter(isRoom).map((text) => {
    const record = plain(text), created = time(record.createTime);
    const members = record.members.filter((_, i) => {
      const seen = time(record.seen?.[i]) || created;
      return !seen || Date.now() - seen < ttl;
    });
    return {
      id: record._id, name: (record.roomName ?? "").trim(), members, created,
      creator: members.includes(record.creator) ? record.creator : members[0], // who has been in it longest gets the room
    };
  }).filter((room) => room.members.length > 0).reverse();
}

// isRoom tells what can be drawn from what somebody wrote by hand.
const isRoom = ({ _id, roomName, members }) =>
  typeof _id === "string" && typeof (roomName ?? "") === "string" && Array.isArray(members) && members.every((name) => typeof name === "string");

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
    const things = rooms.map((room) => ({ ...room, next: nextFor(room.members), said: lastSaid(room.id, rooms), seats: live.state.seats }));
    keep(cards, things, (room) => room.id, (room) => card(room, draw));
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
      h("div.split", h("div", odd, empty, cards), h("aside", { "aria-labelledby": "feed-title" }, h("h2", { id: "feed-title" }, t("feed")), feed)),
      records.view),
    off: () => offs.forEach((f) => f()),
  };
}

function emptyState(create) {
  return h("div.none",
    h("div.tiles", { "aria-hidden": "true" }, Array.from({ length: 4 }, () => h("span.tile.free"))),
    h("h2", t("rooms.none")), h("p", t("rooms.none.why")),
    h("button.primary.large", { type: "button", onclick: create }, t("newRoom.first")));
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
      "aria-label": t("seat.free.label", { who: room.next }), title: t("seat.free.label", { who: room.next }),
    }, icon("plus"), h("span.name", t("seat.free")), h("small.name", t("seat.for", { who: brief(room.next) }))));
  const label = `room-${room.id}`, by = t("room.by", { who: brief(room.creator) });
  const element = h(`li.card${full ? ".full" : ""}`, { "aria-labelledby": label },
    h("header",
      h("div.what", h("h3", { id: label, title: room.name }, room.name || t("room.unnamed", { id: room.id })),
        h("p.meta", h("span.mono", room.id), h("span.by", { title: room.creator }, by), room.created > 0 && h("time", { "data-at": room.created }, ago(room.created)))),
      h("span.count", { title: t("seats") }, full && `${t("full")} · `, h("b", room.members.length), ` / ${room.seats}`)),
    h("div.tiles", { "data-many": room.seats > 4 ? "" : undefined }, people, seats),
    free > seats.length && h("p.hint", t("seat.more", { n: free - seats.length })),
    h("button.primary.enter", { type: "button", onclick: enterNext, "data-focus": `enter-${room.id}` }, h("span.name", t("enterAs", { who: brief(room.next) }))),
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
  const label = t("seat.leave", { who: name });
  return h("button.tile.taken", {
    type: "button", onclick, "aria-label": label, title: label, draggable: "true", "data-focus": `seat-${room.id}-${name}`, "data-member": name,
    ondragstart: (event) => event.dataTransfer.setData(member, JSON.stringify([room.id, name])),
  }, avatar(name), h("span.name", brief(name)),
    name === room.creator && h("span.crown", { title: t("creator") }, icon("crown")),
    h("span.leave", { "aria-hidden": "true" }, icon("leave")));
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
