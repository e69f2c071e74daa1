// The frame: which section is shown, the language, the theme, the connection.
import { setFaults } from "./api.js";
import { fill, h } from "./dom.js";
import { connect, live, on } from "./live.js";
import * as rooms from "./sections/rooms.js";
import { language, offline, onLanguage, remember, setLanguage, startedBy, t } from "./words.js";

// Each section is a module with section(argument), which returns what to show and
// what ends its updates. The first one is here from the start, the others come
// when it is shown and nothing else is to be done.
const names = ["rooms", "functions", "stories", "faults", "wire", "tokens", "history"];
const load = async (name) => (name === "rooms" ? rooms : import(`./sections/${name}.js`));
const main = document.getElementById("main");
let off = () => {}, shown = "", latest = 0;

// The address tells what is shown: #functions/webrtc-enter-room.
function route() {
  const [name, argument = ""] = location.hash.slice(1).split("/");
  let chosen = "";
  try { chosen = decodeURIComponent(argument); } catch { /* not an address of this page */ }
  return [names.includes(name) ? name : "rooms", chosen];
}

async function show() {
  const [name, argument] = route(), mine = ++latest;
  const section = live.state && await load(name).then((module) => module.section, () => null);
  if (mine !== latest) return; // somebody has gone on meanwhile
  off();
  const { view, off: end } = section ? section(argument) : waiting(name);
  off = end;
  fill(main, view);
  for (const link of document.querySelectorAll("#nav a")) {
    if (link.hash !== `#${name}`) link.removeAttribute("aria-current");
    else {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ block: "nearest", inline: "nearest" }); // the bar of a narrow window is longer than that
    }
  }
  document.title = `${t(name)} · webrtc-room`;
  if (!section) {
    shown = "";
    return;
  }
  if (!shown) {
    performance.mark("shown"); // for a benchmark
    (window.requestIdleCallback ?? setTimeout)(() => names.forEach((other) => load(other).catch(() => {}))); // show tries again
  } else if (shown !== name) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true }); // so that the keyboard goes on in the new section
  }
  shown = name;
  drawAlerts();
}

// waiting is shown while nothing is known.
const waiting = (name) => ({
  view: h("section.view", h("header.title", h("h1", t(name)), live.online === false && h("p", offline()))),
  off: () => {},
});

function drawConnection() {
  const element = document.getElementById("connection");
  element.className = `connection ${live.online ? "on" : live.online === false ? "off" : ""}`;
  element.textContent = t(live.online ? "online" : live.online === false ? "offline.short" : "loading");
  drawBanner();
}

// The banner says where one is. That the server is gone stands in its place, so that
// nothing moves.
function drawBanner() {
  const banner = document.getElementById("banner"), gone = live.online === false;
  const key = { own: "banner.own", none: "banner.none" }[live.state?.key] ?? "banner";
  banner.className = `banner ${gone ? "failed" : ""}`;
  banner.role = gone ? "alert" : null;
  banner.textContent = gone ? offline() : t(key) + (live.state?.memory ? t("banner.memory") : "");
}

function drawAlerts() {
  const alerts = (live.state?.complaints ?? []).map((text) => h("p.alert.failed", t("complaint", { text: text[language] })));
  if (live.faults.length && shown !== "faults") { // where the switches are to be seen
    alerts.push(h("p.alert", h("span", t("faults.on", { list: live.faults.map((one) => t(`fault.${one.kind}`)).join(", ") })),
      h("button.quiet", { type: "button", "data-focus": "faults-off", onclick: () => { setFaults([]).catch(() => {}); main.focus(); } }, t("faults.off"))));
  }
  fill(document.getElementById("alerts"), alerts);
}

function drawPreferences() {
  const lang = document.getElementById("language"), theme = document.getElementById("theme");
  lang.textContent = language === "zh" ? "English" : "中文";
  lang.lang = language === "zh" ? "en" : "zh-CN";
  lang.setAttribute("aria-label", language === "zh" ? "Switch to English" : "切换到中文");
  const chosen = document.documentElement.dataset.theme ?? "system";
  theme.textContent = t(`theme.${chosen}`);
  theme.setAttribute("aria-label", t("theme", { now: t(`theme.${chosen}`) }));
}

document.getElementById("language").addEventListener("click", () => setLanguage(language === "zh" ? "en" : "zh"));
document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const next = { system: "light", light: "dark", dark: "" }[root.dataset.theme ?? "system"];
  if (next) root.dataset.theme = next;
  else delete root.dataset.theme;
  remember("theme", next);
  drawPreferences();
});

function drawAll() {
  drawPreferences();
  drawConnection();
  drawAlerts();
  show();
}

onLanguage(drawAll);
on("state", () => { startedBy(live.state.command); drawBanner(); drawAlerts(); show(); });
on("online", () => { drawConnection(); if (!shown) show(); });
on("faults", drawAlerts);
addEventListener("hashchange", show);

drawAll();
connect();
