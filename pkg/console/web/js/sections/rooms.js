// The rooms, live, with their seats.
import { invoke } from "../api.js";
import { announce, avatar, busy, fill, h, icon, keep } from "../dom.js";
import { plain } from "../json.js";
import { addCall, live, on } from "../live.js";
import { caller, nextFor, onCaller, peopleBar } from "../people.js";
import { callLine, verdict } from "../verdict.js";
import { ago, inWords, t } from "../words.js";
import { recordsView } from "./records.js";

const collection = "webrtcRooms";
const mostSeatsShown = 16;
const said = new Map(); // the last call about a room from here, by room id

// allRooms are the records as rooms, the newest first.
export function allRooms() {
  const { documents = [] } = live.collections[collection] ?? {};
  const ttl = live.state.memberSeconds * 1000;
  return documents.map((text) => {
    const record = plain(text);
    const time = (value) => (value instanceof Date ? value.getTime() : 0);
    const members = (Array.isArray(record.members) ? record.members : []).map((name, i) => {
      const seen = time(record.seen?.[i]) || time(record.createTime);
      return { name: String(name), expired: seen > 0 && Date.now() - seen > ttl };
    });
    return { id: String(record._id), name: String(record.roomName ?? ""), creator: String(record.creator ?? ""), members, created: time(record.createTime) };
  }).filter((room) => room.members.length > 0).reverse();
}

async function call(name, event, who, room) {
  try {
    const done = await invoke(name, event, who);
    addCall(done);
    said.set(room ?? "", done);
    announce(words(done).text);
  } catch (error) {
    said.set(room ?? "", error);
  }
}

// words are what to say about a call, or about an error that came instead, in
// the language of now.
function words(answer) {
  if (!answer) return undefined;
  if (answer instanceof Error) return { kind: "failed", text: inWords(answer) };
  const v = verdict(answer);
  return { kind: v.kind, text: v.kind === "ok" ? v.why : t("said", { who: answer.caller, title: v.title, why: v.why || v.said }) };
}

const enter = (room, who) => call("webrtc-enter-room", { roomID: room }, who, room);
const quit = (room, who) => call("webrtc-quit-room", { roomID: room }, who, room);

export function section() {
  const cards = h("ul.rooms", { "aria-label": t("rooms") });
  const empty = h("div");
  const feed = h("div.feed");
  const note = h("p.said", { role: "status" });
  const draw = () => {
    const rooms = allRooms();
    fill(empty, rooms.length ? null : emptyState(create));
    const things = rooms.map((room) => ({ ...room, next: nextFor(room.members.map((m) => m.name)), said: words(said.get(room.id)), seats: live.state.seats }));
    keep(cards, things, (room) => room.id, (room) => card(room, draw));
    const last = words(said.get(""));
    note.className = `said ${last?.kind ?? ""}`;
    note.textContent = last && last.kind !== "ok" ? last.text : ""; // a new room speaks for itself
  };
  const drawFeed = () => fill(feed, live.calls.length
    ? live.calls.slice(-9).reverse().map((one) => callLine(one, () => { location.hash = `history/${one.id}`; }))
    : h("p.empty", t("feed.empty")));

  const name = h("input", { id: "room-name", maxlength: 64, placeholder: t("newRoom.hint"), autocomplete: "off" });
  const create = async () => {
    await call("webrtc-create-room", name.value ? { roomName: name.value } : {}, caller() || "alice");
    name.value = "";
    draw();
  };
  const { bar, off } = peopleBar({ draggable: true });
  dropHome(bar, draw);
  const records = recordsView(collection);
  draw();
  drawFeed();
  const tick = setInterval(() => { for (const time of cards.querySelectorAll("time[data-at]")) time.textContent = ago(Number(time.dataset.at)); }, 20_000);
  const offs = [off, records.off, on("data", draw), on("state", draw), on("calls", drawFeed), onCaller(draw), () => clearInterval(tick)];
  return {
    view: h("section.view",
      h("header.title", h("h1", t("rooms")), h("p", t("rooms.about", { n: live.state.seats }))),
      h("div.panel.who", h("h2", t("youAre")), bar,
        h("form.new", { onsubmit: (event) => { event.preventDefault(); create(); } },
          h("label.unseen", { for: "room-name" }, t("newRoom.name")), name,
          h("button.primary", { type: "submit", "data-focus": "new-room" }, icon("plus"), t("newRoom"))),
        note),
      h("div.split", h("div", empty, cards), h("aside", { "aria-labelledby": "feed-title" }, h("h2", { id: "feed-title" }, t("feed")), feed)),
      records.view),
    off: () => offs.forEach((f) => f()),
  };
}

function emptyState(create) {
  return h("div.none",
    h("div.tiles", { "aria-hidden": "true" }, Array.from({ length: 4 }, () => h("span.tile.free", icon("plus")))),
    h("h2", t("rooms.none")), h("p", t("rooms.none.why")),
    h("button.primary.large", { type: "button", onclick: create }, t("newRoom.first")));
}

function card(room, draw) {
  const taken = room.members.filter((m) => !m.expired).length;
  const full = taken >= room.seats;
  const act = (button, work) => busy(button, work).then(draw); // a double click enters once
  const enterNext = (event) => act(event.currentTarget, () => enter(room.id, room.next));
  const people = room.members.map((m) => seat(room, m, (event) => act(event.currentTarget, () => quit(room.id, m.name))));
  const free = Array.from({ length: Math.max(0, Math.min(room.seats, mostSeatsShown) - room.members.length) }, (_, i) =>
    h("button.tile.free", {
      type: "button", onclick: enterNext, "data-focus": `free-${room.id}-${i}`,
      "aria-label": t("seat.free.label", { who: room.next }), title: t("seat.free.label", { who: room.next }),
    }, icon("plus"), h("span.name", t("seat.free"))));
  const label = `room-${room.id}`;
  const element = h(`li.card${full ? ".full" : ""}`, { "aria-labelledby": label },
    h("header",
      h("div.what", h("h3", { id: label, title: room.name }, room.name || t("room.unnamed")),
        h("p.meta", h("span.mono", room.id), h("span.by", { title: room.creator }, t("room.by", { who: room.creator })), h("time", { "data-at": room.created }, ago(room.created)))),
      h("span.count", { title: t("seats") }, full && `${t("full")} · `, h("b", taken), ` / ${room.seats}`)),
    h("div.tiles", { "data-many": room.seats > 4 ? "" : undefined }, people, free),
    room.seats > mostSeatsShown && h("p.hint", t("seat.more", { n: room.seats - Math.max(mostSeatsShown, room.members.length) })),
    h("button.primary.enter", { type: "button", onclick: enterNext, "data-focus": `enter-${room.id}` }, t("enterAs", { who: room.next })),
    h(`p.said.${room.said?.kind ?? "ok"}`, room.said?.text ?? t(full ? "seat.allTaken" : "seat.someFree", { n: room.seats - taken })));
  element.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("text/x-person")) { event.preventDefault(); element.classList.add("over"); }
  });
  element.addEventListener("dragleave", () => element.classList.remove("over"));
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    element.classList.remove("over");
    const who = event.dataTransfer.getData("text/x-person");
    if (who) enter(room.id, who).then(draw);
  });
  return element;
}

function seat(room, member, onclick) {
  const label = t("seat.leave", { who: member.name });
  return h(`button.tile.taken${member.expired ? ".expired" : ""}`, {
    type: "button", onclick, "aria-label": label, title: label, draggable: "true", "data-focus": `seat-${room.id}-${member.name}`, "data-member": member.name,
    ondragstart: (event) => event.dataTransfer.setData("text/x-member", JSON.stringify([room.id, member.name])),
  }, avatar(member.name), h("span.name", member.name),
    member.name === room.creator && h("span.crown", { title: t("creator") }, icon("crown")),
    h("span.leave", { "aria-hidden": "true" }, icon("leave")),
    member.expired && h("span.hint", t("seat.expired")));
}

// dropHome lets a member be dragged out of a room, back to the people.
function dropHome(bar, draw) {
  bar.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("text/x-member")) { event.preventDefault(); bar.classList.add("over"); }
  });
  bar.addEventListener("dragleave", () => bar.classList.remove("over"));
  bar.addEventListener("drop", (event) => {
    event.preventDefault();
    bar.classList.remove("over");
    const text = event.dataTransfer.getData("text/x-member");
    if (text) quit(...JSON.parse(text)).then(draw);
  });
}
