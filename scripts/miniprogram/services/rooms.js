// The six cloud functions. What they refuse is thrown as a RoomError, whose message is a sentence
// for the user. To use this in another mini program, copy it with texts.js:
//
//   const rooms = require("./services/rooms").connect((name, data) =>
//     wx.cloud.callFunction({ name, data }).then(({ result }) => result));
//   const { roomInfo, signInfo } = await rooms.enter({ roomID: 9527 });
const { texts, fill, clock } = require("../texts");

/**
 * @typedef {object} Room
 * @property {string} roomID
 * @property {string} roomName
 * @property {string} creator
 * @property {string[]} [members] missing where HIDE_MEMBERS is set and the caller isn't in the room
 * @property {number} memberCount
 * @property {boolean} [private]
 * @property {string} [invitation] of a private room, for its members
 *
 * @typedef {object} SignInfo
 * @property {number} sdkAppID
 * @property {string} userID
 * @property {string} userSig
 * @property {string} roomID
 * @property {string} privateMapKey
 *
 * @typedef {string | number} RoomID
 *
 * @typedef {ReturnType<typeof connect>} Rooms
 */

class RoomError extends Error {
  /**
   * @param {string} reason what to go by: a function's, or OFFLINE, or FAILED
   * @param {{code?: string | number, msg?: string, until?: number, detail?: string}} [reply]
   */
  constructor(reason, reply = {}) {
    const sentence = texts.reasons[reason] || reply.msg || reason;
    super(fill(sentence, { until: clock(reply.until), detail: reply.detail }));
    this.reason = reason;
    this.code = reply.code; // the demo's: "5001", 3, …
    this.until = reply.until; // Unix seconds, when BANNED
  }
}

/** @param {import("./functions").CallFunction} callFunction */
function connect(callFunction) {
  /** @param {string} name @param {object} data */
  async function ask(name, data) {
    let reply;
    try {
      reply = await callFunction(name, data);
    } catch (error) {
      throw failure(error);
    }
    if (reply.code) throw new RoomError(reply.reason || String(reply.code), reply);
    return reply;
  }

  // Who leaves a room and enters it again at once must not be taken out by the quit that is on its way.
  /** @type {Promise<unknown>} */
  let leaving = Promise.resolve();

  return {
    /**
     * Signs the caller in to TRTC.
     * @param {RoomID} [roomID] of a room that the caller is in
     * @returns {Promise<SignInfo>}
     */
    sign: (roomID) => ask("webrtc-sig-api", { roomID }),

    /**
     * Makes a room with the caller in it.
     * @param {{roomName?: string, private?: boolean}} [wish]
     * @returns {Promise<Room>}
     */
    create: (wish = {}) => ask("webrtc-create-room", wish),

    /**
     * Enters a room, which is made if it isn't there. Entering again renews the seat.
     * @param {{roomID: RoomID, roomName?: string, private?: boolean, invitation?: string}} room
     * @returns {Promise<{msg: "enter" | "create", roomInfo: Room, signInfo: SignInfo}>}
     */
    enter: async (room) => {
      await leaving;
      return ask("webrtc-enter-room", room);
    },

    /** @param {RoomID} roomID */
    quit: (roomID) => {
      const quit = ask("webrtc-quit-room", { roomID });
      leaving = quit.catch(() => {}); // the seat then ends by itself
      return quit;
    },

    /**
     * Removes somebody, for the room's creator; and keeps them out for banSeconds.
     * @param {RoomID} roomID
     * @param {string} userID
     * @param {number} [banSeconds]
     * @returns {Promise<{roomInfo: Room, mediaRemoved?: boolean, mediaError?: string}>}
     */
    remove: (roomID, userID, banSeconds) => ask("webrtc-quit-room", { roomID, userID, banSeconds }),

    /**
     * Removes everybody, for the room's creator.
     * @param {RoomID} roomID
     * @returns {Promise<{mediaRemoved?: boolean, mediaError?: string}>}
     */
    close: (roomID) => ask("webrtc-quit-room", { roomID, closeRoom: true }),

    /**
     * One room; undefined if there is none that the caller may see.
     * @param {RoomID} roomID
     * @param {string} [invitation]
     * @returns {Promise<Room | undefined>}
     */
    info: async (roomID, invitation) => (await ask("webrtc-get-room-info", { roomID, invitation })).roomInfo,

    /**
     * A page of rooms, the newest first. next, if there is one, is the after of the page that follows.
     * @param {{after?: string, limit?: number}} [page]
     * @returns {Promise<{data: Room[], next?: string}>}
     */
    list: (page = {}) => ask("webrtc-get-room-list", page),
  };
}

/**
 * failure says whether nobody answered, or a function did that couldn't.
 * @param {any} error wx.cloud's, wx.request's, or what the local server replied
 */
function failure(error) {
  const detail = String((error && (error.errMsg || error.errorMessage || error.message)) || error);
  const unanswered = /request:fail|timeout|network|socket/i.test(detail);
  return new RoomError(unanswered ? "OFFLINE" : "FAILED", { detail });
}

module.exports = { connect, RoomError };
