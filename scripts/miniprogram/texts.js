// Every word on the screen: Chinese, and English beside it. Phones that are set to Chinese get the
// first, others the second. {names} are filled in.

const words = {
  rooms: {
    title: ["房间", "Rooms"],
    roomName: ["房间名称", "Name of the room"],
    private: ["私密：只有拿到邀请的人能进", "Private: for invited people only"],
    create: ["创建房间", "Create a room"],
    number: ["房间号", "Number of a room"],
    enter: ["进入", "Enter"],
    badNumber: ["房间号是 1 到 4294967294 的数字", "A room's number is from 1 to 4294967294"],
    none: ["还没有房间，创建一个吧", "There is no room yet: create one"],
    more: ["正在加载…", "Loading…"],
    end: ["没有更多了", "That's all"],
    people: ["{count} 人", "{count} in it"],
    unnamed: ["房间 {roomID}", "Room {roomID}"],
    tryFunctions: ["试用云函数", "Try the functions"],
    local: ["本地服务 {url}，身份：{user}", "Local server {url}, as {user}"],
    become: ["换个身份", "Be somebody else"],
    becomeTitle: ["用谁的身份？", "Who do you want to be?"],
    badUser: ["身份是 1 到 32 个英文字母、数字或符号", "1 to 32 letters, digits or signs of ASCII"],
  },
  room: {
    title: ["房间 {roomID}", "Room {roomID}"],
    entering: ["正在进入…", "Entering…"],
    me: ["我", "Me"],
    user: ["用户 {end}", "User {end}"],
    creator: ["房主", "host"],
    connecting: ["还没有接通", "not connected yet"],
    cameraOff: ["摄像头已关", "camera is off"],
    muted: ["已静音", "muted"],
    quality: [["", "网络很好", "网络好", "网络一般", "网络差", "网络很差", "网络断了"],
      ["", "excellent network", "good network", "fair network", "poor network", "bad network", "no network"]],
    microphoneOn: ["开麦克风", "Unmute"],
    microphoneOff: ["静音", "Mute"],
    cameraOn: ["开摄像头", "Camera on"],
    cameraOffButton: ["关摄像头", "Camera off"],
    switchCamera: ["前/后镜头", "Front/back"],
    beautyOn: ["开美颜", "Beauty on"],
    beautyOff: ["关美颜", "Beauty off"],
    speakerOn: ["扬声器", "Speaker"],
    speakerOff: ["听筒", "Earpiece"],
    invite: ["邀请", "Invite"],
    close: ["解散房间", "Close room"],
    leave: ["离开", "Leave"],
    muteUser: ["不听 {name}", "Mute {name} for me"],
    unmuteUser: ["听 {name}", "Unmute {name}"],
    remove: ["移出 {name}", "Remove {name}"],
    ban10m: ["移出，10 分钟内不能再进", "Remove, and keep out for 10 minutes"],
    ban1h: ["移出，1 小时内不能再进", "Remove, and keep out for 1 hour"],
    ban7d: ["移出，7 天内不能再进", "Remove, and keep out for 7 days"],
    confirmClose: ["所有人都会离开，房间不再存在。", "Everybody leaves, and the room is gone."],
    shareTitle: ["邀你进入「{name}」视频通话", "Join the video call “{name}”"],
  },
  try: {
    title: ["试用云函数", "Try the functions"],
    event: ["事件（JSON）", "Event (JSON)"],
    call: ["调用", "Call"],
    badJSON: ["这不是 JSON：{detail}", "This isn't JSON: {detail}"],
    ms: ["{ms} 毫秒", "{ms} ms"],
    failed: ["调用失败", "The call failed"],
  },
  // Shown above a call that goes on.
  notices: {
    camera: ["没有摄像头权限，别人看不到你。", "You gave no permission for the camera: nobody sees you."],
    microphone: ["没有麦克风权限，别人听不到你。", "You gave no permission for the microphone: nobody hears you."],
    offline: ["网络断了。恢复后会自动接上。", "The network is gone. The call goes on by itself when it is back."],
    lost: ["通话断开了。", "The call was cut off."],
    interrupted: ["来电或闹钟占用了麦克风，别人暂时听不到你。", "A phone call or an alarm has taken the microphone: nobody hears you."],
    returned: ["你刚才离开了微信前台，那时摄像头是停的，现在已恢复。", "You were in another app, and WeChat had stopped the camera. It is on again."],
    trouble: ["音视频出了问题（{code}）。", "There is trouble with sound or picture ({code})."],
    devtools: ["开发者工具里没有画面和声音，请用真机，或在浏览器中打开 {url}",
      "The developer tools show no picture and play no sound: use a phone, or open {url} in a browser"],
    devtoolsCloud: ["开发者工具里没有画面和声音，请用真机。", "The developer tools show no picture and play no sound: use a phone."],
    mediaRemained: ["已移出房间，但通话里可能还看得到对方：{detail}", "Removed from the room, but perhaps not from the call: {detail}"],
    refused: ["{detail}", "{detail}"],
  },
  // Why something was refused or is over: a function's reason, or one of our own.
  reasons: {
    BAD_ROOM_ID: ["房间号是 1 到 4294967294 的数字。", "A room's number is from 1 to 4294967294."],
    ROOM_FULL: ["房间满了。", "The room is full."],
    MISSING_PARAM: ["请求不完整，请更新小程序。", "The request is incomplete: update the mini program."],
    ROOM_NOT_FOUND: ["没有这个房间，也许已经解散。", "There is no such room. Perhaps it was closed."],
    USER_ID_MISMATCH: ["只有房主能移出别人。", "Only the host may remove others."],
    NO_IDENTITY: ["你还没有登录。", "You aren't logged in."],
    NOT_ALLOWED: ["只有房主能这样做。", "Only the host may do that."],
    NOT_A_MEMBER: ["你不在这个房间里。", "You aren't in this room."],
    NOT_INVITED: ["这是私密房间，请让里面的人给你发邀请。", "This room is private: ask somebody in it for an invitation."],
    BANNED: ["房主不让你在 {until} 之前进入。", "The host keeps you out until {until}."],
    TOO_MANY_ROOMS: ["你所在的房间太多了，先离开一个。", "You are in too many rooms: leave one first."],
    BAD_USER_ID: ["用户名不合规。", "The user id isn't valid."],
    BAD_ROOM_NAME: ["房间名称最长 64 个字。", "A room's name has at most 64 characters."],
    OFFLINE: ["连不上服务器，请检查网络。", "The server can't be reached: check the network."],
    FAILED: ["服务器没能处理，请稍后再试。（{detail}）", "The server couldn't do it: try again later. ({detail})"],
    PRIVACY: ["不同意隐私保护指引，就不能使用摄像头和麦克风。", "Without consent to the privacy guide there is no camera and no microphone."],
    JOIN_FAILED: ["没能接通音视频（{code}）。", "Sound and picture couldn't be connected ({code})."],
    REMOVED: ["房主把你移出了房间。", "The host has removed you from the room."],
    CLOSED: ["房间已经解散。", "The room was closed."],
    CLOSED_MEDIA_REMAINS: ["房间已经解散，但别人的通话可能还会持续半分钟：{detail}",
      "The room is closed, but the others' call may last half a minute longer: {detail}"],
    ELSEWHERE: ["你在另一台设备上进入了这个房间。", "You have entered this room on another device."],
    KICKED: ["你被移出了通话。", "You were taken out of the call."],
  },
  ways: {
    again: ["再试一次", "Try again"],
    enter: ["再次进入", "Enter again"],
    here: ["在这里继续", "Go on here"],
    back: ["回到房间列表", "Back to the rooms"],
    settings: ["去设置", "Open settings"],
    guide: ["查看指引", "Read the guide"],
    rejoin: ["重新接通", "Connect again"],
    resume: ["继续通话", "Go on"],
    dismiss: ["知道了", "OK"],
  },
};

/**
 * @param {any} node
 * @param {number} column
 * @returns {any}
 */
function choose(node, column) {
  if (Array.isArray(node)) return node[column];
  return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, choose(value, column)]));
}

/**
 * @param {string} language as WeChat says it: zh_CN, zh_TW, en, …
 * @returns {any}
 */
const textsIn = (language) => choose(words, language.startsWith("zh") ? 0 : 1);

/**
 * @param {string} text
 * @param {Record<string, unknown>} values
 */
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));

/**
 * The time of day, with the date unless it is today's.
 * @param {number} [seconds] Unix
 */
function clock(seconds) {
  if (!seconds) return "";
  const at = new Date(seconds * 1000);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return at.toDateString() === new Date().toDateString() ? time : `${at.getMonth() + 1}-${at.getDate()} ${time}`;
}

module.exports = { texts: textsIn(wx.getAppBaseInfo().language || "zh_CN"), textsIn, fill, clock };
