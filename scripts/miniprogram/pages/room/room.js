// The call. What it is made of is in services/call.js: this page hands over what happens, and shows
// the view that comes back.
const config = require("../../config");
const { Call } = require("../../services/call");
const permissions = require("../../services/permissions");
const { texts, fill } = require("../../texts");
const t = texts.room;

/** @typedef {import("../../services/call").Tile} Tile */

const app = () => /** @type {import("../../app").RoomsApp} */ (/** @type {unknown} */ (getApp()));

Page({
  data: {
    t,
    phase: "entering",
    /** @type {any} the call's view */
    room: null,
    host: false,
    /** @type {any} */
    pusher: {},
    /** @type {Tile[]} */
    tiles: [],
    /** the tile that has most of the screen: an id, "me", or "" for a grid */
    large: "",
  },

  /** @type {Call | undefined} */
  call: undefined,
  wanted: { roomID: "", invitation: /** @type {string | undefined} */ (undefined) },
  /** @type {Record<string, (detail?: any) => void>} */
  listeners: {},

  /**
   * @param {Record<string, string | undefined>} query roomID, and what a share card has in it
   * @returns {Promise<void>} when there is sound and picture, or a reason why not
   */
  onLoad(query) {
    const { roomID = "", invitation } = query;
    wx.setNavigationBarTitle({ title: fill(t.title, { roomID }) });
    wx.setKeepScreenOn({ keepScreenOn: true });
    this.wanted = { roomID, invitation };
    this.call = new Call(this, app().rooms, (view, shown) => this.show(view, shown));

    const call = this.call;
    this.listeners = {
      network: (/** @type {{isConnected: boolean}} */ { isConnected }) => call.networkChanged(isConnected),
      interrupted: () => call.interrupted(),
      resumed: () => call.resume(),
    };
    wx.onNetworkStatusChange(this.listeners.network);
    wx.onAudioInterruptionBegin(this.listeners.interrupted);
    wx.onAudioInterruptionEnd(this.listeners.resumed);
    return this.enter();
  },

  /**
   * @param {any} view what has changed of the call's
   * @param {() => void} [shown]
   */
  show(view, shown) {
    const { large } = this.data;
    const gone = view.tiles && large !== "me" && !view.tiles.some((/** @type {Tile} */ { id }) => id === large);
    this.setData(gone ? { ...view, large: "" } : view, shown);
  },

  /** @returns {Promise<void>} */
  async enter() {
    const { call, wanted } = this;
    if (!call) return;
    const { privacy, ...allowed } = await permissions.ask();
    if (call.gone) return;
    if (!privacy) {
      call.end("PRIVACY");
      return;
    }
    if (wx.getDeviceInfo().platform === "devtools") {
      // Sound and picture can be had in a browser, on the local server's page.
      const { user } = app();
      if (user) call.notice("devtools", { url: `${config.url}/call?room=${wanted.roomID}&user=${encodeURIComponent(user)}` });
      else call.notice("devtoolsCloud");
    }
    await call.enter(wanted, allowed);
  },

  onShow() {
    this.call?.returned();
  },

  onHide() {
    this.call?.hidden();
  },

  onUnload() {
    const { listeners } = this;
    this.call?.leave();
    wx.offNetworkStatusChange(listeners.network);
    wx.offAudioInterruptionBegin(listeners.interrupted);
    wx.offAudioInterruptionEnd(listeners.resumed);
    wx.setKeepScreenOn({ keepScreenOn: false });
  },

  /** @returns {WechatMiniprogram.Page.ICustomShareContent} */
  onShareAppMessage() {
    const { room } = this.data;
    if (!room) return { path: "/pages/rooms/rooms" };
    const name = room.roomName || fill(t.title, { roomID: room.roomID });
    const invitation = room.invitation ? `&invitation=${room.invitation}` : "";
    return { title: fill(t.shareTitle, { name }), path: `/pages/room/room?roomID=${room.roomID}${invitation}` };
  },

  /**
   * The way on from a message.
   * @param {WechatMiniprogram.CustomEvent<string>} event
   */
  async go(event) {
    const { call } = this;
    if (!call) return;
    switch (event.detail) {
      case "again":
        if (this.data.phase === "in") await call.renew();
        else await this.enter();
        break;
      case "enter":
      case "here":
        await this.enter();
        break;
      case "back":
        this.leave();
        break;
      case "rejoin":
        call.rejoin();
        break;
      case "resume":
        call.resume();
        break;
      case "guide":
        wx.openPrivacyContract({});
        break;
      case "settings":
        await this.openSettings();
        break;
      case "dismiss":
        call.dismiss();
        break;
    }
  },

  async openSettings() {
    const { camera, microphone } = await permissions.settings();
    if (camera) this.call?.setPusher({ enableCamera: true });
    if (microphone) this.call?.setPusher({ enableMic: true });
  },

  /** leave goes back to the rooms. A share card opens this page without another below it. */
  leave() {
    if (getCurrentPages().length > 1) wx.navigateBack();
    else wx.reLaunch({ url: "/pages/rooms/rooms" });
  },

  // --- <live-pusher> and <live-player>

  /** @param {any} event */
  pusherState(event) {
    this.call?.stateChanged(event);
  },

  /** @param {any} event */
  pusherError(event) {
    this.call?.trtc.pusherErrorHandler(event);
  },

  /** @param {any} event */
  pusherNet(event) {
    this.call?.trtc.pusherNetStatusHandler(event);
  },

  /** @param {any} event */
  pusherVolume(event) {
    this.call?.trtc.pusherAudioVolumeNotify(event);
  },

  /** @param {any} event */
  playerState(event) {
    this.call?.trtc.playerEventHandler(event);
  },

  /** @param {any} event */
  playerNet(event) {
    this.call?.trtc.playerNetStatus(event);
  },

  /** @param {any} event */
  playerVolume(event) {
    this.call?.trtc.playerAudioVolumeNotify(event);
  },

  // --- buttons

  toggleMicrophone() {
    this.call?.toggleMicrophone();
  },

  toggleCamera() {
    this.call?.toggleCamera();
  },

  switchCamera() {
    this.call?.switchCamera();
  },

  toggleBeauty() {
    this.call?.toggleBeauty();
  },

  toggleSpeaker() {
    this.call?.toggleSpeaker();
  },

  /** @param {WechatMiniprogram.TouchEvent} event */
  enlarge(event) {
    const { id } = event.currentTarget.dataset;
    this.setData({ large: this.data.large === id ? "" : id });
  },

  /** @param {WechatMiniprogram.TouchEvent} event */
  async manage(event) {
    const tile = this.data.tiles.find(({ id }) => id === event.currentTarget.dataset.id);
    const { call } = this;
    if (!tile || !call) return;
    const { name, userID } = tile;
    const choices = [{ text: fill(tile.muteAudio ? t.unmuteUser : t.muteUser, { name }), go: async () => call.toggleHearing(tile.id) }];
    if (this.data.host) {
      choices.push(
        { text: fill(t.remove, { name }), go: () => call.remove(userID) },
        { text: t.ban10m, go: () => call.remove(userID, 600) },
        { text: t.ban1h, go: () => call.remove(userID, 3600) },
        { text: t.ban7d, go: () => call.remove(userID, 604800) },
      );
    }
    let tapIndex;
    try {
      ({ tapIndex } = await wx.showActionSheet({ itemList: choices.map(({ text }) => text) }));
    } catch {
      return; // nothing was chosen
    }
    await choices[tapIndex].go();
  },

  async close() {
    const { confirm } = await wx.showModal({ title: t.close, content: t.confirmClose });
    if (confirm) await this.call?.close();
  },
});
