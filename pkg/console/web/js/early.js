// Before the first picture: the theme and the language that were chosen, so that
// nothing flashes. After it: the modules, so that it doesn't wait for them.
(() => {
  let theme, language;
  try {
    theme = localStorage.getItem("theme");
    language = localStorage.getItem("language");
  } catch { /* storage is switched off: the system's choices */ }
  const root = document.documentElement;
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  if (language !== "en" && language !== "zh") language = navigator.language.toLowerCase().slice(0, 2);
  if (language === "zh") root.lang = "zh-CN";
  let load = () => document.head.append(document.getElementById("modules").content);
  const modules = () => { load(); load = () => {}; };
  addEventListener("DOMContentLoaded", () => {
    if (document.hidden) return modules(); // such a page isn't painted
    new PerformanceObserver(modules).observe({ type: "paint", buffered: true });
    setTimeout(modules, 300);
  });
})();
