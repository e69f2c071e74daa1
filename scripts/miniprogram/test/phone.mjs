// Phones, without WeChat: pages are rendered by miniprogram-simulate with WeChat's own compiler, the
// functions are the real ones of a local server, trtc-wx-sdk is the real one, and in the place of
// <live-pusher> something enters the local server's TRTC with the address that it is given.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { JSDOM } from "jsdom";
import { start } from "../../clients/local.mjs";
import { LivePusher } from "./live.mjs";

const require = createRequire(import.meta.url);
export const root = fileURLToPath(new URL("../", import.meta.url));

const { window } = new JSDOM("<!doctype html><body></body>", { pretendToBeVisual: true });
for (const name of ["window", "document", "HTMLElement", "Element", "Node", "Event", "CustomEvent", "MutationObserver", "getComputedStyle", "requestAnimationFrame"]) {
  globalThis[name] = name === "window" ? window : window[name];
}
const simulate = require("miniprogram-simulate");

// The simulator goes on after an exception in a page, having printed it. And the SDK prints.
export const exceptions = [];
export const printed = [];
for (const name of ["log", "info", "warn", "error"]) {
  console[name] = (...what) => {
    printed.push(what.map((value) => (value instanceof Error ? value.stack : String(value))).join(" "));
    if (what.some((value) => value instanceof Error || /Error: /.test(value))) exceptions.push(printed.at(-1));
  };
}

/** until waits for what the pages, or what they call, bring about. */
export async function until(condition, what = String(condition)) {
  const end = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`it never comes to this: ${typeof what === "function" ? what() : what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

// --- WeChat

let holding; // the phone that is in the hand

/** What was asked of wx, and answers that differ from "yes". */
export const asked = [];
export const answers = new Map();

/** ask keeps a call of wx, and answers it: answers have a promise, as wx gives one where no callback is passed. */
const ask = (name, usual) => (option = {}) => {
  asked.push({ name, option, user: holding?.user });
  const answer = answers.get(name) ?? usual;
  const value = typeof answer === "function" ? answer(option) : answer;
  if (value instanceof Error) {
    if (option.fail) return option.fail({ errMsg: value.message });
    return Promise.reject({ errMsg: value.message });
  }
  if (option.success) return option.success(value);
  return Promise.resolve(value);
};

export const last = (name) => asked.findLast((call) => call.name === name)?.option;

/** What goes over the network, which can be cut. */
export const network = { up: true, requests: [] };

const listeners = new Map();
const listener = (name) => ({
  [`on${name}`]: (f) => listeners.set(name, [...(listeners.get(name) ?? []), f]),
  [`off${name}`]: (f) => listeners.set(name, listeners.get(name).filter((other) => other !== f)),
});
export const listening = () => [...listeners.values()].flat().length;
/** wechat reports something to everybody who listens. */
export const wechat = (name, detail) => listeners.get(name).forEach((f) => f(detail));

Object.assign(globalThis.wx, {
  getAppBaseInfo: () => ({ language: "zh_CN" }),
  getDeviceInfo: () => ({ platform: holding.platform }),
  getStorageSync: (key) => holding.storage.get(key) ?? "",
  setStorageSync: (key, value) => holding.storage.set(key, value),
  createLivePusherContext: (page) => page.livePusher,
  createLivePlayerContext: () => ({ stop() {} }),
  request({ url, method, header, data, success, fail }) {
    const request = { url, user: header?.["X-WX-OPENID"], data };
    network.requests.push(request);
    if (!network.up) return setImmediate(() => fail({ errMsg: "request:fail " }));
    fetch(url, { method, body: JSON.stringify(data), headers: { "Content-Type": "application/json", Referer: "https://servicewechat.com/wx0/devtools/page-frame.html", ...header } })
      .then(async (response) => success({ statusCode: response.status, data: (request.reply = await response.json()) }))
      .catch((error) => fail({ errMsg: `request:fail ${error.message}` }));
  },
  setNavigationBarTitle: ask("setNavigationBarTitle"),
  setKeepScreenOn: ask("setKeepScreenOn"),
  requirePrivacyAuthorize: ask("requirePrivacyAuthorize"),
  openPrivacyContract: ask("openPrivacyContract"),
  authorize: ask("authorize"),
  openSetting: ask("openSetting", { authSetting: { "scope.camera": true, "scope.record": true } }),
  navigateTo: ask("navigateTo"),
  navigateBack: ask("navigateBack"),
  reLaunch: ask("reLaunch"),
  showToast: ask("showToast"),
  showModal: ask("showModal", { confirm: true, content: "" }),
  showActionSheet: ask("showActionSheet", { tapIndex: 0 }),
  stopPullDownRefresh: ask("stopPullDownRefresh"),
  ...listener("NetworkStatusChange"),
  ...listener("AudioInterruptionBegin"),
  ...listener("AudioInterruptionEnd"),
});

let definition;
globalThis.App = (app) => (definition = app);
globalThis.getApp = () => holding.app;
globalThis.getCurrentPages = () => holding.pages;
// The simulator knows components only, which keep their methods apart.
globalThis.Page = ({ data, ...members }) => {
  const of = (type) => Object.fromEntries(Object.entries(members).filter(([, member]) => (typeof member === "function") === type));
  Component({ data, methods: of(true), created() { Object.assign(this, of(false)); } });
};

require("../app.js");
const config = require("../config.js");

/** serve starts the local server for the phones. It returns its address, and how to stop it. */
export async function serve() {
  process.env.LOG_LEVEL ??= "error";
  const server = await start("-memory");
  config.url = new URL(server.config.serviceUrl).origin;
  return { url: config.url, stop: server.stop };
}

/** A Phone is a user with the mini program. */
export class Phone {
  constructor(user, platform = "ios") {
    this.user = user;
    this.platform = platform;
    this.storage = new Map();
    this.pages = [];
    this.hold();
    this.app = { ...definition };
    this.app.onLaunch({ query: { user } });
  }

  /** hold makes wx and getApp this phone's. */
  hold() {
    holding = this;
    return this;
  }

  /** open shows a page, as "pages/room/room", on top of the others. */
  async open(path, query = {}) {
    this.hold();
    const page = new Screen(this, path);
    this.pages.push(page.instance);
    const loaded = page.instance.onLoad?.(query);
    page.instance.onShow?.();
    await loaded;
    return page;
  }
}

// WeChat's compiler is there for x86-64 only. Another system has the simulator's own, which can less.
export const compiler = (() => {
  try {
    require("miniprogram-compiler").wxmlToJs(root);
    return "official";
  } catch (error) {
    if (!error.code) throw error; // it runs, and refuses a template
    return "simulate";
  }
})();

const ids = new Map();

/** A Screen is a page on a phone. */
class Screen {
  constructor(phone, path) {
    this.phone = phone;
    if (!ids.has(path)) ids.set(path, simulate.load(root + path, "main", { rootPath: root, compiler }));
    this.page = simulate.render(ids.get(path));
    const { instance } = this.page;
    instance.livePusher = this.pusher = new LivePusher(this, config.url);
    const body = document.createElement("body");
    this.page.attach(body);
  }

  get instance() {
    return this.page.instance;
  }

  get data() {
    return this.page.data;
  }

  /** text is what one reads. */
  get text() {
    return this.page.dom.textContent.replace(/\s+/g, " ");
  }

  /** find returns an element by its class or id. */
  find(selector) {
    return this.page.querySelector(selector);
  }

  /** attributes are those that an element has in the template, by its id or class. */
  attributes(selector) {
    const name = selector.slice(1);
    const search = (node) => {
      if (typeof node === "string") return undefined;
      const attrs = Object.fromEntries(node.attrs.map(({ name, value }) => [name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase()), value]));
      if (attrs.id === name || String(attrs.class ?? "").split(" ").includes(name)) return attrs;
      return node.children.map(search).find(Boolean);
    };
    return search(this.page.toJSON());
  }

  /** tap touches an element. */
  tap(selector) {
    return this.fire(selector, "tap");
  }

  fire(selector, event, detail = {}) {
    const node = this.find(selector);
    if (!node) throw new Error(`there is no ${selector} in: ${this.text}`);
    return this.dispatch(node, event, detail);
  }

  /** way takes a way on from a message. */
  way(message, way) {
    return this.dispatch(this.find(message).querySelector(`.${way}`), "tap");
  }

  /** dispatch returns when the handlers were called, though perhaps not when they are done. */
  dispatch(node, event, detail) {
    this.phone.hold();
    node.dispatchEvent(event, { detail });
    return new Promise(setImmediate);
  }

  ways(message) {
    return this.find(message).instance.data.message.ways.map(({ way }) => way);
  }

  /** leave goes back, as WeChat's own button does. */
  leave() {
    this.phone.hold();
    this.phone.pages.splice(this.phone.pages.indexOf(this.instance), 1);
    this.instance.onUnload?.();
    this.page.detach();
  }

  /** live is what <live-pusher> reports. */
  live(code, message = "") {
    return this.find("#pusher") && this.fire("#pusher", "statechange", { code, message });
  }
}
