// What the page says, in English and Chinese.
const words = {
  "rooms": ["Rooms", "房间列表"], "other": ["中文", "English"], "other.label": ["切换到中文", "Switch to English"],
  "title": ["Room {room}", "房间 {room}"], "title.new": ["A new room", "新房间"], "people": ["People in the room", "房间里的人"],

  "lobby": ["Ready to join", "准备进入"], "joining": ["Joining…", "正在进入…"], "joined": ["Connected", "已连接"], "reconnecting": ["The connection is lost. Reconnecting…", "连接已断开，正在重新连接…"],
  "refused": ["You could not join", "未能进入"], "removed": ["You are no longer in the call", "你已不在通话中"], "closed": ["The room is closed", "房间已关闭"], "left": ["You have left", "你已离开"],

  "name": ["Your name (1 to 32 letters, digits or signs)", "你的名字（1 到 32 个字母、数字或符号）"], "private": ["For invited people only", "仅限受邀者进入"], "join": ["Join", "进入"],
  "devices": ["Devices", "设备"], "camera": ["Camera", "摄像头"], "microphone": ["Microphone", "麦克风"], "level": ["Your voice", "你的音量"], "device": ["Device {n}", "设备 {n}"], "device.none": ["none", "无"],
  "mic.on": ["Mute", "静音"], "mic.off": ["Unmute", "取消静音"], "camera.on": ["Camera off", "关闭摄像头"], "camera.off": ["Camera on", "打开摄像头"],
  "screen.on": ["Stop sharing", "停止共享"], "screen.off": ["Share screen", "共享屏幕"], "copy": ["Copy the link", "复制链接"], "copied": ["Copied: send it to the next person.", "已复制，发给下一个人。"], "copy.byHand": ["Copy this link: {link}", "请复制链接：{link}"],
  "signatures": ["Look at the signatures", "查看签名"],
  "leave": ["Leave", "离开"], "close": ["Close the room", "关闭房间"], "again": ["Join again", "重新进入"],
  "ask": ["Remove {who}?", "移出 {who}？"], "ask.why": ["They are out at once. With their link they can come back, unless you keep them out for a while.", "对方立即离开通话。除非限制一段时间，否则对方还可以凭链接回来。"],
  "ask.remove": ["Remove", "移出"], "ask.ban": ["Remove for 10 minutes", "移出，10 分钟内不得进入"], "ask.cancel": ["Cancel", "取消"],

  "me": ["{who} (you)", "{who}（你）"], "sharing": ["{who}’s screen", "{who} 的屏幕"], "creator": ["creator", "创建者"], "muted": ["muted", "已静音"], "speaking": ["speaking", "正在说话"],
  "waiting": ["not connected", "未连接"], "seats": ["Free seats: {free} of {seats}.", "共 {seats} 个座位，还有 {free} 个空座位。"], "seats.none": ["All {seats} seats are taken.", "{seats} 个座位已满。"], "remove": ["Remove {who}", "移出 {who}"],

  "notice.camera.5301": ["No camera was found: you join without a picture.", "没有找到摄像头：你没有画面。"],
  "notice.camera.5302": ["The camera is not allowed: you join without a picture. Allow it in the address bar, then press Camera on.", "摄像头未获授权：你没有画面。请在地址栏中允许，再点「打开摄像头」。"],
  "notice.camera.5303": ["The camera is in use by another program: you join without a picture.", "摄像头被其他程序占用：你没有画面。"],
  "notice.camera": ["The camera does not work: {error}", "摄像头不可用：{error}"],
  "notice.mic.5301": ["No microphone was found: nobody hears you.", "没有找到麦克风：别人听不到你。"],
  "notice.mic.5302": ["The microphone is not allowed: nobody hears you. Allow it in the address bar, then press Unmute.", "麦克风未获授权：别人听不到你。请在地址栏中允许，再点「取消静音」。"],
  "notice.mic.5303": ["The microphone is in use by another program: nobody hears you.", "麦克风被其他程序占用：别人听不到你。"],
  "notice.mic": ["The microphone does not work: {error}", "麦克风不可用：{error}"],
  "notice.screen": ["The screen is not shared: {error}", "未能共享屏幕：{error}"],
  "notice.silent": ["The browser plays no sound before you click.", "浏览器要求先点击，才会播放声音。"], "hear": ["Hear the others", "播放声音"],
  "notice.media": ["They lost their seat, but are still in the call: {error}", "对方的座位已收回，但仍在通话中：{error}"], "notice.failed": ["That did not work: {error}", "操作失败：{error}"],

  "why.ROOM_FULL": ["All seats are taken. Try again when somebody has left.", "座位已满。等有人离开后再试。"],
  "why.BANNED": ["The room’s creator keeps you out until {until}.", "房间创建者在 {until} 之前不让你进入。"],
  "why.NOT_INVITED": ["The room is for invited people only. Ask somebody who is in it for the link.", "这个房间仅限受邀者进入。请向房间里的人要链接。"],
  "why.TOO_MANY_ROOMS": ["You are in too many rooms. Leave one of them first.", "你所在的房间太多，请先离开一个。"],
  "why.BAD_ROOM_ID": ["A room’s number is from 1 to 4294967294.", "房间号是 1 到 4294967294 的整数。"],
  "why.BAD_USER_ID": ["A name is 1 to 32 letters, digits or signs, without spaces.", "名字是 1 到 32 个字母、数字或符号，不含空格。"],
  "why.TIMEOUT": ["Nothing answered for {seconds} seconds. Check the network, then try again.", "{seconds} 秒内没有应答。请检查网络后再试。"],
  "why.INSECURE": ["Browsers allow calls on https pages and on localhost only. Open this page there.", "浏览器只允许在 https 页面或 localhost 上通话。请换用这样的地址打开。"],
  "why.UNSUPPORTED": ["This browser can’t make calls. Use a recent Chrome, Edge, Firefox or Safari.", "这个浏览器不支持通话。请使用新版 Chrome、Edge、Firefox 或 Safari。"],
  "why.kick": ["You have entered the room elsewhere, in another tab or on another device.", "你已在另一个标签页或另一台设备上进入这个房间。"],
  "why.banned": ["You were removed from the room.", "你已被移出房间。"], "why.room_disband": ["Its creator has closed it.", "创建者关闭了房间。"],
  "why.left": ["Your seat is free for the next one.", "你的座位已经空出。"],
  "why.other": ["{error} ({code})", "{error}（{code}）"],
};

export let language = document.documentElement.lang === "zh-CN" ? "zh" : "en"; // as the server has written it

export function setLanguage(next) {
  language = next;
  document.documentElement.lang = next === "zh" ? "zh-CN" : "en";
  document.cookie = `webrtc-room-language=${next}; path=/; max-age=31536000; samesite=strict`;
}

export const has = (key) => key in words;

// t returns the words for a key, with {name} replaced.
export function t(key, values = {}) {
  return words[key][language === "zh" ? 1 : 0].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
