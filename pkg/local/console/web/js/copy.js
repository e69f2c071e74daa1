// A call, as something to paste elsewhere.
import { announce, h } from "./dom.js";
import { compact, pretty } from "./json.js";
import { live } from "./live.js";
import { t } from "./words.js";

const forms = {
  curl(call) {
    const header = (name, value) => `-H ${quoted(`${name}: ${value}`)} `;
    const who = call.caller ? header("X-WX-OPENID", call.caller) : call.source ? header("X-WX-SOURCE", call.source) : "";
    return `curl ${who}-d ${quoted(compact(call.event))} ${live.state.url}/v1/functions/${call.function}`;
  },
  wx(call) {
    return `wx.cloud.callFunction({\n  name: ${JSON.stringify(call.function)},\n  data: ${indented(pretty(call.event), "  ")},\n}).then(({ result }) => console.log(result))`;
  },
  go(call) {
    const name = call.function.split("-").map((word) => word[0].toUpperCase() + word.slice(1)).join("");
    const event = call.event.includes("`") ? JSON.stringify(call.event) : `\`${call.event}\``;
    return [
      "package main", "", "import (", "\t\"testing\"", "", "\t\"webrtc-room/pkg/local/scftest\"", ")", "",
      `// In functions/${call.function}/.`,
      `func Test${name}Replay(t *testing.T) {`,
      `\tfunction := scftest.New(t).Function(${JSON.stringify(call.function)}, open)`,
      `\treply := function.Reply(t, ${JSON.stringify(call.caller)}, ${event})`,
      "\tif code := reply[\"code\"]; code != nil {",
      "\t\tt.Errorf(\"refused: %v\", reply)",
      "\t}",
      "}", "",
    ].join("\n");
  },
  event: (call) => `${pretty(call.event)}\n`,
};

// quoted is for the shell of the system that the page is on: the Windows command
// prompt knows double quotes only, and in those a Unix shell replaces too much.
const quoted = (text) => (/^Win/.test(navigator.platform) ? `"${text.replace(/[\\"]/g, "\\$&")}"` : `'${text.replaceAll("'", `'\\''`)}'`);
const indented = (text, by) => text.split("\n").join(`\n${by}`);

// copyButtons copy a call, and show what they have copied: the clipboard may be
// out of reach.
export function copyButtons(call) {
  const shown = h("pre.copied", { hidden: true, tabindex: 0 });
  const done = h("span.hint", { role: "status" });
  // TRTC calls by HTTP: no client does, and no test knows its key.
  const names = Object.keys(forms).filter((form) => call.function !== "webrtc-room-events" || form === "curl" || form === "event");
  const buttons = names.map((form) => h("button.quiet", {
    type: "button", "data-copy": form,
    onclick: async () => {
      const text = forms[form](call);
      shown.textContent = text;
      shown.hidden = false;
      let copied = true;
      try { await navigator.clipboard.writeText(text); } catch { copied = false; }
      done.textContent = t(copied ? "copied" : "copy.byHand");
      announce(done.textContent);
    },
  }, t(`copy.${form}`)));
  return h("div.copy", h("div.row", buttons, done), shown);
}
