// The frame: which view is shown, the language, the theme, the connection.
import { fill, h } from "./dom.js";
import { faultsView, setFaults } from "./faults.js";
import { functionsView } from "./functions.js";
import { historyView } from "./history.js";
import { connect, live, on } from "./live.js";
import { roomsView } from "./rooms.js";
import { storiesView } from "./stories.js";
import { tokensView } from "./tokens.js";
import { wireView } from "./wire.js";
import { language, onLanguage, setLanguage, t } from "./words.js";

const views = {
  rooms: roomsView, functions: functionsView, stories: storiesView, faults: faultsView,
  wire: wireView, tokens: tokensView, history: historyView,
};
const main = document.getElementById("main");
let off = () => {}, shown = "";

// The address tells what is shown: #functions/webrtc-enter-room.
function route() {
  const [name, argument = ""] = location.hash.slice(1).split("/");
  let chosen = "";
  try { chosen = decodeURIComponent(argument); } catch { /* not an address of this page */ }
  return [Object.hasOwn(views, name) ? name : "rooms", chosen];
}

function show() {
  const [name, argument] = route();
  for (const link of document.querySelectorAll("#nav a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${t(name)} · webrtc-room`;
  if (!live.state) {
    fill(main, h("section.view", h("header.title", h("h1", t(name)), live.online === false && h("p", t("offline")))));
    return;
  }
  off();
  const { view, off: end } = views[name](argument);
  off = end;
  fill(main, view);
  performance.mark("shown"); // for a benchmark
  const another = shown !== "" && shown !== name;
  shown = name;
  if (another) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true }); // so that the keyboard goes on in the new view
  }
}

function drawConnection() {
  const element = document.getElementById("connection");
  element.className = `connection ${live.online ? "on" : live.online === false ? "off" : ""}`;
  element.textContent = t(live.online ? "online" : live.online === false ? "offline.short" : "loading");
  drawAlerts();
}

function drawBanner() {
  const key = live.state && !live.state.throwAwayKey ? "banner.own" : "banner";
  document.getElementById("banner").textContent = t(key) + (live.state?.memory ? t("banner.memory") : "");
}

function drawAlerts() {
  const alerts = [];
  if (live.online === false) alerts.push(h("p.alert.failed", { role: "alert" }, t("offline")));
  if (live.faults.length) {
    alerts.push(h("p.alert", h("span", t("faults.on", { list: live.faults.map((one) => t(`fault.${one.kind}`)).join(", ") })),
      h("button.quiet", { type: "button", "data-focus": "faults-off", onclick: () => setFaults([]).catch(() => {}) }, t("faults.off"))));
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
  try { localStorage.setItem("theme", next); } catch { /* for this visit only */ }
  drawPreferences();
});

function drawAll() {
  drawPreferences();
  drawBanner();
  drawConnection();
  show();
}

onLanguage(drawAll);
on("state", () => { drawBanner(); show(); });
on("online", () => { drawConnection(); if (!live.state) show(); });
on("faults", drawAlerts);
addEventListener("hashchange", show);

drawAll();
connect();
