const config = require("../../config");
const { texts, fill } = require("../../texts");
const t = texts.rooms;

const PAGE_SIZE = 20;

/** @typedef {import("../../services/rooms").Room} Room */

const app = () => /** @type {import("../../app").RoomsApp} */ (/** @type {unknown} */ (getApp()));

Page({
  data: {
    t,
    /** @type {{roomID: string, title: string, people: string}[]} */
    rooms: [],
    /** where the list goes on */
    next: "",
    loading: false,
    loaded: false,
    /** @type {import("../../services/call").Message | null} */
    problem: null,
    roomName: "",
    private: false,
    number: "",
    creating: false,
    /** what the local server is called as; "" in the cloud */
    local: "",
  },

  /** how often a list was asked for: only the last one is shown */
  turn: 0,

  onLoad() {
    wx.setNavigationBarTitle({ title: t.title });
  },

  // Coming back from a room, the list is another one.
  onShow() {
    this.setData({ local: app().user && fill(t.local, { url: config.url, user: app().user }) });
    this.reload();
  },

  async onPullDownRefresh() {
    await this.reload();
    wx.stopPullDownRefresh();
  },

  onReachBottom() {
    if (this.data.next && !this.data.loading) this.load(this.data.next);
  },

  reload() {
    return this.load();
  },

  /** @param {string} [after] */
  async load(after) {
    const turn = ++this.turn;
    this.setData({ loading: true, problem: null });
    try {
      const { data, next = "" } = await app().rooms.list({ after, limit: PAGE_SIZE });
      if (turn !== this.turn) return;
      const known = after ? this.data.rooms : [];
      this.setData({ rooms: [...known, ...data.map(line)], next, loading: false, loaded: true });
    } catch (error) {
      if (turn !== this.turn) return;
      const { message } = /** @type {Error} */ (error);
      this.setData({ loading: false, problem: { text: message, ways: [{ way: "again", label: texts.ways.again }] } });
    }
  },

  async create() {
    if (this.data.creating) return;
    this.setData({ creating: true });
    try {
      const { roomID } = await app().rooms.create({ roomName: this.data.roomName, private: this.data.private || undefined });
      this.setData({ roomName: "", private: false });
      this.open(roomID);
    } catch (error) {
      wx.showToast({ title: /** @type {Error} */ (error).message, icon: "none" });
    }
    this.setData({ creating: false });
  },

  enterNumber() {
    const number = this.data.number.trim();
    if (!/^\d{1,10}$/.test(number) || Number(number) < 1 || Number(number) > 4294967294) {
      wx.showToast({ title: t.badNumber, icon: "none" });
      return;
    }
    this.open(number);
  },

  /** @param {WechatMiniprogram.TouchEvent} event */
  enterRoom(event) {
    this.open(event.currentTarget.dataset.room);
  },

  /** @param {string} roomID */
  open(roomID) {
    wx.navigateTo({ url: `/pages/room/room?roomID=${roomID}` });
  },

  tryFunctions() {
    wx.navigateTo({ url: "/pages/try/try" });
  },

  /** become asks who to be, on the local server. */
  async become() {
    const { confirm, content } = await wx.showModal({ title: t.becomeTitle, editable: true, content: app().user });
    if (!confirm) return;
    const user = content.trim();
    if (!/^[!-~]{1,32}$/.test(user)) {
      wx.showToast({ title: t.badUser, icon: "none" });
      return;
    }
    app().become(user);
    this.onShow();
  },

  /** @param {WechatMiniprogram.Input} event */
  typeName(event) {
    this.setData({ roomName: event.detail.value });
  },

  /** @param {WechatMiniprogram.Input} event */
  typeNumber(event) {
    this.setData({ number: event.detail.value });
  },

  /** @param {WechatMiniprogram.SwitchChange} event */
  switchPrivate(event) {
    this.setData({ private: event.detail.value });
  },
});

/** @param {Room} room */
function line(room) {
  return {
    roomID: room.roomID,
    title: room.roomName || fill(t.unnamed, { roomID: room.roomID }),
    people: fill(t.people, { count: room.memberCount }),
  };
}
