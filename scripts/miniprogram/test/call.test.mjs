// The room page: everybody in it is a phone of its own.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, mock, test } from "node:test";
import { read } from "./live.mjs";
import { answers, asked, exceptions, last, listening, network, Phone, printed, serve, until, wechat } from "./phone.mjs";

const RENEW = 25_000;

let server;
before(async () => (server = await serve()));
after(() => server.stop());

let screens = [];
beforeEach(() => {
  mock.timers.enable({ apis: ["setInterval", "Date"], now: Date.now() });
  asked.length = 0;
  answers.clear();
  network.up = true;
});
afterEach(async () => {
  network.up = true;
  for (const screen of screens.splice(0)) {
    if (screen.phone.pages.includes(screen.instance)) screen.leave();
    await screen.pusher.stopped;
  }
  mock.timers.reset();
  assert.deepEqual(exceptions.splice(0), []);
  assert.equal(listening(), 0, "nobody listens any more");
});

let number = 1000;
const fresh = () => String(++number);

/** enter opens the room page, and waits until there is sound and picture, or a reason why not. */
async function enter(user, roomID, query = {}, platform = undefined) {
  const screen = await new Phone(user, platform).open("pages/room/room", { roomID, ...query });
  screens.push(screen);
  await until(() => screen.pusher.session || screen.data.phase === "over", `${user} is in ${roomID}`);
  return screen;
}

const names = (screen) => screen.data.tiles.map(({ name }) => name);
const seesEverybody = (...all) => until(() => all.every((screen) => screen.data.tiles.filter(({ src }) => src).length === all.length - 1), "all see each other");
const members = async (roomID) => (await new Phone("somebody").app.rooms.info(roomID))?.members ?? [];
const renew = (screen) => {
  mock.timers.tick(RENEW);
  return until(() => !screen.instance.call.renewing, "the seat is renewed");
};
const over = (screen, text) => until(() => screen.data.phase === "over" && text.test(screen.text), () => `${text}, not ${screen.text}`);
const notice = (screen, text) => until(() => screen.data.notice && text.test(screen.data.notice.text), () => `${text}, not ${JSON.stringify(screen.data.notice)}`);
const quiet = (screen) => until(() => !screen.data.notice, () => `no notice, not ${JSON.stringify(screen.data.notice)}`);

test("the SDK's address carries what the function gave, and TRTC accepts it", async () => {
  const roomID = fresh();
  const screen = await enter("alice", roomID);

  const { signInfo, roomInfo } = network.requests.findLast(({ url }) => url.endsWith("webrtc-enter-room")).reply;
  const address = read(screen.attributes("#pusher").url);
  assert.equal(address.sdkappid, String(signInfo.sdkAppID));
  assert.equal(address.roomid, roomID);
  assert.equal(address.strroomid, undefined, "a room's name would be another room");
  assert.equal(address.userid, "alice");
  assert.equal(address.usersig, signInfo.userSig);
  assert.equal(address.privatemapkey, signInfo.privateMapKey);
  assert.equal(address.appscene, "videocall");
  assert.equal(roomInfo.creator, "alice");
  assert.ok(screen.pusher.session, "TRTC has accepted it");
  assert.deepEqual(screen.pusher.calls, ["start"]);
  assert.equal(last("setNavigationBarTitle").title, `房间 ${roomID}`);
  assert.match(screen.text, /我 ?· 房主/);

  // The SDK would send both to a log server, and print them.
  const elsewhere = network.requests.filter(({ url }) => !url.startsWith(server.url));
  assert.deepEqual(elsewhere, []);
  for (const secret of [signInfo.userSig, signInfo.privateMapKey]) assert.ok(!printed.join().includes(secret), "a signature is printed");
  assert.equal(screen.data.pusher.userSig, undefined);
});

test("four people, and the fifth", async () => {
  const roomID = fresh();
  const [alice, bob, carol, dave] = [await enter("alice", roomID), await enter("bob", roomID), await enter("carol", roomID), await enter("dave", roomID)];
  await seesEverybody(alice, bob, carol, dave);
  assert.deepEqual(names(dave), ["alice", "bob", "carol"]);
  assert.match(bob.text, /alice ?· 房主/);
  assert.ok(bob.find("#alice_main"), "a player for alice");
  assert.match(bob.attributes("#alice_main").src, /userid=alice/);
  assert.ok(alice.find(".of-4"));

  const erin = await enter("erin", roomID);
  await over(erin, /房间满了/);
  assert.deepEqual(erin.ways("#ending"), ["again", "back"]);
  assert.equal(erin.find("#pusher"), undefined, "the camera is off");

  bob.leave();
  await until(() => names(alice).length === 2);
  assert.deepEqual(names(alice), ["carol", "dave"]);
  await until(() => erin.instance.call.rooms && !bob.pusher.session);
  await erin.way("#ending", "again");
  await until(() => erin.pusher.session);
  await seesEverybody(alice, carol, dave, erin);

  await erin.tap(".leave");
  assert.ok(last("reLaunch"), "there is no page to go back to");
});

test("tiles: who is loud, who is muted, one large", async () => {
  const roomID = fresh();
  const alice = await enter("alice", roomID);
  const bob = await enter("bob", roomID);
  await seesEverybody(alice, bob);

  const tile = () => alice.data.tiles[0];
  await alice.fire("#bob_main", "audiovolumenotify", { volume: 60 });
  assert.equal(tile().loud, true);
  assert.ok(alice.find(".loud"));
  await alice.fire("#bob_main", "audiovolumenotify", { volume: 2 });
  assert.equal(tile().loud, false);
  await alice.fire("#pusher", "audiovolumenotify", { volume: 60 });
  assert.equal(alice.data.me.loud, true);
  await alice.fire("#bob_main", "netstatus", { info: { netQualityLevel: 4, videoWidth: 360, videoHeight: 640 } });
  assert.match(tile().caption, /网络差/);
  await alice.fire("#pusher", "netstatus", { info: { netQualityLevel: 1 } });
  assert.match(alice.text, /网络很好/);

  await bob.pusher.post("media", { audio: false, video: false, screen: false });
  await until(() => /摄像头已关 · 已静音/.test(tile().caption));
  assert.equal(tile().loud, false);
  await bob.pusher.post("media", { audio: true, video: true, screen: false });
  await until(() => tile().src);

  await alice.tap("#tile-bob_main");
  assert.equal(alice.data.large, "bob_main");
  assert.ok(alice.find(".one-large") && alice.find(".large"));
  await alice.tap("#tile-me");
  assert.equal(alice.data.large, "me");
  await alice.tap("#tile-me");
  assert.equal(alice.data.large, "", "a grid again");

  await alice.tap("#tile-bob_main");
  bob.leave();
  await until(() => !alice.data.tiles.length);
  assert.equal(alice.data.large, "", "who has left isn't large");
});

test("somebody who isn't connected has a tile, too", async () => {
  const roomID = fresh();
  const alice = await enter("alice", roomID);
  await new Phone("oABCDEFGHIJKLMNOPQRSTUVWX1234").app.rooms.enter({ roomID });
  await renew(alice);
  await until(() => alice.data.tiles.length === 1);
  assert.match(alice.text, /用户 1234.*还没有接通/);
  assert.equal(alice.data.tiles[0].src, "");
});

test("the buttons", async () => {
  const screen = await enter("alice", fresh());
  const pusher = () => screen.attributes("#pusher");
  const both = async (selector, read, on, off) => {
    assert.equal(read(), on, selector);
    await screen.tap(selector);
    assert.equal(read(), off, selector);
    await screen.tap(selector);
    assert.equal(read(), on, selector);
  };
  await both(".microphone", () => pusher().enableMic, true, false);
  await both(".camera", () => pusher().enableCamera, true, false);
  await both(".beauty", () => pusher().beauty, 0, 5);
  await both(".speaker", () => screen.data.speaker, true, false);
  await both(".switch-camera", () => pusher().devicePosition, "front", "back");
  assert.equal(screen.pusher.calls.filter((call) => call === "switchCamera").length, 2);
  await screen.tap(".microphone");
  assert.match(screen.text, /开麦克风/);
  assert.match(screen.text, /已静音/);
});

test("not hearing somebody", async () => {
  const roomID = fresh();
  const [alice, bob] = [await enter("alice", roomID), await enter("bob", roomID)];
  await seesEverybody(alice, bob);
  await bob.tap("#manage-alice_main");
  assert.deepEqual(last("showActionSheet").itemList, ["不听 alice"], "only the host can do more");
  await until(() => bob.attributes("#alice_main").muteAudio === true);
  answers.set("showActionSheet", new Error("showActionSheet:fail cancel"));
  await bob.tap("#manage-alice_main");
  assert.deepEqual(last("showActionSheet").itemList, ["听 alice"]);
  assert.equal(bob.attributes("#alice_main").muteAudio, true);
  assert.equal(bob.data.large, "", "the menu isn't the tile");
});

test("the host removes somebody, who hears it from TRTC", async () => {
  const roomID = fresh();
  const [alice, bob] = [await enter("alice", roomID), await enter("bob", roomID)];
  await seesEverybody(alice, bob);
  answers.set("showActionSheet", { tapIndex: 1 });
  await alice.tap("#manage-bob_main");
  await over(bob, /房主把你移出了房间/);
  assert.deepEqual(bob.ways("#ending"), ["back", "enter"]);
  await until(() => alice.data.tiles.length === 0);
  assert.equal(alice.data.notice, null);
  assert.deepEqual(await members(roomID), ["alice"]);
  await bob.way("#ending", "enter");
  await until(() => bob.pusher.session);
});

test("the host removes somebody, who hears it from the functions", async () => {
  const roomID = fresh();
  const [alice, bob] = [await enter("alice", roomID), await enter("bob", roomID)];
  await bob.pusher.end.abort(); // TRTC says nothing
  await alice.phone.app.rooms.remove(roomID, "bob");
  await renew(bob);
  await over(bob, /房主把你移出了房间/);
  assert.deepEqual(await members(roomID), ["alice"], "renewing gives no seat back");
});

test("banned, with the time", async () => {
  const roomID = fresh();
  const [alice, bob] = [await enter("alice", roomID), await enter("bob", roomID)];
  await seesEverybody(alice, bob);
  answers.set("showActionSheet", { tapIndex: 3 });
  await alice.tap("#manage-bob_main");
  await over(bob, /移出了房间/);
  await bob.way("#ending", "enter");
  await over(bob, /房主不让你在 (\d+-\d+ )?\d\d:\d\d 之前进入/);
  assert.deepEqual(bob.ways("#ending"), ["back"]);
  assert.deepEqual(await members(roomID), ["alice"]);
});

test("a private room, and its invitation", async () => {
  const alice = new Phone("alice");
  const { roomID } = await alice.app.rooms.create({ roomName: "secret", private: true });
  const host = await enter("alice", roomID);
  assert.equal(host.data.room.private, true);

  const bob = await enter("bob", roomID);
  await over(bob, /私密房间/);
  assert.deepEqual(bob.ways("#ending"), ["back"]);

  const card = host.instance.onShareAppMessage();
  assert.equal(card.title, "邀你进入「secret」视频通话");
  const [path, query] = card.path.split("?");
  assert.equal(path, "/pages/room/room");
  const guest = await enter("carol", undefined, Object.fromEntries(new URLSearchParams(query)));
  await seesEverybody(host, guest);
  assert.equal(guest.instance.onShareAppMessage().path, card.path, "a guest may invite others");
  await renew(guest);
  assert.equal(guest.data.phase, "in");
});

test("the share card of a room that is nobody's secret", async () => {
  const roomID = fresh();
  const screen = await enter("alice", roomID);
  assert.deepEqual(screen.instance.onShareAppMessage(), { title: `邀你进入「房间 ${roomID}」视频通话`, path: `/pages/room/room?roomID=${roomID}` });
});

test("the host closes the room", async () => {
  const roomID = fresh();
  const [alice, bob] = [await enter("alice", roomID), await enter("bob", roomID)];
  await seesEverybody(alice, bob);
  assert.equal(bob.find(".close"), undefined);
  answers.set("showModal", { confirm: false });
  await alice.tap(".close");
  assert.equal(alice.data.phase, "in");
  answers.set("showModal", { confirm: true });
  await alice.tap(".close");
  await over(alice, /房间已经解散/);
  await over(bob, /房间已经解散/);
  assert.deepEqual(await members(roomID), []);
});

test("a closed room, as the functions tell it", async () => {
  const roomID = fresh();
  const [alice, bob] = [await enter("alice", roomID), await enter("bob", roomID)];
  await bob.pusher.end.abort();
  await alice.phone.app.rooms.close(roomID);
  await renew(bob);
  await over(bob, /房间已经解散/);
  assert.deepEqual(await members(roomID), [], "renewing makes no new room");
});

test("a room that is closed between two calls of a renewal", async () => {
  const roomID = fresh();
  const screen = await enter("alice", roomID);
  await screen.pusher.end.abort();
  const { rooms } = screen.instance.call;
  const { info } = rooms;
  rooms.info = async (...args) => {
    const room = await info(...args);
    await rooms.close(roomID);
    return room;
  };
  await renew(screen);
  await over(screen, /房间已经解散/);
  await until(() => network.requests.at(-1).url.endsWith("quit-room"));
  rooms.info = info;
  await screen.instance.call.rooms.enter({ roomID: fresh() }); // waits for the quit
  assert.deepEqual(await members(roomID), []);
});

test("what the functions couldn't do at TRTC is said", async () => {
  const roomID = fresh();
  const [alice, bob] = [await enter("alice", roomID), await enter("bob", roomID)];
  await seesEverybody(alice, bob);
  const { rooms } = alice.instance.call;
  const { remove, close } = rooms;
  const unheard = { mediaRemoved: false, mediaError: "TRTC 没有回应" };
  rooms.remove = async (...args) => ({ ...(await remove(...args)), ...unheard });
  rooms.close = async (...args) => ({ ...(await close(...args)), ...unheard });
  answers.set("showActionSheet", { tapIndex: 1 });
  await alice.tap("#manage-bob_main");
  await notice(alice, /已移出房间，但.*TRTC 没有回应/);
  await alice.way("#notice", "dismiss");
  await quiet(alice);

  rooms.remove = async () => Promise.reject(new Error("只有房主能移出别人。"));
  await alice.instance.call.remove("bob");
  await notice(alice, /只有房主/);
  await alice.tap(".close");
  await over(alice, /已经解散，但.*TRTC 没有回应/);
});

test("a private room that is closed between two calls of a renewal", async () => {
  const { roomID } = await new Phone("alice").app.rooms.create({ private: true });
  const screen = await enter("alice", roomID);
  await screen.pusher.end.abort();
  const { rooms } = screen.instance.call;
  const { info } = rooms;
  rooms.info = async (...args) => {
    const room = await info(...args);
    await rooms.close(roomID);
    return room;
  };
  await renew(screen);
  await over(screen, /房间已经解散/);
});

test("the host passes on", async () => {
  const roomID = fresh();
  const [alice, bob] = [await enter("alice", roomID), await enter("bob", roomID)];
  await seesEverybody(alice, bob);
  assert.equal(bob.data.host, false);
  alice.leave();
  await until(() => !bob.data.tiles.length);
  await until(() => network.requests.some(({ url, user, data, reply }) => url.endsWith("quit-room") && user === "alice" && data.roomID === roomID && reply));
  await renew(bob);
  await until(() => bob.data.host, "bob is the host");
  assert.ok(bob.find(".close"));
});

test("the same user on another device", async () => {
  const roomID = fresh();
  const one = await enter("alice", roomID);
  const two = await enter("alice", roomID);
  await over(one, /另一台设备/);
  assert.deepEqual(await members(roomID), ["alice"], "the seat stays the other device's");
  await one.way("#ending", "here");
  await over(two, /另一台设备/);
  two.leave();
  await until(() => one.pusher.session);
  assert.deepEqual(await members(roomID), ["alice"]);
});

test("the same user on another device, while the seat is renewed", async () => {
  const roomID = fresh();
  const screen = await enter("alice", roomID);
  const { rooms } = screen.instance.call;
  const { enter: enterRoom } = rooms;
  let release;
  rooms.enter = async (room) => {
    const reply = await enterRoom(room);
    await new Promise((resolve) => (release = resolve));
    return reply;
  };
  mock.timers.tick(RENEW);
  await until(() => release, "the seat is being renewed");
  await screen.live(1019, "exit room, reason[3]");
  await over(screen, /另一台设备/);
  const { length } = network.requests;
  release();
  await until(() => !screen.instance.call.renewing);
  assert.equal(network.requests.length, length, "it doesn't quit for the other device");
});

test("kicked, and nobody to ask why", async () => {
  const screen = await enter("alice", fresh());
  network.up = false;
  await screen.live(1019); // without a message, too
  await over(screen, /你被移出了通话/);
});

test("the network is lost, and comes back", async () => {
  const roomID = fresh();
  const screen = await enter("alice", roomID);
  network.up = false;
  wechat("NetworkStatusChange", { isConnected: false, networkType: "none" });
  await notice(screen, /网络断了/);
  await renew(screen);
  await notice(screen, /网络断了/);
  await screen.live(-1307, "disconnected");
  assert.deepEqual(screen.ways("#notice"), ["again"]);

  network.up = true;
  wechat("NetworkStatusChange", { isConnected: true, networkType: "wifi" });
  await until(() => screen.pusher.calls.join() === "start,stop,start", "it connects anew");
  await until(() => screen.pusher.session);
  await quiet(screen);
  assert.equal(screen.data.phase, "in");
});

test("the way on when only TRTC is lost", async () => {
  const screen = await enter("alice", fresh());
  await screen.live(1102, "reconnecting");
  await notice(screen, /网络断了/);
  await screen.way("#notice", "again");
  await quiet(screen);
  await screen.live(-1307, "disconnected");
  await notice(screen, /通话断开了/);
  await screen.way("#notice", "rejoin");
  await until(() => screen.pusher.calls.length === 3 && screen.pusher.session);
  await quiet(screen);
  await screen.live(1021, "network changed");
  await until(() => screen.pusher.calls.length === 5 && screen.pusher.session);
});

test("away for so long that the seat was lost", async () => {
  const roomID = fresh();
  const [alice, bob] = [await enter("alice", roomID), await enter("bob", roomID)];
  await bob.pusher.end.abort();
  network.up = false;
  mock.timers.tick(10 * RENEW);
  await notice(bob, /网络断了/);
  network.up = true;
  await alice.phone.app.rooms.remove(roomID, "bob"); // as TRTC's report would
  wechat("NetworkStatusChange", { isConnected: true, networkType: "wifi" });
  await quiet(bob);
  assert.equal(bob.data.phase, "in");
  assert.deepEqual(await members(roomID), ["alice", "bob"]);
});

test("without a network at the door", async () => {
  network.up = false;
  const screen = await enter("alice", fresh());
  await over(screen, /连不上服务器/);
  network.up = true;
  await screen.way("#ending", "again");
  await until(() => screen.pusher.session);
});

test("leaving by going back", async () => {
  const roomID = fresh();
  const screen = await enter("alice", roomID);
  screen.leave();
  assert.equal(network.requests.at(-1).data.roomID, roomID);
  await until(() => network.requests.at(-1).reply);
  assert.deepEqual(await members(roomID), []);
  assert.deepEqual(screen.pusher.calls, ["start", "stop"]);
  assert.equal(last("setKeepScreenOn").keepScreenOn, false);
  const { length } = network.requests;
  mock.timers.tick(10 * RENEW);
  assert.equal(network.requests.length, length, "nothing is renewed any more");
});

test("leaving while the seat is being taken, or renewed", async () => {
  const roomID = fresh();
  const opening = new Phone("alice").open("pages/room/room", { roomID });
  const phone = () => network.requests.at(-1);
  await until(() => phone()?.data.roomID === roomID);
  const [instance] = getApp() && getCurrentPages();
  instance.onUnload();
  await opening;
  await until(() => phone().url.endsWith("quit-room") && phone().reply);
  assert.deepEqual(await members(roomID), []);

  const screen = await enter("alice", roomID);
  mock.timers.tick(RENEW);
  await until(() => phone().url.endsWith("enter-room"));
  screen.leave();
  await until(() => network.requests.filter(({ url, data, reply }) => url.endsWith("quit-room") && data.roomID === roomID && reply).length === 3, "it quits again");
  assert.deepEqual(await members(roomID), []);
});

test("leaving, and entering again at once", async () => {
  const roomID = fresh();
  const screen = await enter("alice", roomID);
  const { phone } = screen;
  screen.leave();
  const again = await phone.open("pages/room/room", { roomID });
  screens.push(again);
  await until(() => again.pusher.session);
  assert.deepEqual(await members(roomID), ["alice"]);
});

test("no consent to the privacy guide", async () => {
  answers.set("requirePrivacyAuthorize", new Error("privacy permission is not authorized"));
  const screen = await enter("alice", fresh());
  await over(screen, /隐私保护指引/);
  assert.equal(last("authorize"), undefined);
  await screen.way("#ending", "guide");
  assert.ok(last("openPrivacyContract"));
  answers.clear();
  await screen.way("#ending", "again");
  await until(() => screen.pusher.session);
});

test("no permission for the camera or the microphone", async () => {
  answers.set("authorize", new Error("authorize:fail auth deny"));
  const screen = await enter("alice", fresh());
  await notice(screen, /没有摄像头权限/);
  assert.equal(screen.attributes("#pusher").enableCamera, false);
  assert.equal(screen.attributes("#pusher").enableMic, false);
  answers.set("openSetting", { authSetting: { "scope.camera": true } });
  await screen.way("#notice", "settings");
  await notice(screen, /没有麦克风权限/);
  assert.equal(screen.attributes("#pusher").enableCamera, true);
  answers.clear();
  await screen.way("#notice", "settings");
  await quiet(screen);
  assert.equal(screen.attributes("#pusher").enableMic, true);

  await screen.live(-1301, "open camera failed");
  await notice(screen, /没有摄像头权限/);
  await screen.fire("#pusher", "error", { errCode: 10002, errMsg: "no permission" });
  assert.equal(screen.attributes("#pusher").enableMic, false);
});

test("a phone call", async () => {
  const screen = await enter("alice", fresh());
  wechat("AudioInterruptionBegin");
  await notice(screen, /来电/);
  wechat("AudioInterruptionEnd");
  await quiet(screen);
  wechat("AudioInterruptionBegin");
  await notice(screen, /来电/);
  await screen.way("#notice", "resume");
  await quiet(screen);
  assert.deepEqual(screen.pusher.calls, ["start", "resume", "resume"]);
});

test("in the background", async () => {
  const screen = await enter("alice", fresh());
  screen.instance.onHide();
  screen.instance.onShow();
  await notice(screen, /摄像头是停的/);
  await screen.way("#notice", "dismiss");
  await quiet(screen);

  screen.instance.onHide();
  await screen.live(5000, "suspended");
  screen.instance.onShow();
  await until(() => screen.pusher.calls.join() === "start,stop,start", "it connects anew");
  await until(() => screen.pusher.session, () => `a session: ${screen.text} ${printed.slice(-5)}`);
});

test("TRTC lets nobody in", async () => {
  const screen = await enter("alice", fresh());
  await screen.live(-3301, "enter room failed");
  await over(screen, /没能接通音视频（-3301）/);
  await screen.way("#ending", "again");
  await until(() => screen.pusher.session);
  await screen.live(-100018, "userSig is wrong");
  await over(screen, /没能接通音视频（-100018）/);
  await screen.way("#ending", "again");
  await until(() => screen.pusher.session);
  await screen.live(-1303, "encoding failed");
  await notice(screen, /音视频出了问题（-1303）/);
});

test("a wrong room number", async () => {
  const screen = await enter("alice", "abc");
  await over(screen, /房间号是/);
  await screen.way("#ending", "back");
  assert.ok(last("reLaunch"));
});

test("the developer tools have no picture, and say where there is one", async () => {
  const roomID = fresh();
  const screen = await enter("alice", roomID, {}, "devtools");
  await notice(screen, new RegExp(`${server.url}/call\\?room=${roomID}&user=alice`));
});
