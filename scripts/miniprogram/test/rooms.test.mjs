// The rooms page, and the page that tries the functions.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { answers, asked, exceptions, last, network, Phone, root, serve, until } from "./phone.mjs";

let server;
before(async () => (server = await serve()));
after(() => server.stop());
beforeEach(() => {
  asked.length = 0;
  answers.clear();
  network.up = true;
});
afterEach(() => assert.deepEqual(exceptions.splice(0), []));

test("create, list, enter", async () => {
  const page = await new Phone("alice").open("pages/rooms/rooms");
  await until(() => page.data.loaded);
  assert.match(page.text, /还没有房间/);
  assert.equal(last("setNavigationBarTitle").title, "房间");

  await page.fire(".name", "input", { value: "晨会" });
  await page.tap(".create");
  await until(() => last("navigateTo"));
  const [, roomID] = last("navigateTo").url.match(/^\/pages\/room\/room\?roomID=(\d{8})$/);

  page.instance.onShow();
  await until(() => page.data.rooms.length === 1);
  assert.match(page.text, new RegExp(`晨会 ?${roomID} · 1 人`));
  await page.tap(`#room-${roomID}`);
  assert.equal(last("navigateTo").url, `/pages/room/room?roomID=${roomID}`);
});

test("a private room is in nobody's list", async () => {
  const page = await new Phone("bob").open("pages/rooms/rooms");
  await page.fire(".name", "input", { value: "secret" });
  await page.fire(".switch", "change", { value: true });
  await page.tap(".create");
  await until(() => last("navigateTo"));
  assert.deepEqual(network.requests.findLast(({ url }) => url.endsWith("create-room")).data, { roomName: "secret", private: true });
  assert.equal(page.data.private, false, "the next one isn't private unless one says so");
  await page.instance.reload();
  assert.doesNotMatch(page.text, /secret/);
});

test("pages, and pulling down", async () => {
  const phone = new Phone("carol");
  for (let i = 0; i < 25; i++) await phone.app.rooms.create({ roomName: `room ${i}` });
  const page = await phone.open("pages/rooms/rooms");
  await until(() => page.data.rooms.length === 20);
  assert.ok(page.data.next);
  page.instance.onReachBottom();
  await until(() => page.data.rooms.length > 20);
  const ids = page.data.rooms.map(({ roomID }) => roomID);
  assert.equal(new Set(ids).size, ids.length, "no room twice");
  assert.ok(ids.length >= 25);
  assert.equal(page.data.next, "");
  assert.match(page.text, /没有更多了/);
  page.instance.onReachBottom(); // there is nothing more to load

  await page.instance.onPullDownRefresh();
  assert.equal(page.data.rooms.length, 20, "it starts anew");
  assert.ok(last("stopPullDownRefresh"));
});

test("a slow reply doesn't replace a newer one", async () => {
  const phone = new Phone("dora");
  const page = await phone.open("pages/rooms/rooms");
  await until(() => page.data.loaded);
  const replies = [];
  phone.app.rooms = { list: () => new Promise((resolve) => replies.push(resolve)) };
  const room = (roomID) => ({ data: [{ roomID, roomName: "", memberCount: 1 }] });
  const loads = [page.instance.reload(), page.instance.reload()];
  replies[1](room("2"));
  replies[0](room("1"));
  await Promise.all(loads);
  assert.deepEqual(page.data.rooms.map(({ roomID }) => roomID), ["2"]);
});

test("by number", async () => {
  const page = await new Phone("dave").open("pages/rooms/rooms");
  for (const bad of ["", "0", "4294967295", "1.5", "abc"]) {
    await page.fire(".number", "input", { value: bad });
    await page.tap(".enter");
    assert.match(last("showToast").title, /房间号是/);
  }
  assert.equal(last("navigateTo"), undefined);
  await page.fire(".number", "input", { value: "9527" });
  await page.tap(".enter");
  assert.equal(last("navigateTo").url, "/pages/room/room?roomID=9527");
});

test("without a network", async () => {
  network.up = false;
  const page = await new Phone("erin").open("pages/rooms/rooms");
  await until(() => page.data.problem);
  assert.match(page.text, /连不上服务器/);
  await page.tap(".create");
  await until(() => last("showToast"));
  assert.match(last("showToast").title, /连不上服务器/);
  network.up = true;
  await page.way("#problem", "again");
  await until(() => page.data.loaded);
  assert.equal(page.data.problem, null);
});

test("somebody else, on the local server", async () => {
  const phone = new Phone("frank");
  const page = await phone.open("pages/rooms/rooms");
  assert.match(page.text, new RegExp(`${server.url}.*frank`));
  answers.set("showModal", { confirm: true, content: "not valid" });
  await page.tap(".become");
  await until(() => last("showToast"));
  assert.equal(phone.app.user, "frank");
  answers.set("showModal", { confirm: true, content: "grace" });
  await page.tap(".become");
  await until(() => page.data.local.includes("grace"));
  assert.equal(phone.app.user, "grace");
  assert.equal(network.requests.at(-1).user, "grace");
  assert.equal(phone.storage.get("user"), "grace", "also after a restart");
});

test("every function can be tried", async () => {
  const phone = new Phone("heidi");
  const list = await phone.open("pages/rooms/rooms");
  await list.tap(".try");
  assert.equal(last("navigateTo").url, "/pages/try/try");

  const page = await phone.open("pages/try/try");
  const functions = readdirSync(`${root}../../functions`).filter((name) => /^webrtc-[\w-]+$/.test(name) && name !== "webrtc-room-events");
  assert.deepEqual(page.data.functions.map(({ name }) => name).sort(), functions.sort());
  for (const { name } of page.data.functions) {
    await page.tap(`#${name}`);
    assert.equal(page.data.reply, "");
    await page.tap(".call");
    await until(() => page.data.reply);
    const reply = JSON.parse(page.data.reply);
    assert.ok(!reply.code, `${name}: ${page.data.reply}`);
    assert.match(page.data.took, /^\d+ 毫秒$/);
  }
  await page.fire(".event", "input", { value: "{" });
  await page.tap(".call");
  assert.match(page.data.reply, /这不是 JSON/);
  await page.fire(".event", "input", { value: '{"roomID":"x"}' });
  await page.tap(".call");
  await until(() => page.data.reply.includes("BAD_ROOM_ID"));
  network.up = false;
  await page.tap(".call");
  await until(() => page.data.reply.includes("调用失败"));
});
