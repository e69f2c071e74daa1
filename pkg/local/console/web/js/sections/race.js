// The race: many callers at once for the seats of one room, with these functions
// and with the algorithm of 2018.
import { ask } from "../api.js";
import { announce, avatar, busy, fill, h, icon } from "../dom.js";
import { plain } from "../json.js";
import { kept } from "../kept.js";
import { live } from "../live.js";
import { duration, inWords, t } from "../words.js";

const raced = kept(); // by algorithm: the last race, "running", or the error that came instead

export function raceView() {
  const callers = h("input", { id: "racers", type: "number", min: 2, max: 50, value: 12, inputmode: "numeric" });
  const host = h("input", { id: "race-host", type: "checkbox" });
  const lanes = ["ours", "2018"].map((algorithm) => {
    const out = h("div.outcome");
    const draw = () => {
      const race = raced.get(algorithm);
      if (!race || race === "running") fill(out, h("p.empty", t(race ? "race.running" : "race.ready")));
      else if (race instanceof Error) fill(out, h("p.said.failed", inWords(race)));
      else fill(out, result(race));
    };
    const button = h("button.quiet", { type: "button", "data-race": algorithm, onclick: () => run() }, t("run"));
    const run = () => callers.reportValidity() && busy(button, async () => {
      if (raced.get(algorithm) === "running") return;
      raced.set(algorithm, "running");
      try {
        const race = await ask("POST", "/api/race", { callers: Number(callers.value), algorithm, host: host.checked });
        raced.set(algorithm, race);
        const broken = race.checks.filter((check) => !check.ok).length;
        announce(`${t(`race.${algorithm}`)}: ${t(broken ? "race.broken" : "race.held", { n: broken })}`);
      } catch (error) {
        raced.set(algorithm, error);
      }
    });
    const off = raced.drawn(algorithm, draw);
    return { run, off, view: h("div.lane", { "data-lane": algorithm }, h("header", h("div", h("h3", t(`race.${algorithm}`)), h("p", t(`race.${algorithm}.about`))), button), out) };
  });
  const both = h("form.toolbar", { onsubmit: async (event) => {
    event.preventDefault();
    for (const lane of lanes) await lane.run();
  } },
    h("label", { for: "racers" }, t("race.callers")), callers,
    h("label.check", host, " ", t("race.host")),
    h("button.primary.end", { type: "submit", id: "race-both" }, t("race.both")));
  const view = h("section.panel.race", { "aria-labelledby": "race-title" },
    h("h2", { id: "race-title" }, t("race")), h("p", t("race.about", { n: live.state.seats })),
    both, h("div.lanes", lanes.map((lane) => lane.view)));
  return { view, off: () => lanes.forEach((lane) => lane.off()) };
}

function result(race) {
  const broken = race.checks.filter((check) => !check.ok).length;
  const records = race.records.map(plain);
  const inside = new Set(records.flatMap((record) => record.members ?? []));
  const shown = records.slice(0, 4);
  return [
    h(`p.state.${broken ? "failed" : "ok"}`, t("race.with", { n: race.callers }), " · ", t(broken ? "race.broken" : "race.held", { n: broken }), " · ", duration(race.ms)),
    h("ul.checks", race.checks.map((check) => h(`li.${check.ok ? "ok" : "failed"}`, { "data-check": check.name, "data-ok": check.ok },
      h("span.mark", icon(check.ok ? "check" : "cross")), h("span", t(`check.${check.name}`)), h("b", check.ok ? check.got : t("check.got", { got: check.got, want: check.want }))))),
    h("h4", t("race.records", { n: records.length })),
    h("div.after", shown.map((record) => h("div.mini", { title: String(record.roomID) },
      (record.members ?? []).map((name) => h("span.tile.taken", avatar(name, number(name)), h("span.name", name))),
      Array.from({ length: Math.max(0, Math.min(race.seats, mostSeatsShown) - (record.members ?? []).length) }, () => h("span.tile.free")))),
      records.length > shown.length && h("p.hint", t("race.more", { n: records.length - shown.length }))),
    h("h4", t("race.told")),
    h("ul.told", race.answers.map((answer) => {
      const lost = answer.told === "in" && !inside.has(answer.user);
      return h(`li.${lost ? "failed" : answer.told === "in" ? "ok" : answer.told === "refused" ? "refused" : "failed"}`, { title: answer.detail },
        h("span", answer.user), h("b", t(lost ? "told.lost" : `told.${answer.told}`)));
    })),
  ];
}

// A racer's number tells them apart better than their letter.
const number = (name) => (name.startsWith("racer-") ? name.replace(/^racer-0?/, "") : undefined);

const mostSeatsShown = 8;
