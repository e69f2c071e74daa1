// TRTC without TRTC: the part of Tencent's Web SDK v5 that the call page uses, with
// the same names, parameters, events and errors, over the local server.
//
// The server lets people in, introduces their browsers to each other and passes on
// what they have to say (/trtc/…); pictures and sound go from browser to browser, by
// WebRTC. Between each two, the one that came later offers a connection and the other
// one answers, so that no two offers ever meet. The offer has room for a microphone, a
// camera and a screen, each way, for good: what is switched on later is put into a
// place that is there, and nothing is negotiated again, but for a new way through the
// network where the old one broke.

const codes = {
  INVALID_PARAMETER: 5000, INVALID_OPERATION: 5100, ENV_NOT_SUPPORTED: 5200, DEVICE_ERROR: 5300,
  SERVER_ERROR: 5400, OPERATION_FAILED: 5500, OPERATION_ABORT: 5998, UNKNOWN_ERROR: 5999,
};

class RtcError extends Error {
  constructor(code, extraCode, functionName, message, originError) {
    super(message);
    this.name = Object.keys(codes).find((name) => codes[name] === code);
    Object.assign(this, { code, extraCode, functionName, originError });
  }
}

const EVENT = {
  ERROR: "error", AUTOPLAY_FAILED: "autoplay-failed", KICKED_OUT: "kicked-out",
  REMOTE_USER_ENTER: "remote-user-enter", REMOTE_USER_EXIT: "remote-user-exit",
  REMOTE_AUDIO_AVAILABLE: "remote-audio-available", REMOTE_AUDIO_UNAVAILABLE: "remote-audio-unavailable",
  REMOTE_VIDEO_AVAILABLE: "remote-video-available", REMOTE_VIDEO_UNAVAILABLE: "remote-video-unavailable",
  AUDIO_VOLUME: "audio-volume", CONNECTION_STATE_CHANGED: "connection-state-changed", SCREEN_SHARE_STOPPED: "screen-share-stopped",
  DEVICE_CHANGED: "device-changed",
};

const TYPE = {
  SCENE_RTC: "rtc", SCENE_LIVE: "live", ROLE_ANCHOR: "anchor", ROLE_AUDIENCE: "audience",
  STREAM_TYPE_MAIN: "main", STREAM_TYPE_SUB: "sub",
};

const places = ["audio", "main", "sub"]; // of what is sent, in the order of the offer
const flagOf = { audio: "audio", main: "video", sub: "screen" }; // as the server calls them

const profiles = { // width, height, frames a second
  "120p": [160, 120, 15], "180p": [320, 180, 15], "240p": [320, 240, 15], "360p": [640, 360, 15],
  "480p": [640, 480, 15], "720p": [1280, 720, 15], "1080p": [1920, 1080, 15],
};

// --- What is checked before anything is asked of anybody ---

function check(good, functionName, extraCode, message) {
  if (!good) throw new RtcError(codes.INVALID_PARAMETER, extraCode, functionName, message);
}

const roomName = /^[\w!#$%&()+\-:;<=.>?@[\]^{}|~, ]{1,64}$/;

// checkEntry refuses what Tencent's SDK refuses, with its codes.
function checkEntry(p) {
  const must = (good, extraCode, message) => check(good, "enterRoom", extraCode, message);
  must(p !== undefined, 5001, "enterRoom needs parameters");
  must(p !== null && typeof p === "object", 5002, "the parameters are an object");
  for (const [name, type] of [["sdkAppId", "number"], ["userId", "string"], ["userSig", "string"]]) {
    must(p[name] !== undefined, 5001, `${name} is missing`);
    must(typeof p[name] === type, 5002, `${name} is a ${type}`);
    must(p[name], 5003, `${name} is empty`);
  }
  must(p.scene === undefined || p.scene === TYPE.SCENE_RTC || p.scene === TYPE.SCENE_LIVE, 5005, "scene is rtc or live");
  must(p.role === undefined || p.role === TYPE.ROLE_ANCHOR || p.role === TYPE.ROLE_AUDIENCE, 5005, "role is anchor or audience");
  must(p.strRoomId === undefined || typeof p.strRoomId === "string", 5002, "strRoomId is a string");
  must(typeof p.roomId !== "string", 5016, "roomId is a number; a string is a strRoomId, which is another room");
  must(p.roomId === undefined || typeof p.roomId === "number", 5002, "roomId is a number");
  must(p.roomId || p.strRoomId, 5015, "roomId or strRoomId is needed");
  must(!p.roomId || Number.isInteger(p.roomId) && p.roomId >= 1 && p.roomId <= 4294967294, 5013, "roomId is a whole number from 1 to 4294967294");
  must(p.roomId || roomName.test(p.strRoomId), 5012, "strRoomId has at most 64 characters of those that TRTC allows");
}

function elementOf(view, functionName) {
  const element = typeof view === "string" ? document.getElementById(view) : view;
  check(element === undefined || element === null || element instanceof HTMLElement, functionName, 5009, `there is no element ${view}`);
  return element ?? null;
}

// --- A camera, a microphone, a screen ---

const deviceErrors = {
  NotFoundError: 5301, NotAllowedError: 5302, NotReadableError: 5303, OverconstrainedError: 5304,
  InvalidStateError: 5305, SecurityError: 5306, AbortError: 5307,
};

async function capture(functionName, ask) {
  if (!navigator.mediaDevices) throw new RtcError(codes.ENV_NOT_SUPPORTED, 5201, functionName, "browsers give cameras and microphones to pages of https and of localhost only");
  try {
    return (await ask(navigator.mediaDevices)).getTracks()[0];
  } catch (error) {
    throw new RtcError(codes.DEVICE_ERROR, deviceErrors[error.name], functionName, error.message, error);
  }
}

const camera = ({ cameraId, useFrontCamera, profile = "480p" } = {}) => {
  const [width, height, frameRate] = profiles[profile] ?? [profile.width, profile.height, profile.frameRate];
  const video = { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: frameRate } };
  if (cameraId) video.deviceId = { exact: cameraId };
  if (useFrontCamera !== undefined) video.facingMode = useFrontCamera ? "user" : "environment";
  return (devices) => devices.getUserMedia({ video });
};
const microphone = ({ microphoneId } = {}) => (devices) =>
  devices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...(microphoneId && { deviceId: { exact: microphoneId } }) } });

// show puts a picture of a track into an element, and returns what takes it out again.
function show(track, view) {
  if (!view) return () => {};
  const video = document.createElement("video");
  Object.assign(video, { muted: true, autoplay: true, playsInline: true, srcObject: new MediaStream([track]) });
  Object.assign(video.style, { width: "100%", height: "100%" });
  view.append(video);
  return () => {
    video.srcObject = null;
    video.remove();
  };
}

// --- Another one's browser ---

class Peer {
  #room;
  #pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  #offers; // whether it is this side that offers
  #received = {}; // by place: the track
  #handling = Promise.resolve(); // one message at a time
  #sound = new Audio();
  #unshow = {}; // by place: what takes the picture away

  constructor(room, member, offers) {
    Object.assign(this, { userId: member.userId, connection: member.connection, flags: { audio: false, video: false, screen: false } });
    this.#room = room;
    this.#offers = offers;
    this.#pc.onicecandidate = ({ candidate }) => candidate && this.#then(() => this.#say({ candidate })); // after the description that it is for
    this.#pc.ontrack = ({ track, transceiver }) => this.#take(track, this.#pc.getTransceivers().indexOf(transceiver));
    this.#pc.onconnectionstatechange = () => { if (this.#pc.connectionState === "failed") this.repair(); };
    if (offers) {
      for (const place of places) this.#pc.addTransceiver(place === "audio" ? "audio" : "video", { direction: "sendrecv" });
      this.#offer();
    }
  }

  #say(data) {
    this.#room.say(this.connection, data);
  }

  #then(work) {
    this.#handling = this.#handling.then(work).catch((error) => { if (this.#pc.signalingState !== "closed") console.warn("TRTC:", error); });
  }

  #offer() {
    this.#then(async () => {
      await this.#sendAll();
      await this.#pc.setLocalDescription();
      this.#say({ description: this.#pc.localDescription });
    });
  }

  // hear takes what the other side says.
  hear({ description, candidate }) {
    this.#then(async () => {
      if (candidate) return this.#pc.addIceCandidate(candidate);
      await this.#pc.setRemoteDescription(description);
      if (description.type !== "offer") return;
      for (const transceiver of this.#pc.getTransceivers()) transceiver.direction = "sendrecv";
      await this.#sendAll();
      await this.#pc.setLocalDescription();
      this.#say({ description: this.#pc.localDescription });
    });
  }

  // repair looks for a new way through the network, if this side is the one to do so.
  repair() {
    if (!this.#offers || !["disconnected", "failed"].includes(this.#pc.connectionState)) return;
    this.#pc.restartIce();
    this.#offer();
  }

  #sendAll() {
    return Promise.all(places.map((place) => this.send(place, this.#room.sent(place))));
  }

  // send puts a track, or null, into its place.
  async send(place, track) {
    await this.#pc.getTransceivers()[places.indexOf(place)]?.sender.replaceTrack(track);
  }

  #take(track, i) {
    this.#received[places[i]] = track;
    if (places[i] !== "audio") return;
    this.#sound.srcObject = new MediaStream([track]);
    this.play();
  }

  play() {
    return this.#sound.play().catch((error) => {
      if (error.name !== "NotAllowedError") return; // it goes on, or is over
      this.#room.emit(EVENT.AUTOPLAY_FAILED, { userId: this.userId, mediaType: "audio", resume: () => this.play() });
    });
  }

  set quiet(quiet) { this.#sound.muted = quiet; }

  // volume is how loud the other one is, from 0 to 100.
  get volume() {
    const level = this.#pc.getReceivers().find(({ track }) => track.kind === "audio")?.getSynchronizationSources()[0]?.audioLevel;
    return this.flags.audio ? Math.round(Math.sqrt(level ?? 0) * 100) : 0;
  }

  track(place) { return this.#received[place] ?? null; }

  // show shows a picture in a view, in the place of where it was.
  show(place, view) {
    this.hide(place);
    if (this.#received[place]) this.#unshow[place] = show(this.#received[place], view);
  }

  hide(place) {
    this.#unshow[place]?.();
    delete this.#unshow[place];
  }

  close() {
    for (const place of places) this.hide(place);
    this.#pc.close();
    this.#sound.srcObject = null;
  }
}

// --- The SDK ---

const DISCONNECTED = "DISCONNECTED", CONNECTING = "CONNECTING", CONNECTED = "CONNECTED";

class TRTC {
  static EVENT = EVENT;
  static TYPE = TYPE;
  static ERROR_CODE = codes;
  static create() { return new TRTC(); }
  static setLogLevel() {}
  static async isSupported() {
    const isBrowserSupported = "RTCPeerConnection" in window && isSecureContext;
    return { result: isBrowserSupported, detail: { isBrowserSupported, isWebRTCSupported: "RTCPeerConnection" in window, isMediaDevicesSupported: Boolean(navigator.mediaDevices) } };
  }
  static getCameraList() { return devices("videoinput"); }
  static getMicrophoneList() { return devices("audioinput"); }
  static getSpeakerList() { return devices("audiooutput"); }

  #listeners = new Map(); // by event: a set of {handler, context}
  #entry; // what enterRoom was given, while one is in a room or on the way into it
  #session = "";
  #state = DISCONNECTED;
  #stream; // of events
  #beatSeconds;
  #silence; // a timer: nothing was heard of the server for too long
  #abort = new AbortController(); // of what is asked while one is in the room
  #saying = Promise.resolve(); // in the order of what was said
  #peers = new Map(); // by connection
  #local = {}; // by place: {track, view, unshow, muted, published}
  #quiet = new Set(); // who is not to be heard
  #listening; // to how loud everybody is
  #destroyed = false;

  on(event, handler, context) {
    if (!this.#listeners.has(event)) this.#listeners.set(event, new Set());
    this.#listeners.get(event).add({ handler, context });
    return this;
  }

  off(event, handler) {
    if (event === "*") this.#listeners.clear();
    for (const one of this.#listeners.get(event) ?? []) if (!handler || one.handler === handler) this.#listeners.get(event).delete(one);
    return this;
  }

  /** @package */
  emit(event, payload) {
    for (const { handler, context } of [...(this.#listeners.get(event) ?? [])]) handler.call(context, payload);
  }

  // --- In and out ---

  async enterRoom(p) {
    checkEntry(p);
    if (this.#destroyed) throw new RtcError(codes.INVALID_OPERATION, undefined, "enterRoom", "client was destroyed");
    if (this.#entry) throw new RtcError(codes.INVALID_OPERATION, 5104, "enterRoom", "this client is in a room already");
    this.#entry = p;
    const { signal } = this.#abort = new AbortController();
    this.#become(CONNECTING);
    try {
      await this.#enter();
      await this.#listen();
      signal.throwIfAborted();
    } catch (error) {
      const left = signal.aborted;
      if (!left) this.#forget();
      if (left) throw new RtcError(codes.OPERATION_ABORT, undefined, "enterRoom", "the room was left meanwhile");
      throw error;
    }
  }

  // enter asks the server for a session and meets those who are there. Errors are
  // RtcErrors.
  async #enter() {
    const { sdkAppId, userId, userSig, roomId, strRoomId, privateMapKey, scene, role } = this.#entry;
    let answer;
    try {
      answer = await this.#ask("enter", { sdkAppId, userId, userSig, ...(roomId ? { roomId } : { strRoomId }), privateMapKey, scene, role });
    } catch (error) {
      throw error.refusal?.code
        ? new RtcError(codes.SERVER_ERROR, error.refusal.code, "enterRoom", document.documentElement.lang.startsWith("zh") ? error.refusal.zh : error.refusal.message)
        : new RtcError(codes.OPERATION_FAILED, undefined, "enterRoom", `the server can't be reached: ${error.message}`, error);
    }
    this.#session = answer.session;
    this.#beatSeconds = answer.beatSeconds;
    for (const connection of [...this.#peers.keys()]) this.#part(connection, 0); // of the session before
    for (const member of answer.members) this.#meet(member, true);
    this.#tellMedia();
  }

  // listen opens the stream of events, and returns when it is open.
  #listen() {
    this.#stream?.close();
    const stream = this.#stream = new EventSource(`/trtc/events?session=${encodeURIComponent(this.#session)}`);
    const handle = (kind, f) => stream.addEventListener(kind, (event) => { if (stream === this.#stream) f(JSON.parse(event.data)); });
    handle("entered", (member) => this.#meet(member, false));
    handle("left", ({ connection, reason }) => this.#part(connection, reason));
    handle("signal", ({ from, data }) => this.#peers.get(from.connection)?.hear(data));
    handle("media", (flags) => this.#flag(flags));
    handle("beat", () => this.#answer());
    handle("kicked", ({ reason }) => {
      if (reason === "user_time_out") return this.#return(); // it thought that this browser had vanished
      this.#forget();
      this.emit(EVENT.KICKED_OUT, { reason });
    });
    return new Promise((resolve, reject) => {
      this.#abort.signal.addEventListener("abort", reject);
      stream.onopen = () => {
        if (stream !== this.#stream) return;
        this.#become(CONNECTED);
        for (const peer of this.#peers.values()) peer.repair();
        resolve();
      };
      stream.onerror = () => {
        if (stream !== this.#stream) return;
        this.#interrupted();
        if (stream.readyState === EventSource.CLOSED) this.#return(); // the server doesn't know the session
      };
    });
  }

  async exitRoom() {
    const session = this.#session;
    this.#forget();
    if (session) await post("leave", { session }).catch(() => {}); // it will be missed
  }

  destroy() {
    if (this.#entry) throw new RtcError(codes.INVALID_OPERATION, undefined, "destroy", "please call exitRoom() before destroy()");
    this.#destroyed = true;
    for (const place of places) this.#stop(place);
    clearInterval(this.#listening);
    this.off("*");
  }

  // forget ends all that has to do with the room.
  #forget() {
    this.#abort.abort();
    this.#stream?.close();
    clearTimeout(this.#silence);
    for (const peer of this.#peers.values()) peer.close();
    this.#peers.clear();
    this.#stream = this.#entry = undefined;
    this.#session = "";
    this.#become(DISCONNECTED);
  }

  #become(state, more) {
    const prevState = this.#state;
    if (state === prevState) return;
    this.#state = state;
    this.emit(EVENT.CONNECTION_STATE_CHANGED, { prevState, state, ...more });
  }

  // --- The line to the server, which breaks and heals ---

  #ask(what, body) {
    return post(what, body, this.#abort.signal);
  }

  // answer shows that this browser lives, which an open stream doesn't: a frozen one has
  // that, too. It is the server that keeps the time: in tabs at the back, the browser's
  // clocks are slow.
  #answer() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#interrupted(), 3000 * this.#beatSeconds);
    if (this.#stream.readyState === EventSource.OPEN) this.#become(CONNECTED);
    this.#ask("beat", { session: this.#session }).catch((error) => { if (!error.refusal) this.#interrupted(); });
  }

  #interrupted() {
    if (this.#state !== CONNECTED) return;
    this.#become(DISCONNECTED);
    this.#become(CONNECTING, { isReconnecting: true });
  }

  // return enters again, with what enterRoom was given, once the server has forgotten
  // this browser.
  #returning = false;
  async #return() {
    if (this.#returning || !this.#entry) return;
    this.#returning = true;
    const { signal } = this.#abort;
    this.#stream.close();
    this.#interrupted();
    while (!signal.aborted) {
      try {
        await this.#enter();
        this.#listen().catch(() => {});
        break;
      } catch (error) {
        if (signal.aborted) break;
        if (error.code === codes.SERVER_ERROR) {
          this.#forget();
          this.emit(EVENT.ERROR, new RtcError(codes.OPERATION_FAILED, 5502, "enterRoom", `could not enter again: ${error.message} (${error.extraCode})`, error));
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, 2000));
      }
    }
    this.#returning = false;
  }

  /** @package */
  say(connection, data) {
    const { signal } = this.#abort;
    this.#saying = this.#saying.then(() => post("signal", { session: this.#session, to: connection, data }, signal)).catch(() => {}); // repair says it again
  }

  // --- The others ---

  #meet(member, offers) {
    if (this.#peers.has(member.connection)) return;
    const peer = new Peer(this, member, offers);
    peer.quiet = this.#quiet.has("*") || this.#quiet.has(member.userId);
    this.#peers.set(member.connection, peer);
    this.emit(EVENT.REMOTE_USER_ENTER, { userId: member.userId });
    this.#flag(member);
  }

  #part(connection, reason) {
    const peer = this.#peers.get(connection);
    if (!peer) return;
    this.#flag({ connection, audio: false, video: false, screen: false });
    peer.close();
    this.#peers.delete(connection);
    if (!this.#peerOf(peer.userId)) this.emit(EVENT.REMOTE_USER_EXIT, { userId: peer.userId, reason });
  }

  #peerOf(userId) {
    return [...this.#peers.values()].reverse().find((peer) => peer.userId === userId);
  }

  #flag({ connection, audio = false, video = false, screen = false }) {
    const peer = this.#peers.get(connection);
    if (!peer) return;
    const { userId, flags } = peer;
    peer.flags = { audio, video, screen };
    if (audio !== flags.audio) this.emit(audio ? EVENT.REMOTE_AUDIO_AVAILABLE : EVENT.REMOTE_AUDIO_UNAVAILABLE, { userId });
    for (const [now, before, streamType] of [[video, flags.video, TYPE.STREAM_TYPE_MAIN], [screen, flags.screen, TYPE.STREAM_TYPE_SUB]]) {
      if (now === before) continue;
      if (!now) peer.hide(streamType);
      this.emit(now ? EVENT.REMOTE_VIDEO_AVAILABLE : EVENT.REMOTE_VIDEO_UNAVAILABLE, { userId, streamType });
    }
  }

  async startRemoteVideo({ userId, streamType, view } = {}) {
    const element = elementOf(view, "startRemoteVideo");
    if (this.#state === DISCONNECTED) throw new RtcError(codes.INVALID_OPERATION, 5101, "startRemoteVideo", "enter a room first");
    const peer = this.#peerOf(userId);
    if (!peer?.flags.video && !peer?.flags.screen) throw new RtcError(codes.INVALID_OPERATION, 5102, "startRemoteVideo", `${userId} publishes nothing`);
    if (!peer.flags[flagOf[streamType]]) throw new RtcError(codes.INVALID_OPERATION, 5103, "startRemoteVideo", `${userId} doesn't publish ${streamType}`);
    while (!peer.track(streamType) && this.#peerOf(userId) === peer) await new Promise((resolve) => setTimeout(resolve, 20)); // until they are connected
    peer.show(streamType, element);
  }

  async stopRemoteVideo({ userId, streamType } = {}) {
    check(userId === "*" || streamType, "stopRemoteVideo", 5014, "streamType is main or sub");
    for (const peer of this.#peers.values()) {
      if (userId !== "*" && peer.userId !== userId) continue;
      for (const place of streamType ? [streamType] : ["main", "sub"]) peer.hide(place);
    }
  }

  async muteRemoteAudio(userId, mute) {
    if (mute) this.#quiet.add(userId);
    else if (userId === "*") this.#quiet.clear();
    else this.#quiet.delete(userId);
    for (const peer of this.#peers.values()) peer.quiet = this.#quiet.has("*") || this.#quiet.has(peer.userId);
  }

  getVideoTrack({ userId = "", streamType = TYPE.STREAM_TYPE_MAIN } = {}) {
    return (userId ? this.#peerOf(userId)?.track(streamType) : this.#local[streamType]?.track) ?? null;
  }

  getAudioTrack(userId = "") {
    return (userId ? this.#peerOf(userId)?.track("audio") : this.#local.audio?.track) ?? null;
  }

  // enableAudioVolumeEvaluation tells every so many milliseconds how loud everybody
  // is; the one here has no userId.
  enableAudioVolumeEvaluation(interval = 2000) {
    clearInterval(this.#listening);
    if (interval <= 0) return;
    this.#listening = setInterval(() => {
      const result = [...this.#peers.values()].map(({ userId, volume }) => ({ userId, volume }));
      const own = this.#local.audio;
      if (own?.loudness) result.push({ userId: "", volume: own.muted ? 0 : own.loudness() });
      this.emit(EVENT.AUDIO_VOLUME, { result: result.sort((a, b) => b.volume - a.volume) });
    }, Math.max(interval, 100));
  }

  // --- One's own ---

  startLocalVideo(config = {}) { return this.#start("startLocalVideo", "main", config, camera(config.option)); }
  updateLocalVideo(config = {}) { return this.#update("updateLocalVideo", "main", config, config.option?.cameraId && camera(config.option)); }
  async stopLocalVideo() { this.#stop("main"); }

  startLocalAudio(config = {}) { return this.#start("startLocalAudio", "audio", config, microphone(config.option)); }
  updateLocalAudio(config = {}) { return this.#update("updateLocalAudio", "audio", config, config.option?.microphoneId && microphone(config.option)); }
  async stopLocalAudio() { this.#stop("audio"); }

  async startScreenShare(config = {}) {
    await this.#start("startScreenShare", "sub", config, (devices) => devices.getDisplayMedia({ video: true }));
    this.#local.sub.track.onended = () => { // by the browser's own button
      this.#stop("sub");
      this.emit(EVENT.SCREEN_SHARE_STOPPED);
    };
  }
  async stopScreenShare() { this.#stop("sub"); }

  async #start(functionName, place, { view, mute = false, publish = true }, ask) {
    const element = elementOf(view, functionName);
    if (this.#local[place]) throw new RtcError(codes.INVALID_OPERATION, undefined, functionName, "it is started already");
    const own = this.#local[place] = { muted: Boolean(mute), published: publish };
    try {
      own.track = await capture(functionName, ask);
    } catch (error) {
      if (this.#local[place] === own) delete this.#local[place];
      throw error;
    }
    if (this.#local[place] !== own) { // stopped meanwhile
      own.track.stop();
      throw new RtcError(codes.OPERATION_ABORT, undefined, functionName, "it was stopped meanwhile");
    }
    this.#show(place, element);
    await this.#publish(place);
  }

  async #update(functionName, place, { view, mute, publish }, ask) {
    const own = this.#local[place];
    if (!own?.track) throw new RtcError(codes.OPERATION_ABORT, undefined, functionName, "abort: not started");
    if (mute !== undefined) own.muted = Boolean(mute);
    if (publish !== undefined) own.published = publish;
    if (ask) {
      const track = await capture(functionName, ask);
      own.track.stop();
      own.track = track;
    }
    if (ask || view !== undefined) this.#show(place, view === undefined ? own.view : elementOf(view, functionName));
    await this.#publish(place);
  }

  #show(place, view) {
    const own = this.#local[place];
    own.hide?.();
    own.view = view;
    if (place === "audio") [own.loudness, own.hide] = listenTo(own.track);
    else own.hide = show(own.track, view);
  }

  #stop(place) {
    const own = this.#local[place];
    delete this.#local[place];
    own?.track?.stop();
    own?.hide?.();
    if (own) this.#publish(place);
  }

  async #publish(place) {
    const own = this.#local[place];
    if (own?.track) own.track.enabled = !own.muted;
    await Promise.all([...this.#peers.values()].map((peer) => peer.send(place, this.sent(place))));
    this.#tellMedia();
  }

  /** @package */
  sent(place) {
    const own = this.#local[place];
    return own?.published && own.track || null;
  }

  #tellMedia() {
    const { signal } = this.#abort, session = this.#session;
    if (!session) return;
    const flags = Object.fromEntries(places.map((place) => [flagOf[place], Boolean(this.sent(place)) && !this.#local[place].muted]));
    this.#saying = this.#saying.then(() => post("media", { session, ...flags }, signal)).catch(() => {});
  }
}

// post asks the server for something. An error that the server answers has its
// refusal {code, message}.
async function post(what, body, signal) {
  const response = await fetch(`/trtc/${what}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal });
  const text = await response.text();
  const answer = text ? JSON.parse(text) : {};
  if (!response.ok) throw Object.assign(new Error(answer.message), { refusal: answer });
  return answer;
}

async function devices(kind) {
  const all = await navigator.mediaDevices?.enumerateDevices() ?? [];
  return all.filter((device) => device.kind === kind && device.deviceId);
}

// listenTo returns what tells how loud a track is, from 0 to 100, and what ends that.
function listenTo(track) {
  const context = new AudioContext(), analyser = context.createAnalyser();
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  context.resume(); // a page that captures may
  const samples = new Float32Array(analyser.fftSize);
  const loudness = () => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    return Math.min(100, Math.round(Math.sqrt(Math.sqrt(power)) * 100));
  };
  return [loudness, () => { context.close(); }];
}

export default TRTC;
