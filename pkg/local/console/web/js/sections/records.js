// The raw records: look, edit, delete, reset, export, import.
import { ask } from "../api.js";
import { announce, fill, h, keep } from "../dom.js";
import { live, on } from "../live.js";
import { inWords, t } from "../words.js";

const said = new Map(); // by key: what is to be said of a record, whose element each change makes anew

export function recordsView(first) {
  let name = first;
  const list = h("ul.records");
  const note = h("p.said", { role: "status" });
  const choose = h("select", { "aria-label": t("wire.collection"), onchange: () => { name = choose.value; draw(); } });
  const empty = h("p.empty", t("records.none"));
  const keyOf = (record) => `${name}/${JSON.stringify(record._id)}`;
  const draw = () => {
    const names = [...new Set([first, ...Object.keys(live.collections)])];
    fill(choose, names.map((one) => h("option", { value: one }, one)));
    choose.value = name;
    const { documents = [], total = 0 } = live.collections[name] ?? {};
    empty.hidden = total > 0;
    // While a record is edited, its new state is not drawn over it.
    const edited = new Map([...list.querySelectorAll("li[data-editing]")].map((li) => [li.dataset.key, JSON.parse(li.kept)]));
    const things = [...documents].reverse();
    keep(list, things.map((record) => edited.get(keyOf(record)) ?? record), keyOf, (record) => item(name, record, things.length === 1, draw));
  };
  const file = h("input", {
    type: "file", accept: "application/json,.json", hidden: true, "aria-hidden": "true", tabindex: -1, id: "import-file",
    onchange: async () => {
      const [chosen] = file.files;
      if (chosen) await attempt(note, t("imported"), async () => ask("PUT", "/api/data", await chosen.text()));
      file.value = "";
    },
  });
  draw();
  const view = h("details.panel.raw", { open: remembered() },
    h("summary", h("h2", t("records"))),
    h("p.hint", t("records.about")),
    h("div.toolbar", choose,
      h("span.end"),
      h("a.button.quiet", { href: "/api/data", download: "" }, t("export")),
      confirmButton(t("import"), t("import.sure"), () => file.click()), file,
      confirmButton(t("reset"), t("reset.sure"), () => attempt(note, t("reset.done"), () => ask("DELETE", "/api/data")))),
    note, empty, list);
  view.addEventListener("toggle", () => { try { localStorage.setItem("records", view.open ? "open" : ""); } catch { /* forgotten */ } });
  return { view, off: on("data", draw) };
}

// attempt does some work, and says in note what came of it.
async function attempt(note, done, work) {
  let kind = "ok", text = done;
  try {
    await work();
  } catch (error) {
    kind = "failed";
    text = inWords(error);
  }
  tell(note, [kind, text]);
  announce(text);
  return kind === "ok";
}

function tell(note, [kind, text] = ["", ""]) {
  note.className = `said ${kind}`;
  note.textContent = text;
}

function remembered() {
  try { return localStorage.getItem("records") === "open"; } catch { return false; }
}

// confirmButton asks once more, in its own place.
export function confirmButton(text, sure, work) {
  const button = h("button.quiet", { type: "button" }, text);
  let timer;
  const calm = () => { clearTimeout(timer); button.textContent = text; button.classList.remove("danger"); };
  button.addEventListener("click", (event) => {
    if (event.detail > 1) return; // a double click has not read what it confirms
    if (button.classList.contains("danger")) {
      calm();
      work();
      return;
    }
    button.textContent = sure;
    button.classList.add("danger");
    timer = setTimeout(calm, 4000);
  });
  button.addEventListener("blur", calm);
  return button;
}

function item(collection, record, alone, redraw) {
  const id = JSON.stringify(record._id), key = `${collection}/${id}`, path = `/api/records/${encodeURIComponent(collection)}`;
  const note = h("p.said", { role: "status" }), body = h("div");
  tell(note, said.get(key));
  said.delete(key);
  const text = () => JSON.stringify(record, null, 2);
  const show = () => {
    delete li.dataset.editing;
    fill(body, h("pre", { tabindex: 0, role: "group", "aria-label": id }, text()), h("div.row",
      h("button.quiet", { type: "button", "data-focus": `edit-${key}`, onclick: edit }, t("edit")),
      confirmButton(t("delete"), t("delete.sure"), () => attempt(note, t("deleted"), () => ask("DELETE", `${path}?id=${encodeURIComponent(id)}`)))));
  };
  const edit = () => {
    li.dataset.editing = "";
    const box = h("textarea.mono", { rows: 14, spellcheck: "false", "aria-label": t("edit"), value: text() });
    fill(body, box, h("p.hint", t("edit.hint")), h("div.row",
      h("button.primary", { type: "button", onclick: async () => {
        said.set(key, ["ok", t("saved")]);
        if (await attempt(note, t("saved"), async () => ask("PUT", path, renewed(box.value, record)))) show();
        else said.delete(key);
      } }, t("save")),
      h("button.quiet", { type: "button", onclick: cancel }, t("cancel"))));
    box.focus();
  };
  const cancel = () => {
    tell(note);
    show();
    redraw(); // it may have changed meanwhile
    document.querySelector(`[data-focus="${CSS.escape(`edit-${key}`)}"]`)?.focus();
  };
  const li = h("li", h("details", { open: alone },
    h("summary", { "data-focus": `record-${key}` }, h("code", typeof record._id === "string" ? record._id : id),
      h("span.rev", { title: t("revision.why") }, `${t("revision")} `, h("code", typeof record.rev === "string" ? record.rev : "–"))),
    h("div.body", body, note)));
  show();
  return li;
}

// renewed gives an edited record a revision of its own, so that a write that is
// under way, and has read the record as it was, does not undo the edit.
function renewed(text, before) {
  let record;
  try { record = JSON.parse(text); } catch (error) { throw new Error(t("edit.notJSON", { error: error.message })); }
  if (record && JSON.stringify(record._id) !== JSON.stringify(before._id)) throw new Error(t("edit.id"));
  if (record && typeof record.rev === "string" && record.rev === before.rev) {
    record.rev = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  return record;
}
