// The call: from a link to a room, with everything that can go wrong on the way said
// in words. The functions decide who may be in the room and sign them in; TRTC, or
// what stands for it on a laptop, carries pictures and sound.
import TRTC from "/call/sdk.js";
import { backend } from "./backend.js";
import { changed, watched } from "./watched.js";
import { has, language, setLanguage, t } from "./words.js";

const joinLimit = 20; // seconds; Tencent's SDK would wait for ever
const { seats, seatSeconds } = document.documentElement.dataset; // as the server has written them
const renewEvery = Math.max(1, Math.min(300, seatSeconds / 3)); // seconds: a seat that nobody renews is given away

const $ = (id) => document.getElementById(id);
const { EVENT, TYPE } = TRTC;
const address = new URLSearchParams(location.search);

let user = address.get("user") ?? "", room = address.get("room") ?? "", invitation = address.get("invitation") ?? "";
let state = "", why = { key: "" }; // where one is, and why: a key of the words, and what to say with it
let call; // calls a function as the user
let trtc = newTRTC();
let members = [], creator = ""; // who has a seat, as the functions say
const present = new Map(); // who is in the call: by user {audio, screen, volume}
const own = { mic: false, camera: false, screen: false, volume: 0 };
const notices = new Map(); // by what it is about: a text, or what makes one

// --- Joining and leaving ---

async function join() {
  become("joining");
  call ??= backend(user);
  $("devices").open = false;
  if (!own.mic && !own.camera) startDevices();
  let seated = false;
  try {
    await within(joinLimit, takeSeat().then((signInfo) => { seated = true; return enter(signInfo); }));
    become("joined");
  } catch (error) {
    if (seated && state === "joining") await within(joinLimit, giveSeatBack()).catch(() => {}); // TRTC's refusal: before there is another try
    if (state === "joining") fail("refused", reasonOf(error));
  }
}

const giveSeatBack = () => call("webrtc-quit-room", { roomID: room }, { keepalive: true });

// takeSeat takes a seat in the room, or renews it.
async function takeSeat() {
  const { roomInfo, signInfo } = await call("webrtc-enter-room", {
    ...(room && { roomID: room }), ...(invitation && { invitation }), ...(!room && $("private").checked && { private: true }),
  });
  room = roomInfo.roomID;
  invitation = roomInfo.invitation ?? "";
  ({ members = [], creator = "" } = roomInfo);
  history.replaceState(null, "", linkFor(user)); // reloading comes back here
  $("inspect").href = `/#tokens/${encodeURIComponent(signInfo.privateMapKey)}`; // the local server's console reads it
  return signInfo;
}

const enter = ({ sdkAppID, userID, userSig, privateMapKey }) => trtc.enterRoom({
  sdkAppId: Number(sdkAppID), userId: userID, userSig, privateMapKey,
  roomId: Number(room), // a number: strRoomId "9527" would be another room
  scene: TYPE.SCENE_RTC,
});

async function leave() {
  fail("left", { key: "left" });
  await giveSeatBack().catch(() => {}); // the seat expires
}

// closeRoom closes the room while one is in it: with a creator who has left the call, it
// would be somebody else's.
async function closeRoom() {
  try {
    await call("webrtc-quit-room", { roomID: room, closeRoom: true });
    if (state !== "closed") fail("closed", { key: "room_disband" });
  } catch (error) {
    notice("failed", error);
  }
}

// fail ends the call, and switches the camera and the microphone off: no SDK does that
// for one who is removed.
function fail(next, reason) {
  trtc.off("*");
  for (const stop of [trtc.stopLocalVideo(), trtc.stopLocalAudio(), trtc.stopScreenShare()]) stop.catch(() => {});
  trtc.exitRoom().catch(() => {});
  Object.assign(own, { mic: false, camera: false, screen: false, volume: 0 });
  for (const [who] of present) gone(who);
  notices.clear();
  trtc = newTRTC(); // for another try
  become(next, reason);
  $("over-title").focus();
}

function within(seconds, work) {
  const late = new Promise((_, reject) => setTimeout(() => reject({ reason: "TIMEOUT" }), seconds * 1000));
  return Promise.race([work, late]);
}

// reasonOf says why something failed: a refusal of the functions, of TRTC, or an error.
function reasonOf(error) {
  const code = error.reason ?? error.extraCode ?? error.code ?? "";
  const until = error.reply?.until && new Date(error.reply.until * 1000).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  return { key: has(`why.${code}`) ? code : "other", code, error: error.message, seconds: joinLimit, until };
}

// look sees who has a seat: somebody has left, or has one without being in the call, and
// one may have lost one's own.
let looking;
function look() {
  clearTimeout(looking);
  looking = setTimeout(async () => {
    const found = await call("webrtc-get-room-info", { roomID: room, ...(invitation && { invitation }) }).catch(() => null);
    if (!found || state !== "joined") return;
    const [info] = found.data;
    if (!info) return fail("closed", { key: "room_disband" });
    if (info.members && !info.members.includes(user)) return fail("removed", { key: "banned" });
    ({ members = [], creator = "" } = info);
    draw();
  }, 200);
}

setInterval(async () => {
  if (state !== "joined") return;
  await call("webrtc-get-room-info", { roomID: room, ...(invitation && { invitation }) }).then(({ data: [info] }) => {
    if (info?.members?.includes(user)) return takeSeat(); // who has been removed doesn't come back by renewing
  }).catch(() => {}); // the next time
  look();
}, renewEvery * 1000);

// --- TRTC ---

function newTRTC() {
  const trtc = TRTC.create();
  trtc.on(EVENT.REMOTE_USER_ENTER, ({ userId }) => { present.set(userId, { audio: false, screen: false, volume: 0 }); draw(); });
  trtc.on(EVENT.REMOTE_USER_EXIT, ({ userId }) => { gone(userId); draw(); look(); });
  trtc.on(EVENT.REMOTE_AUDIO_AVAILABLE, ({ userId }) => update(userId, { audio: true }));
  trtc.on(EVENT.REMOTE_AUDIO_UNAVAILABLE, ({ userId }) => update(userId, { audio: false, volume: 0 }));
  trtc.on(EVENT.REMOTE_VIDEO_AVAILABLE, ({ userId, streamType }) => showPicture(trtc, userId, streamType));
  trtc.on(EVENT.REMOTE_VIDEO_UNAVAILABLE, ({ userId, streamType }) => hidePicture(userId, streamType));
  trtc.on(EVENT.AUDIO_VOLUME, ({ result }) => {
    for (const { userId, volume } of result) {
      if (userId) present.has(userId) && (present.get(userId).volume = volume);
      else own.volume = volume;
    }
    drawVolumes();
  });
  trtc.on(EVENT.CONNECTION_STATE_CHANGED, ({ state: now }) => {
    if (now !== "CONNECTED" && state === "joined") become("reconnecting");
    if (now === "CONNECTED" && state === "reconnecting") {
      become("joined");
      takeSeat().then(look, (error) => fail("removed", reasonOf(error))); // TRTC may have reported that one has vanished
    }
  });
  trtc.on(EVENT.KICKED_OUT, ({ reason }) => {
    const closed = reason.replace("-", "_") === "room_disband"; // the documentation has a hyphen
    fail(closed ? "closed" : "removed", { key: closed ? "room_disband" : has(`why.${reason}`) ? reason : "banned", code: reason });
  });
  trtc.on(EVENT.ERROR, (error) => {
    fail("refused", reasonOf(error));
    giveSeatBack().catch(() => {}); // it expires
  });
  trtc.on(EVENT.AUTOPLAY_FAILED, ({ resume }) => {
    notices.set("silent", { text: () => t("notice.silent"), label: () => t("hear"), act: () => { notices.delete("silent"); resume(); draw(); } });
    draw();
  });
  trtc.on(EVENT.SCREEN_SHARE_STOPPED, () => { own.screen = false; draw(); });
  trtc.enableAudioVolumeEvaluation(200);
  return trtc;
}

async function showPicture(trtc, userId, streamType) {
  update(userId, streamType === TYPE.STREAM_TYPE_SUB ? { screen: true } : {});
  const view = tile(keyOf(userId, streamType)).querySelector(".view");
  try {
    await trtc.startRemoteVideo({ userId, streamType, view });
    mark(view, userId);
  } catch { /* it is gone again */ }
}

function hidePicture(userId, streamType) {
  trtc.stopRemoteVideo({ userId, streamType }).catch(() => {});
  mark(tile(keyOf(userId, streamType)).querySelector(".view"), userId);
  update(userId, streamType === TYPE.STREAM_TYPE_SUB ? { screen: false } : {});
}

function gone(userId) {
  present.delete(userId);
  for (const streamType of [TYPE.STREAM_TYPE_MAIN, TYPE.STREAM_TYPE_SUB]) tiles.delete(keyOf(userId, streamType));
}

function update(userId, what) {
  if (present.has(userId)) Object.assign(present.get(userId), what);
  draw();
}

// --- One's own camera, microphone and screen ---

async function startDevices() {
  await Promise.all([toggleCamera(true), toggleMic(true)]);
  for (const [select, list, update] of [
    [$("cameras"), await TRTC.getCameraList(), (cameraId) => trtc.updateLocalVideo({ option: { cameraId } }).then(changed)],
    [$("microphones"), await TRTC.getMicrophoneList(), (microphoneId) => trtc.updateLocalAudio({ option: { microphoneId } })],
  ]) {
    select.replaceChildren(...list.map(({ deviceId, label }, i) => new Option(label || t("device", { n: i + 1 }), deviceId)));
    if (!list.length) select.append(new Option(t("device.none"), ""));
    select.onchange = () => update(select.value).catch((error) => notice("failed", error));
  }
}

async function toggleCamera(on) {
  const mine = trtc;
  try {
    const view = tile("me").querySelector(".view");
    if (on) await trtc.startLocalVideo({ view, option: { profile: "240p" } }); // four on one laptop make and read twelve such pictures
    else await trtc.stopLocalVideo();
    if (mine === trtc) own.camera = on;
    notices.delete("camera");
  } catch (error) {
    notice("camera", error);
  }
  draw();
}

async function toggleMic(on) {
  const mine = trtc;
  try {
    if (on) await trtc.updateLocalAudio({ mute: false }).catch(() => trtc.startLocalAudio()); // it isn't started yet
    else await trtc.updateLocalAudio({ mute: true });
    if (mine === trtc) own.mic = on;
    notices.delete("mic");
  } catch (error) {
    notice("mic", error);
  }
  draw();
}

async function toggleScreen(on) {
  try {
    if (on) await trtc.startScreenShare();
    else await trtc.stopScreenShare();
    own.screen = on;
    notices.delete("screen");
  } catch (error) {
    if (error.extraCode !== 5302) notice("screen", error); // else nothing was chosen
  }
  draw();
}

function notice(about, error) {
  if (error.code === 5998) return; // the call was over before the device was there
  const key = [`notice.${about}.${error.extraCode}`, `notice.${about}`].find(has);
  notices.set(about, { text: () => t(key, { error: error.message }) });
  draw();
}

// --- Others ---

function askToRemove(who) {
  $("ask-title").textContent = t("ask", { who });
  $("ask").returnValue = "";
  $("ask").showModal();
  $("ask").onclose = async () => {
    if ($("ask").returnValue === "") return;
    const banSeconds = Number($("ask").returnValue);
    try {
      const reply = await call("webrtc-quit-room", { roomID: room, userID: who, ...(banSeconds && { banSeconds }) });
      if (reply.mediaRemoved === false) notice("media", { message: reply.mediaError });
    } catch (error) {
      notice("failed", error);
    }
    look();
  };
}

function linkFor(who = "") {
  return `/call?${new URLSearchParams({ room, ...(who && { user: who }), ...(invitation && { invitation }) })}`;
}

async function copyLink() {
  const link = location.origin + linkFor();
  const copied = await navigator.clipboard.writeText(link).then(() => true, () => false);
  notices.set("link", { text: () => t(copied ? "copied" : "copy.byHand", { link }) });
  draw();
}

// --- What is to be seen ---

function become(next, reason = { key: "" }) {
  state = next;
  why = reason;
  document.body.dataset.state = state;
  document.body.dataset.reason = why.code ?? why.key;
  draw();
}

function draw() {
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-t-label]")) element.ariaLabel = t(element.dataset.tLabel);
  $("language").textContent = t("other");
  $("language").ariaLabel = t("other.label");
  $("title").textContent = room ? t("title", { room }) : t("title.new");
  document.title = `${$("title").textContent} · webrtc-room`;
  $("status").textContent = t(state);
  $("over-title").textContent = t(state);
  $("over-why").textContent = why.key && t(`why.${why.key}`, why);
  $("private-label").hidden = Boolean(room);
  $("close-button").hidden = creator !== user;
  for (const [what, on] of Object.entries({ mic: own.mic, camera: own.camera, screen: own.screen })) {
    $(`${what}-button`).querySelector("span").textContent = t(`${what}.${on ? "on" : "off"}`);
    $(`${what}-button`).toggleAttribute("data-on", on);
  }
  $("notices").replaceChildren(...[...notices.values()].map(({ text, label, act }) => {
    const line = document.createElement("p");
    line.append(text());
    if (act) line.append(Object.assign(document.createElement("button"), { type: "button", textContent: label(), onclick: act }));
    return line;
  }));
  drawTiles();
}

const tiles = new Map(); // by key: the element
const keyOf = (userId, streamType = TYPE.STREAM_TYPE_MAIN) => `${userId} ${streamType}`;

function tile(key) {
  if (!tiles.has(key)) {
    const element = $("tile").content.firstElementChild.cloneNode(true);
    element.querySelector(".remove").onclick = () => askToRemove(element.dataset.user);
    tiles.set(key, element);
  }
  return tiles.get(key);
}

// mark names the picture in a view by whose it is. There is always one: where the SDK
// shows none, an empty one.
function mark(view, userId) {
  const [video, ...others] = [...view.querySelectorAll("video")].reverse(); // the SDK's comes last
  others.forEach((other) => other.remove());
  if (!video) view.append(Object.assign(document.createElement("video"), { hidden: true }));
  view.querySelector("video").dataset.user = userId;
}

function drawTiles() {
  const others = [...new Set([...present.keys(), ...members])].filter((one) => one !== user);
  const shown = [{ key: "me", who: user, name: user && t("me", { who: user }) }];
  for (const who of others) {
    const there = present.get(who);
    shown.push({ key: keyOf(who), who, name: who, note: !there && t("waiting"), removable: creator === user });
    if (there?.screen) shown.push({ key: keyOf(who, TYPE.STREAM_TYPE_SUB), who, name: t("sharing", { who }), screen: true });
  }
  const wanted = shown.map(({ key, who, name, note, removable, screen }) => {
    const element = tile(key);
    element.className = `tile${screen ? " wide" : ""}`;
    element.dataset.user = who;
    element.querySelector(".who").textContent = [name, who && who === creator && !screen && t("creator"), note].filter(Boolean).join(" · ");
    element.querySelector(".remove").hidden = !removable;
    element.querySelector(".remove").ariaLabel = t("remove", { who });
    if (key !== "me" && !element.querySelector("[data-user]")) mark(element.querySelector(".view"), who);
    return element;
  });
  $("seats").textContent = t(others.length + 1 < seats ? "seats" : "seats.none", { free: seats - others.length - 1, seats });
  const list = $("tiles");
  list.dataset.many = Math.min(wanted.length, 5);
  wanted.forEach((element, i) => { if (list.children[i] !== element) list.insertBefore(element, list.children[i] ?? null); });
  while (list.children.length > wanted.length) list.lastElementChild.remove();
  drawVolumes();
}

function drawVolumes() {
  $("level").value = own.volume;
  const loud = (key, volume, on) => {
    const { dataset } = tile(key);
    dataset.sound = !on ? "muted" : volume > 12 ? "speaking" : "";
    tile(key).querySelector(".who").dataset.sound = dataset.sound && ` · ${t(dataset.sound)}`;
  };
  loud("me", own.volume, own.mic);
  for (const [who, { volume, audio }] of present) loud(keyOf(who), volume, audio);
}

// --- Beginning ---

$("language").onclick = () => { setLanguage(language === "zh" ? "en" : "zh"); draw(); };
$("lobby").onsubmit = (event) => {
  event.preventDefault();
  user = $("name").value;
  join();
};
$("again").onclick = join;
$("mic-button").onclick = () => toggleMic(!own.mic);
$("camera-button").onclick = () => toggleCamera(!own.camera);
$("screen-button").onclick = () => toggleScreen(!own.screen);
$("link-button").onclick = copyLink;
$("leave-button").onclick = leave;
$("close-button").onclick = closeRoom;
watched(() => ({ user, room, track: trtc.getVideoTrack() }));
addEventListener("pageshow", ({ persisted }) => persisted && location.reload()); // what it had is over

async function begin() {
  if (!isSecureContext) return become("refused", { key: "INSECURE" });
  if (!(await TRTC.isSupported()).result) return become("refused", { key: "UNSUPPORTED" });
  if (user) return join();
  become("lobby");
  $("devices").open = true;
  startDevices();
}

begin();
