// Who calls: a few people who are ready, and those that were added.
import { avatar, brief, fill, h, icon } from "./dom.js";
import { t } from "./words.js";

const ready = ["alice", "bob", "carol", "dave", "erin"];
const stored = load();
export const people = [...ready, ...stored.added];
let current = stored.current;
const listeners = new Set();

function load() {
  try {
    const { added, current } = JSON.parse(localStorage.getItem("people"));
    const known = [...ready, ...added.filter((one) => typeof one === "string"), ""];
    return { added: known.slice(ready.length, -1), current: known.includes(current) ? current : ready[0] };
  } catch {
    return { added: [], current: "alice" };
  }
}

function save() {
  try {
    localStorage.setItem("people", JSON.stringify({ added: people.slice(ready.length), current }));
  } catch { /* for this visit only */ }
}

// caller is the chosen person, "" for the console's test button.
export const caller = () => current;

export function setCaller(name) {
  if (name === current) return;
  const before = current;
  current = name;
  save();
  for (const listener of [...listeners]) listener(before);
}

export function onCaller(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// nextFor is who would enter a room: the chosen person, or if they are in, the
// next one who isn't.
export function nextFor(members) {
  const order = [current || people[0], ...people].filter((one) => !members.includes(one));
  return order[0] ?? (current || people[0]);
}

// peopleBar lets choose who calls. With anyone, also nobody: the console's test.
export function peopleBar({ anyone = false, draggable = false } = {}) {
  const radios = h("div.radios", { role: "radiogroup", "aria-label": t("callAs") }), forgetting = h("span");
  const bar = h("div.people", radios, addForm(), forgetting);
  const draw = () => {
    const choices = anyone ? [...people, ""] : people;
    const chosen = choices.includes(current) ? current : choices[0];
    fill(radios, choices.map((name) => person(name, name === chosen, draggable)));
    fill(forgetting, chosen && !ready.includes(chosen) && forget(bar, chosen));
  };
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step || event.target.getAttribute("role") !== "radio") return;
    event.preventDefault();
    const all = [...radios.children];
    choose(bar, all[(all.indexOf(event.target) + step + all.length) % all.length].dataset.person);
  });
  bar.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = event.target.elements.person.value.trim();
    if (!people.includes(name)) people.push(name);
    event.target.reset();
    choose(bar, name);
  });
  draw();
  return { bar, off: onCaller(draw) };
}

// choose chooses a person, and leaves the keyboard with them.
function choose(bar, name) {
  setCaller(name);
  bar.querySelector("[aria-checked=true]").focus();
}

function person(name, chosen, draggable) {
  return h("button.person", {
    type: "button", role: "radio", "aria-checked": chosen, tabindex: chosen ? 0 : -1,
    "data-person": name, "data-focus": `person-${name}`, draggable: draggable && name ? "true" : undefined, title: name || t("consoleTest.why"),
    onclick: () => setCaller(name),
    ondragstart: (event) => event.dataTransfer.setData("text/x-person", name),
  }, name ? avatar(name) : h("span.avatar.nobody", { "aria-hidden": "true" }, "–"), h("span.name", brief(name) || t("consoleTest")));
}

function addForm() {
  return h("form.add", h("input", {
    "aria-label": t("addPerson"), placeholder: t("addPerson.hint"), maxlength: 32, pattern: "[!-~]+", required: true,
    autocomplete: "off", spellcheck: "false", title: t("addPerson.rule"), name: "person",
  }), h("button.quiet", { type: "submit", "aria-label": t("addPerson") }, icon("plus")));
}

function forget(bar, name) {
  return h("button.quiet.forget", {
    type: "button",
    onclick: () => {
      people.splice(people.indexOf(name), 1);
      choose(bar, ready[0]);
    },
  }, icon("leave"), t("removePerson", { who: brief(name) }));
}
