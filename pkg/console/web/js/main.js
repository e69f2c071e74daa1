// The frame: which view is shown, the language, the theme, the connection.
import { fill, h, icon } from "./dom.js";
import { faultsView, setFaults } from "./faults.js";
import { functionsView } from "./functions.js";
import { historyView } from "./history.js";
import { connect, live, loadState, on } from "./live.js";
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
  return [name in views ? name : "rooms", decodeURIComponent(argument)];
}

function show() {
  const [name, argument] = route();
  drawNav(name);
  document.title = `${t(name)} · webrtc-room`;
  if (!live.state) {
    fill(main, h("section.view", h("header.title", h("h1", t(name)), h("p", live.online === false ? t("offline") : t("loading")))));
    return;
  }
  off();
  const { view, off: end } = views[name](argument);
  off = end;
  fill(main, view);
  const another = shown !== "" && shown !== name;
  shown = name;
  if (another) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true }); // so that the keyboard goes on in the new view
  }
}

function drawNav(current) {
  fill(document.getElementById("nav"), Object.keys(views).map((name) =>
    h("a", { href: `#${name}`, "aria-current": name === current ? "page" : undefined, "data-focus": `nav-${name}` }, icon(name), t(name))));
}

function drawConnection() {
  const element = document.getElementById("connection");
  element.className = `connection ${live.online ? "on" : live.online === false ? "off" : ""}`;
  element.textContent = t(live.online ? "online" : live.online === false ? "offline.short" : "loading");
  drawAlerts();
}

function drawBanner() {
  const key = live.state && !live.state.throwAwayKey ? "banner.own" : "banner";
  const memory = live.state?.memory ? ` ${t("banner.memory")}` : "";
  document.getElementById("banner").textContent = t(key) + memory;
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
on("online", () => {
  drawConnection();
  if (!live.state && live.online) start();
  else if (!live.state) show();
});
on("faults", drawAlerts);
addEventListener("hashchange", show);

function start() {
  loadState().then(() => { drawBanner(); show(); }, () => show());
}

drawAll();
start();
connect();
