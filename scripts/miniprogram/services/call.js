// A call: the seat in a room, which the functions keep, and the sound and picture, which trtc-wx-sdk
// drives. It holds no more of WeChat than the page that has the <live-pusher>: the page hands over
// what happens, and shows the view that comes back.
const TRTC = require("trtc-wx-sdk");
const { RoomError } = require("./rooms");
const { texts, fill } = require("../texts");

// A seat is kept by entering again and again. README.md says how this goes with MEMBER_TTL_SECONDS.
const RENEW_MS = 25 * 1000;

const LOUD = 10; // of 100

// How <live-pusher> says it: https://developers.weixin.qq.com/miniprogram/dev/component/live-pusher.html
const KICKED_OR_LEFT = 1019;
const NETWORK_CHANGED = 1021;
const RECONNECTING = 1102;
const SUSPENDED = 5000;
const NO_CAMERA = [-1301, 10001];
const NO_MICROPHONE = [-1302, 10002];
const DISCONNECTED = -1307;

// What is left to do when it is over. The first is what the user most likely wants.
/** @type {Record<string, string[]>} */
const waysOn = {
  ROOM_FULL: ["again", "back"],
  OFFLINE: ["again", "back"],
  FAILED: ["again", "back"],
  JOIN_FAILED: ["again", "back"],
  PRIVACY: ["again", "guide", "back"],
  ELSEWHERE: ["here", "back"],
  REMOVED: ["back", "enter"],
  CLOSED: ["back"],
  KICKED: ["enter", "back"],
};

// What is left to do about a notice, and which of several comes first.
/** @type {Record<string, string>} */
const remedies = {
  offline: "again",
  lost: "rejoin",
  interrupted: "resume",
  camera: "settings",
  microphone: "settings",
  refused: "dismiss",
  mediaRemained: "dismiss",
  trouble: "dismiss",
  returned: "dismiss",
  devtools: "dismiss",
  devtoolsCloud: "dismiss",
};

// What the template binds of the pusher. The SDK's own object also has the userSig.
const bound = /** @type {const} */ ([
  "url", "mode", "autopush", "enableCamera", "enableMic", "enableAgc", "enableAns", "minBitrate", "maxBitrate",
  "videoWidth", "videoHeight", "beautyLevel", "whitenessLevel", "videoOrientation", "videoAspect", "frontCamera",
  "localMirror", "audioQuality", "audioVolumeType",
]);

/**
 * @typedef {object} Tile somebody else's place on the screen
 * @property {string} id what the SDK calls the stream
 * @property {string} userID
 * @property {string} name
 * @property {boolean} host
 * @property {string} src "" where there is nothing to play
 * @property {boolean} hasVideo
 * @property {boolean} hasAudio
 * @property {boolean} muteAudio not heard here
 * @property {string} fit
 * @property {boolean} loud
 * @property {string} caption
 *
 * @typedef {object} Message
 * @property {string} text
 * @property {{way: string, label: string}[]} ways
 */

class Call {
  /**
   * @param {object} page
   * @param {import("./rooms").Rooms} rooms
   * @param {(view: Record<string, unknown>, shown?: () => void) => void} show is called with what has changed
   */
  constructor(page, rooms, show) {
    this.rooms = rooms;
    this.show = show;
    /** @type {Record<string, string>} what was shown, as JSON */
    this.shown = {};

    // With env "test" the SDK doesn't send userSig and privateMapKey to a log server, nor print them.
    this.trtc = new TRTC(page, { env: "test" });
    this.listen();

    this.phase = "entering"; // or "in", "over"
    /** @type {{roomID: string, roomName?: string, private?: boolean, invitation?: string}} */
    this.wanted = { roomID: "" };
    /** @type {import("./rooms").Room | undefined} */
    this.room = undefined;
    /** @type {import("./rooms").SignInfo | undefined} */
    this.signInfo = undefined;
    /** @type {Message | null} */
    this.ending = null;
    /** @type {Map<string, Record<string, unknown>>} a notice's name, and what fills its text */
    this.notices = new Map();
    /** @type {any[]} who is in TRTC's room */
    this.users = [];
    /** @type {Set<string>} streams that the user doesn't want to hear */
    this.unheard = new Set();
    this.wish = { enableCamera: true, enableMic: true, beautyLevel: 0, frontCamera: "front" };
    this.speaker = true;
    this.loud = false;
    this.quality = 0;

    this.gone = false; // the page is
    this.elsewhere = false; // the seat is another device's now
    this.seated = false;
    this.renewal = 0; // the timer
    this.renewing = false;
    this.renewed = 0; // when, in ms
    this.rejoining = false;
    this.suspended = false;
  }

  // --- the seat

  /**
   * @param {{roomID: string, roomName?: string, private?: boolean, invitation?: string}} wanted
   * @param {{camera: boolean, microphone: boolean}} allowed
   */
  async enter(wanted, allowed) {
    this.wanted = wanted;
    this.wish.enableCamera = allowed.camera;
    this.wish.enableMic = allowed.microphone;
    if (!allowed.camera) this.notice("camera");
    if (!allowed.microphone) this.notice("microphone");
    this.phase = "entering";
    this.ending = null;
    this.elsewhere = false;
    this.update();
    try {
      await this.takeSeat(wanted);
    } catch (error) {
      this.end(error);
      return;
    }
    if (this.gone) return;
    this.phase = "in";
    this.join();
    this.renewal = setInterval(() => this.renew(), RENEW_MS);
  }

  /** @param {{roomID: string, roomName?: string, private?: boolean, invitation?: string}} wanted */
  async takeSeat(wanted) {
    const reply = await this.rooms.enter(wanted);
    if (this.gone || this.phase === "over") {
      // It was left while this was under way.
      if (!this.elsewhere) this.rooms.quit(reply.roomInfo.roomID).catch(() => {});
      return reply;
    }
    this.seated = true;
    this.renewed = Date.now();
    this.room = reply.roomInfo;
    this.signInfo = reply.signInfo;
    return reply;
  }

  /** renew keeps the seat, and finds out whether it is still there. */
  async renew() {
    if (this.phase !== "in" || this.renewing || !this.room) return;
    this.renewing = true;
    try {
      const { roomID, invitation } = this.room;
      const room = await this.rooms.info(roomID, invitation);
      if (!room) return this.end("CLOSED");
      // Whoever was away for long has perhaps lost the seat for that, and may take it again.
      const away = Date.now() - this.renewed > 2 * RENEW_MS;
      if (!this.isMember(room) && !away) return this.end("REMOVED");
      const { msg } = await this.takeSeat({ roomID, invitation });
      if (msg === "create") {
        // It was closed a moment ago, and this has made another one.
        this.stop();
        return this.end("CLOSED");
      }
      this.notices.delete("offline");
      if (this.notices.has("lost")) this.rejoin();
    } catch (error) {
      this.unanswered(error);
    } finally {
      this.renewing = false;
    }
    this.update();
  }

  /**
   * unanswered goes on without the functions for a while, but not against their will.
   * @param {unknown} error
   */
  unanswered(error) {
    const { reason } = /** @type {RoomError} */ (error);
    if (reason === "OFFLINE" || reason === "FAILED") this.notice("offline");
    // A private room that was closed a moment ago: its invitation opens nothing any more.
    else this.end(reason === "NOT_INVITED" ? "CLOSED" : error);
  }

  /** refresh looks who is in the room. */
  async refresh() {
    this.update();
    if (this.phase !== "in" || !this.room) return;
    const room = await this.rooms.info(this.room.roomID, this.room.invitation).catch(() => undefined);
    if (room && this.isMember(room)) this.room = room;
    this.update();
  }

  /** @param {import("./rooms").Room} room */
  isMember(room) {
    return Boolean(this.signInfo && room.members && room.members.includes(this.signInfo.userID));
  }

  /** leave gives the seat back. The page is about to go. */
  leave() {
    this.gone = true;
    this.stop();
  }

  /** stop ends everything but the page. */
  stop() {
    clearInterval(this.renewal);
    if (this.trtc.getPusherInstance()) this.trtc.exitRoom();
    this.users = [];
    if (this.seated && this.room) this.rooms.quit(this.room.roomID).catch(() => {});
    this.seated = false;
  }

  /**
   * end says why it is over.
   * @param {unknown} why a reason, or an error
   * @param {Record<string, unknown>} [values]
   */
  end(why, values = {}) {
    if (this.phase === "over") return;
    const reason = why instanceof RoomError ? why.reason : typeof why === "string" ? why : "FAILED";
    const text = why instanceof Error ? why.message : fill(texts.reasons[reason], values);
    this.elsewhere = reason === "ELSEWHERE";
    // Then there is nothing to give back.
    if (["REMOVED", "CLOSED", "CLOSED_MEDIA_REMAINS", "ELSEWHERE"].includes(reason)) this.seated = false;
    this.phase = "over";
    this.ending = message(text, waysOn[reason] || ["back"]);
    this.notices.clear();
    this.stop();
    this.update();
  }

  // --- sound and picture

  /** join connects to TRTC with the signatures that the seat came with. */
  join() {
    const { sdkAppID, userID, userSig, roomID, privateMapKey } = /** @type {import("./rooms").SignInfo} */ (this.signInfo);
    this.suspended = false;
    this.trtc.createPusher({ ...this.wish, enableAgc: true, enableAns: true });
    // A number: "9527" as strRoomID would be another room.
    this.trtc.enterRoom({ sdkAppID, userID, userSig, roomID: Number(roomID), privateMapKey, ...this.wish });
    this.update(() => {
      const pusher = this.trtc.getPusherInstance();
      if (this.phase === "in" && pusher) pusher.start();
    });
  }

  /** rejoin connects anew. */
  async rejoin() {
    if (this.phase !== "in" || this.rejoining || !this.room) return;
    this.rejoining = true;
    this.trtc.exitRoom();
    this.users = [];
    try {
      // TRTC reports to the functions that this user has left: a seat that is taken later stays.
      const { roomID, roomName, private: isPrivate, invitation } = this.room;
      await this.takeSeat({ roomID, roomName, private: isPrivate, invitation });
      this.notices.delete("offline");
      this.notices.delete("lost");
    } catch (error) {
      this.notice("lost");
      this.unanswered(error);
    } finally {
      this.rejoining = false;
    }
    if (this.phase === "in" && !this.gone && !this.notices.has("lost")) this.join();
  }

  listen() {
    const { EVENT } = this.trtc;
    const update = () => this.update();
    this.trtc.on(EVENT.LOCAL_JOIN, () => {
      this.notices.delete("lost");
      this.update();
    });
    this.trtc.on(EVENT.KICKED_OUT, () => this.kicked());
    this.trtc.on(EVENT.ERROR, (/** @type {any} */ { data }) => this.failed(data.code));
    this.trtc.on(EVENT.REMOTE_USER_JOIN, (/** @type {any} */ { data }) => {
      this.users = data.userList;
      this.refresh();
    });
    this.trtc.on(EVENT.REMOTE_USER_LEAVE, (/** @type {any} */ { data }) => {
      this.users = data.userList;
      // The functions hear of it a moment later, perhaps. The next renewal asks them.
      if (this.room && this.room.members) this.room.members = this.room.members.filter((userID) => userID !== data.userID);
      this.update();
    });
    for (const event of [EVENT.REMOTE_VIDEO_ADD, EVENT.REMOTE_VIDEO_REMOVE, EVENT.REMOTE_AUDIO_ADD, EVENT.REMOTE_AUDIO_REMOVE,
      EVENT.REMOTE_NET_STATE_UPDATE, EVENT.REMOTE_AUDIO_VOLUME_UPDATE]) this.trtc.on(event, update);
    this.trtc.on(EVENT.LOCAL_AUDIO_VOLUME_UPDATE, (/** @type {any} */ { data }) => {
      this.loud = data.pusher.volume > LOUD;
      this.update();
    });
    this.trtc.on(EVENT.LOCAL_NET_STATE_UPDATE, (/** @type {any} */ { data }) => {
      this.quality = data.pusher.netStatus.netQualityLevel || 0;
      this.update();
    });
  }

  /** @param {any} event of <live-pusher> */
  stateChanged(event) {
    const { code, message = "" } = event.detail;
    if (this.phase !== "in") return; // its last words
    if (code === NETWORK_CHANGED) this.rejoin();
    else if (code === RECONNECTING) this.notice("offline");
    else if (code === SUSPENDED) this.suspended = true;
    else if (code < 0) this.failed(code);
    // The SDK looks into the message, which isn't always there.
    if (code !== KICKED_OR_LEFT || message) this.trtc.pusherEventHandler(event);
    else this.kicked();
  }

  /**
   * failed says what doesn't work, and ends the call only if it never began.
   * @param {number} [code]
   */
  failed(code) {
    if (this.phase !== "in") return;
    if (NO_CAMERA.includes(Number(code))) {
      this.setPusher({ enableCamera: false });
      this.notice("camera");
    } else if (NO_MICROPHONE.includes(Number(code))) {
      this.setPusher({ enableMic: false });
      this.notice("microphone");
    } else if (code === DISCONNECTED) {
      this.notice("lost");
    } else if (code === undefined || code <= -100000 || (code <= -3301 && code >= -3340)) {
      this.end("JOIN_FAILED", { code: code ?? "" });
    } else {
      this.notice("trouble", { code });
    }
  }

  /** kicked finds out why TRTC has ended it, which the SDK doesn't say. */
  async kicked() {
    if (this.phase !== "in" || !this.room) return;
    let reason = "KICKED";
    try {
      const room = await this.rooms.info(this.room.roomID, this.room.invitation);
      reason = !room ? "CLOSED" : this.isMember(room) ? "ELSEWHERE" : "REMOVED";
    } catch {
      // It stays unknown.
    }
    if (this.phase === "in") this.end(reason);
  }

  // --- what happens around it

  /** @param {boolean} connected */
  networkChanged(connected) {
    if (this.phase !== "in") return;
    if (connected) this.renew();
    else this.notice("offline");
  }

  /** Something else takes the microphone: a phone call, an alarm. */
  interrupted() {
    if (this.phase === "in") this.notice("interrupted");
  }

  resume() {
    this.notices.delete("interrupted");
    const pusher = this.trtc.getPusherInstance();
    if (this.phase === "in" && pusher) pusher.resume();
    this.update();
  }

  /** The mini program goes into the background, where WeChat stops the camera, and later this program. */
  hidden() {
    if (this.phase === "in") this.away = true;
  }

  async returned() {
    if (!this.away || this.phase !== "in") return;
    this.away = false;
    if (this.wish.enableCamera) this.notice("returned");
    await this.renew();
    if (this.suspended) this.rejoin();
  }

  // --- what the user does

  toggleMicrophone() {
    this.setPusher({ enableMic: !this.wish.enableMic });
  }

  toggleCamera() {
    this.setPusher({ enableCamera: !this.wish.enableCamera });
  }

  toggleBeauty() {
    this.setPusher({ beautyLevel: this.wish.beautyLevel ? 0 : 5 });
  }

  toggleSpeaker() {
    this.speaker = !this.speaker;
    this.update();
  }

  switchCamera() {
    const pusher = this.trtc.getPusherInstance();
    if (!pusher) return;
    pusher.switchCamera();
    this.wish.frontCamera = pusher.pusherAttributes.frontCamera;
    this.update();
  }

  /** @param {Partial<Call["wish"]>} wish */
  setPusher(wish) {
    Object.assign(this.wish, wish);
    if (this.trtc.getPusherInstance()) this.trtc.setPusherAttributes(wish);
    if (wish.enableCamera) this.notices.delete("camera");
    if (wish.enableMic) this.notices.delete("microphone");
    this.update();
  }

  /** @param {string} id of a tile */
  toggleHearing(id) {
    if (!this.unheard.delete(id)) this.unheard.add(id);
    this.update();
  }

  /**
   * remove takes somebody out of the room.
   * @param {string} userID
   * @param {number} [banSeconds]
   */
  async remove(userID, banSeconds) {
    if (!this.room) return;
    try {
      const { roomInfo, mediaRemoved, mediaError } = await this.rooms.remove(this.room.roomID, userID, banSeconds);
      this.room = { ...this.room, ...roomInfo };
      if (mediaRemoved === false) this.notice("mediaRemained", { detail: mediaError });
    } catch (error) {
      this.notice("refused", { detail: /** @type {Error} */ (error).message });
    }
    this.update();
  }

  /** close takes everybody out. */
  async close() {
    if (!this.room) return;
    try {
      const { mediaRemoved, mediaError } = await this.rooms.close(this.room.roomID);
      if (mediaRemoved === false) this.end("CLOSED_MEDIA_REMAINS", { detail: mediaError });
      else this.end("CLOSED");
    } catch (error) {
      this.notice("refused", { detail: /** @type {Error} */ (error).message });
    }
  }

  // --- the view

  /**
   * @param {string} name
   * @param {Record<string, unknown>} [values]
   */
  notice(name, values = {}) {
    this.notices.set(name, values);
    this.update();
  }

  /** dismiss takes the notice away that is shown. */
  dismiss() {
    const name = this.firstNotice();
    if (name) this.notices.delete(name);
    this.update();
  }

  firstNotice() {
    return Object.keys(remedies).find((name) => this.notices.has(name));
  }

  /** @returns {Tile[]} everybody else who is in the room, in TRTC's or the functions' */
  tiles() {
    const me = this.signInfo && this.signInfo.userID;
    const members = (this.room && this.room.members) || [];
    const players = this.trtc.getPlayerList();
    const users = new Set([...members, ...this.users.map(({ userID }) => userID)]);
    users.delete(me);
    const tiles = [...users].flatMap((userID) => {
      const streams = players.filter((/** @type {any} */ player) => player.userID === userID);
      return streams.length ? streams : [{ id: `${userID}_main`, userID, src: "" }];
    });
    return tiles.map((player) => this.tile(player, this.users.some(({ userID }) => userID === player.userID)));
  }

  /** @param {any} player @param {boolean} connected @returns {Tile} */
  tile(player, connected) {
    const { id, userID, src, hasVideo = false, hasAudio = false, volume = 0, objectFit = "fillCrop", netStatus = {} } = player;
    const t = texts.room;
    const caption = !connected ? t.connecting : [
      hasVideo ? "" : t.cameraOff,
      hasAudio ? "" : t.muted,
      t.quality[netStatus.netQualityLevel] || "",
    ].filter(Boolean).join(" · ");
    return {
      id, userID, src, hasVideo, hasAudio, fit: objectFit, caption, name: nameOf(userID),
      host: Boolean(this.room && this.room.creator === userID), muteAudio: this.unheard.has(id), loud: hasAudio && volume > LOUD,
    };
  }

  view() {
    const { room, signInfo } = this;
    const attributes = this.phase === "in" && this.trtc.getPusherInstance() ? this.trtc.getPusherAttributes() : {};
    const notice = this.firstNotice();
    return {
      phase: this.phase,
      ending: this.ending,
      notice: notice ? message(fill(texts.notices[notice], this.notices.get(notice) || {}), [remedies[notice]]) : null,
      room: room ? { roomID: room.roomID, roomName: room.roomName, private: Boolean(room.private), invitation: room.invitation || "" } : null,
      host: Boolean(room && signInfo && room.creator === signInfo.userID),
      pusher: Object.fromEntries(bound.map((name) => [name, attributes[name] ?? ""])),
      me: { loud: this.loud && this.wish.enableMic, caption: texts.room.quality[this.quality] || "" },
      tiles: this.phase === "in" ? this.tiles() : [],
      speaker: this.speaker,
      beauty: this.wish.beautyLevel > 0,
    };
  }

  /**
   * update shows what has changed. A page that is gone can't.
   * @param {() => void} [shown]
   */
  update(shown) {
    if (this.gone) return;
    /** @type {Record<string, unknown>} */
    const changed = {};
    for (const [name, value] of Object.entries(this.view())) {
      const json = JSON.stringify(value);
      if (this.shown[name] === json) continue;
      this.shown[name] = json;
      changed[name] = value;
    }
    if (shown || Object.keys(changed).length) this.show(changed, shown);
  }
}

/** @param {string} text @param {string[]} ways @returns {Message} */
function message(text, ways) {
  return { text, ways: ways.map((way) => ({ way, label: texts.ways[way] })) };
}

/**
 * An OPENID tells nobody anything: its end tells people apart.
 * @param {string} userID
 */
function nameOf(userID) {
  return userID.length <= 16 ? userID : fill(texts.room.user, { end: userID.slice(-4) });
}

module.exports = { Call, RENEW_MS };
