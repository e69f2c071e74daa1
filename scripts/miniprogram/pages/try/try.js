// Calls any function with any event, and shows the reply as it came.
const { texts, fill } = require("../../texts");
const t = texts.try;

/** @type {{name: string, event: object}[]} */
const functions = [
  { name: "webrtc-sig-api", event: {} },
  { name: "webrtc-create-room", event: { roomName: "hello", private: false } },
  { name: "webrtc-enter-room", event: { roomID: 9527, roomName: "hello" } },
  { name: "webrtc-get-room-info", event: { roomID: 9527 } },
  { name: "webrtc-get-room-list", event: { limit: 10 } },
  { name: "webrtc-quit-room", event: { roomID: 9527 } },
];

Page({
  data: {
    t,
    functions,
    name: "",
    event: "",
    reply: "",
    took: "",
    calling: false,
  },

  onLoad() {
    wx.setNavigationBarTitle({ title: t.title });
    this.show(functions[0]);
  },

  /** @param {WechatMiniprogram.TouchEvent} event */
  choose(event) {
    const { name } = event.currentTarget.dataset;
    this.show(/** @type {typeof functions[0]} */ (functions.find((f) => f.name === name)));
  },

  /** @param {{name: string, event: object}} f */
  show(f) {
    this.setData({ name: f.name, event: JSON.stringify(f.event), reply: "", took: "" });
  },

  /** @param {WechatMiniprogram.Input} event */
  type(event) {
    this.setData({ event: event.detail.value });
  },

  async call() {
    const { name } = this.data;
    let event;
    try {
      event = JSON.parse(this.data.event || "{}");
    } catch (error) {
      this.setData({ reply: fill(t.badJSON, { detail: /** @type {Error} */ (error).message }), took: "" });
      return;
    }
    this.setData({ calling: true });
    const start = Date.now();
    let reply;
    try {
      reply = JSON.stringify(await /** @type {any} */ (getApp()).callFunction(name, event), null, 2);
    } catch (error) {
      const { errMsg, errorMessage } = /** @type {any} */ (error);
      reply = `${t.failed}: ${errMsg || errorMessage || error}`;
    }
    if (name === this.data.name) this.setData({ reply, took: fill(t.ms, { ms: Date.now() - start }) });
    this.setData({ calling: false });
  },
});
