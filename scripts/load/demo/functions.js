// The rooms as the JavaScript demo of 2018 keeps them, written anew from what it answers: each
// function looks at the database by itself, and calls the others for what they do. Its
// signatures are today's, by Tencent's own library.
const { Api } = require("tls-sig-api-v2");

const collection = "webrtcRooms";
const seats = 4;

module.exports = (cloud) => {
  cloud.init({ env: process.env.TCB_ENV });
  const database = cloud.database();
  const rooms = () => database.collection(collection);
  const call = async (name, data) => (await cloud.callFunction({ name, data })).result;
  const caller = (event) => event.userID || cloud.getWXContext().OPENID;

  async function info({ roomID }) {
    const found = await rooms().where({ roomID }).get();
    return { ...found, roomInfo: found.data[0] };
  }

  async function list({ skip = 0, limit = 10 }) {
    return rooms().orderBy("createTime", "desc").skip(skip).limit(limit).get();
  }

  async function create(event) {
    const { roomID, roomName } = event;
    const taken = await rooms().where({ roomID }).count();
    if (taken.total > 0) return { code: 1, msg: "exists" };
    const creator = caller(event);
    const room = { roomID, roomName, creator, members: [creator], createTime: new Date(), privateMapKey: event.privateMapKey };
    await rooms().add({ data: room });
    return room;
  }

  async function sign(event) {
    const sdkAppID = Number(process.env.TRTC_SDK_APP_ID);
    const userID = caller(event);
    const api = new Api(sdkAppID, process.env.TRTC_SECRET_KEY);
    const reply = { ...event, userID, sdkAppID, userSig: api.genUserSig(userID, 7200) };
    if (event.roomID) reply.privateMapKey = api.genPrivateMapKey(userID, 7200, Number(event.roomID), 255);
    return reply;
  }

  async function enter(event) {
    const userID = caller(event);
    const { roomID, roomName } = event;
    const signInfo = await call("webrtc-sig-api", { userID, roomID });
    const { roomInfo } = await call("webrtc-get-room-info", { roomID });
    if (!roomInfo) {
      const room = await call("webrtc-create-room", { userID, roomID, roomName, privateMapKey: signInfo.privateMapKey });
      return { roomInfo: room, signInfo, msg: "create" };
    }
    if (!roomInfo.members.includes(userID)) {
      if (roomInfo.members.length >= seats) return { code: "5001", msg: "超出房间人数上限" };
      roomInfo.members.push(userID);
      await rooms().doc(roomInfo._id).update({ data: { members: roomInfo.members } });
    }
    return { roomInfo, signInfo, msg: "enter" };
  }

  async function quit(event) {
    const userID = caller(event);
    const { roomInfo } = await call("webrtc-get-room-info", { roomID: event.roomID });
    if (!roomInfo) return { code: 3, msg: "请求失败，房间不存在" };
    roomInfo.members = roomInfo.members.filter((member) => member !== userID);
    const room = rooms().doc(roomInfo._id);
    const res = roomInfo.members.length ? await room.update({ data: { members: roomInfo.members } }) : await room.remove();
    return { roomInfo, res };
  }

  return {
    "webrtc-create-room": create,
    "webrtc-enter-room": enter,
    "webrtc-get-room-info": info,
    "webrtc-get-room-list": list,
    "webrtc-quit-room": quit,
    "webrtc-sig-api": sign,
  };
};
