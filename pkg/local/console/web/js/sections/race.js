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
      if (!race || race.now === "running") fill(out, h("p.empty", t(race ? "race.running" : "race.ready")));
      else if (race.now === "shown") fill(out, slowness(race.race) > 1.5 && h("p.hint", t("race.slow", { n: Math.round(slowness(race.race)) })), bars(race.race, true));
      else if (race instanceof Error) fill(out, h("p.said.failed", inWords(race)));
      else fill(out, result(race));
    };
    const button = h("button.quiet", { type: "button", "data-race": algorithm, onclick: () => run() }, t("run"));
    const run = () => callers.reportValidity() && busy(button, async () => {
      if (["running", "shown"].includes(raced.get(algorithm)?.now)) return;
      raced.set(algorithm, { now: "running" });
      try {
        const race = await ask("POST", "/api/race", { callers: Number(callers.value), algorithm, host: host.checked });
        raced.set(algorithm, { now: "shown", race });
        await slowly(race);
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
  const run = () => Promise.all(lanes.map((lane) => lane.run()));
  const both = h("form.toolbar", { onsubmit: (event) => {
    event.preventDefault();
    run();
  } },
    h("label", { for: "racers" }, t("race.callers")), callers,
    h("label.check", host, " ", t("race.host")),
    h("button.primary.end", { type: "submit", id: "race-both" }, t("race.both")));
  const view = h("section.panel.race", { "aria-labelledby": "race-title" },
    h("h2", { id: "race-title" }, t("race")), h("p", t("race.about", { n: live.state.seats })),
    both, h("div.lanes", lanes.map((lane) => lane.view)));
  return { view, run, off: () => lanes.forEach((lane) => lane.off()) };
}

const showFor = 5000; // ms
const slowness = (race) => showFor / Math.max(1, ...race.answers.map((answer) => answer.ms));
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const slowly = () => new Promise((resolve) => setTimeout(resolve, still() ? 0 : showFor + 1000));

// bars show who was answered when: in the order in which all set off, so that one sees
// who overtakes whom.
function bars(race, move) {
  const inside = insideOf(race), last = Math.max(1, ...race.answers.map((answer) => answer.ms));
  return h("ol.bars", { "aria-label": t("race.told") }, [...race.answers].sort((a, b) => a.user.localeCompare(b.user)).map((answer) => {
    const kind = kindOf(answer, inside), bar = h("span.bar"), told = h("b", t(kind.told));
    bar.style.width = `${100 * answer.ms / last}%`;
    if (move && !still()) {
      const ends = answer.ms * slowness(race);
      bar.animate([{ transform: "scaleX(0)" }, { transform: "none" }], { duration: ends });
      told.animate([{ opacity: 0 }, { opacity: 0 }], { duration: ends });
      bar.animate([{ background: "var(--line-strong)" }, { background: "var(--line-strong)" }], { duration: ends }); // not known yet
    }
    return h(`li.${kind.name}`, { title: answer.detail }, h("span", answer.user), h("span.way", bar), told);
  }));
}

const insideOf = (race) => new Set(race.records.map(plain).flatMap((record) => record.members ?? []));

// kindOf tells what became of a racer, whatever the racer was told.
function kindOf({ told, user }, inside) {
  if (told === "in" && !inside.has(user)) return { name: "failed", told: "told.lost" };
  return { name: { in: "ok", refused: "refused" }[told] ?? "failed", told: `told.${told}` };
}

function result(race) {
  const broken = race.checks.filter((check) => !check.ok).length;
  const records = race.records.map(plain);
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
    bars(race),
  ];
}

// A racer's number tells them apart better than their letter.
const number = (name) => (name.startsWith("racer-") ? name.replace(/^racer-0?/, "") : undefined);

const mostSeatsShown = 8;
