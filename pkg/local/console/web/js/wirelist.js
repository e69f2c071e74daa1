// Database requests: what each asked for, and what it came to.
import { breakable, h, keep } from "./dom.js";
import { plain, readable } from "./json.js";
import { live } from "./live.js";
import { nameOf, short } from "./verdict.js";
import { clock, duration, t } from "./words.js";

const writes = new Set(["insertDocument", "modifyDocument", "modifyAndReturnDoc", "removeDocument", "addCollection"]);
const actionOf = (request) => request.action.replace(/^(database|functions)\./, "");

// outcome is what a request came to, in a few words.
function outcome(request) {
  if (request.code) return request.code;
  if (request.lost) return t("wire.lost");
  switch (actionOf(request)) {
    case "getDocument": case "calculateDocument": return t("wire.found", { n: request.found ?? 0 });
    case "insertDocument": return t("wire.inserted", { n: request.inserted ?? 0 });
    case "modifyDocument": case "modifyAndReturnDoc":
      return request.matched ? t("wire.updated", { n: request.updated ?? 0 }) : t("wire.noMatch");
    case "removeDocument": return request.deleted ? t("wire.deleted", { n: request.deleted }) : t("wire.noMatch");
  }
  return t("wire.done");
}

// repeats tells for each request whether its call had asked the same before.
function repeats(requests) {
  const seen = new Map();
  return requests.map((r) => {
    if (!r.requestId) return 0;
    const key = [r.requestId, r.action, r.query, withoutRevision(r.data)].join("\n");
    seen.set(key, (seen.get(key) ?? -1) + 1);
    return seen.get(key);
  });
}

// withoutRevision: each try has a revision and times of its own.
const withoutRevision = (data) => (data ?? "").replace(/"(rev|firstRevision)":"[^"]*"|\{"\$date":\{[^}]*\}\}/g, "");

// wireList makes a list of requests. draw shows those that it is given in the order
// of time, and leaves alone what has not changed, so that an opened one stays open.
export function wireList({ empty, caller = false, newestFirst = false }) {
  const rows = h("ol.wire"), none = h("p.empty");
  const draw = (requests, instead = empty) => {
    none.hidden = requests.length > 0;
    none.textContent = instead;
    const again = repeats(requests);
    const things = requests.map((request, i) => ({ ...request, again: again[i], called: caller ? callOf(request.requestId) : undefined }));
    keep(rows, newestFirst ? things.reverse() : things, (one) => one.key, row);
  };
  return { view: [none, rows], draw };
}

function row(request) {
  const action = actionOf(request);
  const bad = request.lost || request.code;
  return h("li", h("details",
    h("summary", { "data-focus": `wire-${request.key}` },
      h("time", clock(request.at)),
      h(`span.action${writes.has(action) ? ".write" : ""}`, action),
      request.called !== undefined && h("span.by", { title: request.called }, request.called),
      h("code.filter", request.function || readable(request.query || request.data || "")),
      h("span.marks",
        request.fault && h("span.badge.fault", t(`fault.${request.fault}`)),
        request.again > 0 && h("span.badge", t("wire.again", { n: request.again + 1 })),
        request.source === "2018" && h("span.badge", "2018")),
      h(`span.outcome${bad ? ".bad" : ""}`, breakable(outcome(request))),
      h("span.ms", request.lost ? "–" : duration(request.ms))),
    h("dl.detail",
      request.called && [h("dt", t("wire.call")), h("dd", h("a", { href: `#history/${request.requestId}` }, request.called))],
      request.collection && [h("dt", t("wire.collection")), h("dd", request.collection)],
      request.query && [h("dt", t("wire.filter")), h("dd", block(request.query))],
      request.data && [h("dt", t(action === "insertDocument" ? "wire.document" : "wire.update")), h("dd", block(request.data))],
      request.message && [h("dt", t("wire.message")), h("dd", request.message)])));
}

function block(text) {
  let shown = text;
  try { shown = JSON.stringify(plain(JSON.parse(text)), null, 2); } catch { /* as it was sent */ }
  return h("pre", shown);
}

// callOf says in a few words which call a request belongs to, if that is known.
function callOf(id) {
  const call = live.calls.find((one) => one.id === id);
  return call ? `${short(call.function)} · ${nameOf(call)}` : "";
}
