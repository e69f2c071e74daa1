// Making elements. All text goes in as text nodes: nothing here, or anywhere else
// on this page, reads text as HTML.

// h("button.primary", {onclick}, "text", …) makes <button class="primary">.
export function h(name, ...rest) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  const first = rest[0];
  if (first && typeof first === "object" && !(first instanceof Node) && !Array.isArray(first)) {
    setAll(element, rest.shift());
  }
  element.append(...nodes(rest));
  return element;
}

function setAll(element, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || (value === false && !name.startsWith("aria-") && !name.startsWith("data-"))) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "disabled") element[name] = value;
    else element.setAttribute(name, value === true && !name.startsWith("aria-") && !name.startsWith("data-") ? "" : String(value));
  }
}

function nodes(list) {
  return list.flat(Infinity)
    .filter((one) => one !== undefined && one !== null && one !== false)
    .map((one) => (one instanceof Node ? one : document.createTextNode(String(one))));
}

// fill replaces what is in an element, and leaves the focus where it was if what
// had it is there again (by its data-focus).
export function fill(element, ...content) {
  const focused = element.contains(document.activeElement) && document.activeElement.dataset.focus;
  element.replaceChildren(...nodes(content));
  if (focused) element.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  return element;
}

// keep shows a list of things. It makes anew only the elements of those that have
// changed, in which what was unfolded stays so, and touches no others: what is typed
// or marked there stays as it is. Who had the focus in one that is gone goes on
// nearby.
export function keep(container, things, keyOf, build) {
  const old = new Map([...container.children].map((child) => [child.dataset.key, child]));
  const focused = container.contains(document.activeElement) ? document.activeElement : null;
  const name = focused?.dataset.focus ?? "", inside = focused?.closest("[data-key]")?.dataset.key ?? "";
  const wanted = things.map((thing) => {
    const key = String(keyOf(thing)), text = JSON.stringify(thing);
    const there = old.get(key);
    if (there && there.kept === text) return there;
    const made = build(thing);
    made.dataset.key = key;
    made.kept = text;
    const folds = there?.querySelector("details");
    if (folds) made.querySelector("details").open = folds.open;
    return made;
  });
  const stay = new Set(wanted);
  for (const child of [...container.children]) if (!stay.has(child)) child.remove();
  wanted.forEach((element, i) => {
    if (container.children[i] !== element) container.insertBefore(element, container.children[i] ?? null);
  });
  if (focused && !container.contains(document.activeElement)) {
    const again = container.querySelector(`[data-focus="${CSS.escape(name)}"]`);
    const near = container.querySelector(`[data-key="${CSS.escape(inside)}"] button:not([tabindex="-1"])`);
    (again ?? near ?? document.getElementById("main")).focus({ preventScroll: true });
  }
}

const paths = {
  faults: "M11 2 4 11h5l-1 7 8-10h-5z",
  plus: "M10 4v12M4 10h12",
  leave: "M6 6l8 8M14 6l-8 8",
  camera: "M2.500 6h10v8h-10zM12.500 9l5-2.500v7l-5-2.500",
  mic: "M10 3a2 2 0 0 0-2 2v5a2 2 0 0 0 4 0V5a2 2 0 0 0-2-2zM5 9.500a5 5 0 0 0 10 0M10 14.500V17",
  crown: "M3 7l3.500 3L10 4.500l3.500 5.500L17 7l-1.500 8h-11z",
  check: "M4 10.500l4 4 8-9",
  cross: "M5 5l10 10M15 5L5 15",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", paths[name]);
  svg.append(path);
  return svg;
}

// breakable is text that may go on in the next line after a comma or underscore.
export const breakable = (text) => text.split(/(?<=[,_])/).flatMap((part) => [part, document.createElement("wbr")]);

// announce tells people who listen to the page what they can't see.
export function announce(text) {
  document.getElementById("announce").textContent = text;
}

const isOpenID = (name) => /^o[\w-]{27}$/.test(name);

// brief is a name in a few letters: an OPENID's ends, as all begin alike.
export const brief = (name) => (isOpenID(name) ? `${name.slice(0, 4)}…${name.slice(-4)}` : name);

// avatar is a person's first letter, or an OPENID's last two, or a text that tells
// more, on one of a few quiet colours.
export function avatar(name, text = isOpenID(name) ? name.slice(-2) : [...name][0]?.toUpperCase() ?? "?") {
  let sum = 0;
  for (const c of name) sum = (sum * 31 + c.codePointAt(0)) >>> 0;
  return h(`span.avatar.hue-${sum % 6}`, { "aria-hidden": "true" }, text);
}

// busy does a button's work, and ignores further clicks until it is done. The
// button isn't disabled meanwhile: that would take the focus from it.
export async function busy(button, work) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    button.removeAttribute("aria-busy");
  }
}
