// The page's words, in the language that was chosen.
import { english } from "./words.en.js";
import { chinese } from "./words.zh.js";

const dictionaries = { en: english, zh: chinese };
const listeners = new Set();

export let language = document.documentElement.lang === "zh-CN" ? "zh" : "en"; // as the server has written it

// remember tells the server a choice, so that the page is already written by it
// the next time.
export function remember(choice, value) {
  document.cookie = `webrtc-room-${choice}=${value}; path=/; max-age=31536000; samesite=strict`;
}

export function setLanguage(next) {
  language = next;
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  remember("language", next);
  for (const listener of listeners) listener();
}

export const onLanguage = (listener) => listeners.add(listener);

// t returns the words for a key, with {name} replaced. A missing word shows as
// its key, which a test looks for.
export function t(key, values = {}) {
  const text = dictionaries[language][key] ?? english[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// inWords is what to say about an error of ask, in the language of now.
export const inWords = (error) => (error.message === "offline" ? offline() : error.message);

// offline says what to do when the server is gone. It tells while it is there how it
// was started.
let command = "go run ./scripts/local";
export const startedBy = (how) => { command = how; };
export const offline = () => t("offline", { command });

export const has = (key) => key in english;
export const locale = () => (language === "zh" ? "zh-CN" : "en-GB");

export function ago(ms) {
  const seconds = Math.max(0, Math.round((Date.now() - ms) / 1000));
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: "auto", style: language === "zh" ? "short" : "long" });
  if (seconds < 45) return t("justNow");
  if (seconds < 3600) return format.format(-Math.round(seconds / 60), "minute");
  if (seconds < 86400) return format.format(-Math.round(seconds / 3600), "hour");
  return format.format(-Math.round(seconds / 86400), "day");
}

export const clock = (ms) => new Date(ms).toLocaleTimeString("en-GB");
export const duration = (ms) => (ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : ms >= 10 ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`);
