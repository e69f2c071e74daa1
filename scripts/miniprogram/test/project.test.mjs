// What can be said of the mini program without running it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import ts from "typescript";
import { compiler, root } from "./phone.mjs";

const require = createRequire(import.meta.url);
const read = (name) => readFileSync(join(root, name), "utf8");
const json = (name) => JSON.parse(read(name));

const { packOptions } = json("project.config.json");
const ignored = (name) => packOptions.ignore.some(({ type, value }) => (type === "suffix" ? name.endsWith(value) : name === value || name.startsWith(value + "/")));
// What the developer tools upload, but for the packages.
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length).replaceAll("\\", "/"))
  .filter((name) => !/^(node_modules|miniprogram_npm)\/|^\.|^project\./.test(name) && !ignored(name));
const withSuffix = (suffix) => files.filter((name) => name.endsWith(suffix));

test("the types are right", () => {
  const { status, stdout } = spawnSync(process.execPath, [require.resolve("typescript/bin/tsc"), "-p", root], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
});

test("WeChat's compilers have nothing to say", { skip: compiler !== "official" && "WeChat has no compilers for this system" }, () => {
  const folder = join(root, "node_modules/miniprogram-compiler/bin", { linux: "linux", darwin: "mac", win32: "windows" }[process.platform]);
  const run = (name, args) => {
    const { status, stderr, error } = spawnSync(join(folder, process.platform === "win32" ? `${name}.exe` : name), args, { cwd: root, encoding: "utf8" });
    assert.ifError(error);
    assert.equal(stderr, "", name);
    assert.equal(status, 0, name);
  };
  require("miniprogram-compiler").wxssToJs(root); // makes it executable
  run("wcc", ["-d", ...withSuffix(".wxml")]);
  run("wcsc", ["-db", "-pc", "0", ...withSuffix(".wxss")]);
});

// What is uploaded is the source, and the one package that 构建 npm makes of trtc-wx-sdk.
test("it is small", () => {
  const sdk = statSync(require.resolve("trtc-wx-sdk")).size;
  const size = files.reduce((sum, name) => sum + statSync(join(root, name)).size, sdk);
  assert.ok(size < 200 * 1024, `${size} bytes`);
  assert.deepEqual(Object.keys(json("package.json").dependencies), ["trtc-wx-sdk"]);
});

test("only what a phone needs is uploaded", () => {
  const { pages } = json("app.json");
  const ours = [...pages, "components/ask/ask"].flatMap((path) => ["js", "json", "wxml", "wxss"].map((suffix) => `${path}.${suffix}`));
  const others = files.filter((name) => !ours.includes(name) && !name.startsWith("services/"));
  assert.deepEqual(others.sort(), ["app.js", "app.json", "app.wxss", "config.js", "sitemap.json", "texts.js"]);
  for (const name of ours) assert.ok(existsSync(join(root, name)), name);
});

test("no account of ours is in it", () => {
  const { appid } = json("project.config.json");
  assert.equal(appid, "touristappid");
  const { env, functions } = require("../config.js");
  assert.deepEqual({ env, functions }, { env: "", functions: "local" });
});

test("every handler that a template names is a method", () => {
  for (const name of withSuffix(".wxml")) {
    const defined = {};
    const define = (definition) => Object.assign(defined, definition, definition.methods);
    const source = read(name.replace(/wxml$/, "js"));
    new Function("Page", "Component", "require", "getApp", source)(define, define, () => new Proxy({}, { get: () => new Proxy({}, { get: () => ({}) }) }), () => ({}));
    const handlers = [...read(name).matchAll(/\b(?:capture-)?(?:bind|catch|mut-bind):?[a-z]+="([^"]*)"/g)].map(([, handler]) => handler);
    assert.ok(handlers.length, name);
    for (const handler of handlers) assert.equal(typeof defined[handler], "function", `${name}: ${handler}`);
  }
});

// --- words

const { textsIn, fill, clock } = require("../texts.js");
const chinese = /[\u3400-\u9fff]/;

test("every text is there in both languages, with the same values to fill in", () => {
  const values = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  const compare = (zh, en, path) => {
    if (typeof zh === "object") {
      assert.deepEqual(Object.keys(zh), Object.keys(en), path);
      for (const key of Object.keys(zh)) compare(zh[key], en[key], `${path}.${key}`);
      return;
    }
    assert.equal(typeof zh, "string", path);
    assert.equal(typeof en, "string", path);
    assert.deepEqual(values(zh), values(en), path);
    assert.doesNotMatch(en, chinese, path);
    if (zh.replace(/\{\w+\}/g, "")) assert.match(zh, chinese, path);
  };
  compare(textsIn("zh_CN"), textsIn("en"), "texts");
  assert.deepEqual(textsIn("zh_TW"), textsIn("zh_CN"));
  assert.deepEqual(textsIn("ja"), textsIn("en"));
});

test("all texts are in texts.js, and all that are named are there", () => {
  const texts = textsIn("zh_CN");
  for (const name of withSuffix(".js").filter((name) => name !== "texts.js")) {
    const source = ts.createSourceFile(name, read(name), ts.ScriptTarget.Latest);
    const visit = (node) => {
      if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) assert.doesNotMatch(node.text, chinese, name);
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  for (const name of withSuffix(".json")) assert.doesNotMatch(read(name), chinese, name);
  for (const name of withSuffix(".wxml")) {
    const template = read(name);
    assert.doesNotMatch(template, chinese, name);
    assert.doesNotMatch(template.replace(/\{\{.*?\}\}/g, "").replace(/<[^>]*>/g, ""), /[a-z]/i, `${name} has words of its own`);
    const page = name.split("/").at(-1).slice(0, -".wxml".length);
    for (const [, key] of [...template.matchAll(/\bt\.(\w+)/g), ...read(name.replace(/wxml$/, "js")).matchAll(/\bt\.(\w+)/g)]) assert.ok(texts[page][key], `${name}: ${key}`);
  }
  for (const section of ["rooms", "room", "try"]) {
    const used = read(`pages/${section}/${section}.js`) + read(`pages/${section}/${section}.wxml`) + read("services/call.js");
    for (const key of Object.keys(texts[section])) assert.match(used, new RegExp(`\\b(t|room)\\.${key}\\b`), `nothing shows texts.${section}.${key}`);
  }
  for (const notice of Object.keys(texts.notices)) assert.match(read("services/call.js"), new RegExp(`\\b${notice}: "`), `nothing is to be done about ${notice}`);
});

test("fill, and the time", () => {
  assert.equal(fill("{a} and {b}{c}", { a: "{b}", b: 2 }), "{b} and 2");
  assert.equal(clock(undefined), "");
  const today = new Date();
  today.setHours(7, 5);
  assert.equal(clock(today.getTime() / 1000), "07:05");
  assert.equal(clock(new Date(2001, 1, 3, 4, 5).getTime() / 1000), "2-3 04:05");
});

// --- services/rooms.js

test("rooms.js is usable alone, with texts.js", async () => {
  const folder = mkdtempSync(join(tmpdir(), "rooms-"));
  cpSync(join(root, "services/rooms.js"), join(folder, "services/rooms.js"), { recursive: true });
  cpSync(join(root, "texts.js"), join(folder, "texts.js"));
  const { connect, RoomError } = createRequire(join(folder, "x.js"))("./services/rooms.js");
  rmSync(folder, { recursive: true });

  const calls = [];
  let reply = {};
  const rooms = connect(async (name, data) => {
    calls.push([name, JSON.parse(JSON.stringify(data))]);
    if (reply instanceof Error || reply.errMsg || reply.errorMessage) throw reply;
    return reply;
  });
  reply = { data: [], roomInfo: { roomID: "1" }, signInfo: {} };
  await rooms.sign("1");
  await rooms.create({ roomName: "a", private: true });
  await rooms.enter({ roomID: 1, invitation: "i" });
  await rooms.quit(1);
  await rooms.remove(1, "bob", 60);
  await rooms.remove(1, "bob");
  await rooms.close(1);
  assert.deepEqual(await rooms.info(1, "i"), { roomID: "1" });
  await rooms.list({ after: "x", limit: 5 });
  assert.deepEqual(calls, [
    ["webrtc-sig-api", { roomID: "1" }],
    ["webrtc-create-room", { roomName: "a", private: true }],
    ["webrtc-enter-room", { roomID: 1, invitation: "i" }],
    ["webrtc-quit-room", { roomID: 1 }],
    ["webrtc-quit-room", { roomID: 1, userID: "bob", banSeconds: 60 }],
    ["webrtc-quit-room", { roomID: 1, userID: "bob" }],
    ["webrtc-quit-room", { roomID: 1, closeRoom: true }],
    ["webrtc-get-room-info", { roomID: 1, invitation: "i" }],
    ["webrtc-get-room-list", { after: "x", limit: 5 }],
  ]);

  for (const [answer, expected, sentence] of [
    [{ code: "5001", msg: "超出房间人数上限", reason: "ROOM_FULL" }, { reason: "ROOM_FULL", code: "5001" }, /房间满了/],
    [{ code: 4, msg: "…", reason: "BANNED", until: 981173100 }, { reason: "BANNED", until: 981173100 }, /2-3 /],
    [{ code: 5, msg: "roomName 最长 64 个字符", reason: "NEW_ONE" }, { reason: "NEW_ONE" }, /roomName 最长/],
    [{ code: 3, msg: "请求失败，房间不存在" }, { reason: "3" }, /房间不存在/], // the demo's functions
    [{ errMsg: "request:fail timeout" }, { reason: "OFFLINE" }, /连不上服务器/],
    [{ errMsg: "cloud.callFunction:fail Error: errCode: -504002" }, { reason: "FAILED" }, /稍后再试.*-504002/],
    [{ errorMessage: "TRTC_SECRET_KEY is not set" }, { reason: "FAILED" }, /TRTC_SECRET_KEY is not set/],
    [new Error("bad"), { reason: "FAILED" }, /bad/],
  ]) {
    reply = answer;
    await assert.rejects(rooms.enter({ roomID: 1 }), (error) => {
      assert.ok(error instanceof RoomError);
      for (const [key, value] of Object.entries(expected)) assert.equal(error[key], value);
      assert.match(error.message, sentence);
      return true;
    });
  }
});

// What the functions can refuse is in functions/ and pkg/: a new reason wants a sentence.
test("every reason of the functions has a sentence", () => {
  const readme = readFileSync(join(root, "../../README.md"), "utf8");
  const codes = readme.slice(readme.indexOf("### Codes"), readme.indexOf("### Seats"));
  const reasons = new Set([...codes.matchAll(/^\|[^|]*\|([^|]*)\|/gm)].flatMap(([, cell]) => [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, reason]) => reason)));
  assert.ok(reasons.size > 8);
  const malformed = ["BAD_PAGE", "BAD_PARAM", "BAD_EVENT"]; // a mistake of this program: msg says which
  for (const reason of reasons) if (!malformed.includes(reason)) assert.ok(textsIn("en").reasons[reason], reason);
});

// --- the two ways to the functions

test("in the cloud, and on the local server", async () => {
  const { cloud, local } = require("../services/functions.js");
  const asked = [];
  const before = globalThis.wx;
  globalThis.wx = {
    cloud: {
      init: (options) => asked.push(options),
      callFunction: async (call) => (asked.push(call), { result: { ok: call.name } }),
    },
    request: ({ success, fail, ...request }) => {
      asked.push(request);
      if (request.url.endsWith("down")) fail({ errMsg: "request:fail" });
      else success({ statusCode: request.url.endsWith("bad") ? 500 : 200, data: { ok: true } });
    },
  };
  assert.deepEqual(await cloud("env-1")("a", { b: 1 }), { ok: "a" });
  let user = "alice";
  const call = local("http://127.0.0.1:9527", () => user);
  assert.deepEqual(await call("a", { b: 1 }), { ok: true });
  user = "bob";
  await assert.rejects(call("bad", {}), (error) => error.ok);
  await assert.rejects(call("down", {}), (error) => error.errMsg === "request:fail");
  globalThis.wx = before;
  assert.deepEqual(asked, [
    { env: "env-1" },
    { name: "a", data: { b: 1 } },
    { url: "http://127.0.0.1:9527/v1/functions/a", method: "POST", header: { "X-WX-OPENID": "alice" }, data: { b: 1 } },
    { url: "http://127.0.0.1:9527/v1/functions/bad", method: "POST", header: { "X-WX-OPENID": "bob" }, data: {} },
    { url: "http://127.0.0.1:9527/v1/functions/down", method: "POST", header: { "X-WX-OPENID": "bob" }, data: {} },
  ]);
});
