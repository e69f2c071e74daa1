// The raw records: look, edit, delete, reset, export, import.
import { ask } from "../api.js";
import { announce, fill, h, keep } from "../dom.js";
import { live, on } from "../live.js";
import { inWords, t } from "../words.js";

export function recordsView(first) {
  let name = first;
  const list = h("ul.records");
  const note = h("p.said", { role: "status" });
  const choose = h("select", { "aria-label": t("wire.collection"), onchange: () => { name = choose.value; draw(); } });
  const empty = h("p.empty", t("records.none"));
  const say = (kind, text) => { note.className = `said ${kind}`; note.textContent = text; announce(text); };
  const attempt = async (done, work) => {
    try {
      await work();
      say("ok", done);
      return true;
    } catch (error) {
      say("failed", inWords(error));
      return false;
    }
  };
  const draw = () => {
    const names = [...new Set([first, ...Object.keys(live.collections)])];
    fill(choose, names.map((one) => h("option", { value: one }, one)));
    choose.value = name;
    const { documents = [], total = 0 } = live.collections[name] ?? {};
    empty.hidden = total > 0;
    // While a record is edited, its new state is not drawn over it.
    const editing = new Set([...list.querySelectorAll("li[data-editing]")].map((li) => li.dataset.key));
    const things = [...documents].reverse();
    const stale = new Map([...list.children].map((li) => [li.dataset.key, li]));
    keep(list, things.map((record) => {
      const key = JSON.stringify(record._id);
      return editing.has(key) ? JSON.parse(stale.get(key).kept) : record;
    }), (record) => JSON.stringify(record._id), (record) => item(name, record, attempt));
  };
  const file = h("input", {
    type: "file", accept: "application/json,.json", hidden: true, "aria-hidden": "true", tabindex: -1, id: "import-file",
    onchange: async () => {
      const [chosen] = file.files;
      if (chosen) await attempt(t("imported"), async () => ask("PUT", "/api/data", await chosen.text()));
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
      h("button.quiet", { type: "button", onclick: () => file.click() }, t("import")), file,
      confirmButton(t("reset"), t("reset.sure"), () => attempt(t("reset.done"), () => ask("DELETE", "/api/data")))),
    note, empty, list);
  view.addEventListener("toggle", () => { try { localStorage.setItem("records", view.open ? "open" : ""); } catch { /* forgotten */ } });
  return { view, off: on("data", draw) };
}

function remembered() {
  try { return localStorage.getItem("records") === "open"; } catch { return false; }
}

// confirmButton asks once more, in its own place.
export function confirmButton(text, sure, work) {
  const button = h("button.quiet", { type: "button" }, text);
  let timer;
  const calm = () => { clearTimeout(timer); button.textContent = text; button.classList.remove("danger"); };
  button.addEventListener("click", () => {
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

function item(collection, record, attempt) {
  const id = JSON.stringify(record._id);
  const revision = typeof record.rev === "string" ? record.rev : "–";
  const body = h("div.body");
  const li = h("li", h("header", h("code", typeof record._id === "string" ? record._id : id), h("span.rev", { title: t("revision.why") }, `${t("revision")} `, h("code", revision)),
    h("span.end"),
    h("button.quiet", { type: "button", onclick: () => edit() }, t("edit")),
    confirmButton(t("delete"), t("delete.sure"), () => attempt(t("deleted"), () => ask("DELETE", `/api/records/${encodeURIComponent(collection)}?id=${encodeURIComponent(id)}`)))), body);
  const show = () => { delete li.dataset.editing; fill(body, h("pre", { tabindex: 0, "aria-label": id }, JSON.stringify(record, null, 2))); };
  const edit = () => {
    li.dataset.editing = "";
    const text = h("textarea.mono", { rows: 14, spellcheck: "false", "aria-label": t("edit"), value: JSON.stringify(record, null, 2) });
    fill(body, text, h("p.hint", t("edit.hint")), h("div.row",
      h("button.primary", { type: "button", onclick: async () => {
        if (await attempt(t("saved"), () => ask("PUT", `/api/records/${encodeURIComponent(collection)}`, renewed(text.value, record)))) show();
      } }, t("save")),
      h("button.quiet", { type: "button", onclick: show }, t("cancel"))));
    text.focus();
  };
  show();
  return li;
}

// renewed gives an edited record a revision of its own, so that a write that is
// under way, and has read the record as it was, does not undo the edit.
function renewed(text, before) {
  let record;
  try { record = JSON.parse(text); } catch (error) { throw new Error(t("edit.notJSON", { error: error.message })); }
  if (record && typeof record.rev === "string" && record.rev === before.rev) {
    record.rev = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  return record;
}
