const config = require("./config");
const { cloud, local } = require("./services/functions");
const { connect } = require("./services/rooms");

/**
 * @typedef {object} RoomsApp
 * @property {import("./services/functions").CallFunction} callFunction
 * @property {import("./services/rooms").Rooms} rooms
 * @property {string} user who calls the local server; "" in the cloud, where WeChat says it
 * @property {(user: string) => void} become
 */

App({
  user: "",

  /** @this {RoomsApp} */
  onLaunch(options) {
    if (config.functions === "cloud") {
      this.callFunction = cloud(config.env);
    } else {
      this.become(options.query.user || wx.getStorageSync("user") || config.user);
      this.callFunction = local(config.url, () => this.user);
    }
    this.rooms = connect(this.callFunction);
  },

  /**
   * Two simulator windows share their files, but not their storage: so two can be two people.
   * @this {RoomsApp}
   * @param {string} user
   */
  become(user) {
    this.user = user;
    wx.setStorageSync("user", user);
  },
});
