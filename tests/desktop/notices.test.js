// Each kind of notification, raised by its real cause and seen by a notification daemon: its text, once, and what its buttons do.
//
// That something is not told is seen by what is told after it.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";

import { eventually } from "../e2e/harness/deadline.js";
import { DrivenWindow, automation } from "./harness/webdriver.js";
import { startDesktop } from "./harness/world.js";

const ICON = path.resolve(import.meta.dirname, "../../icons/app-256.png");
const LIMIT_KEY = "sk-or-v1-a-limit-key-0000";
const map = (name, target, fallback = []) => `[[map]]\nname = "${name}"\ntarget = "${target}"\nfallback = ${JSON.stringify(fallback)}\n`;
const switches = (...on) =>
  `[notify]\n${["stopped", "key", "limited", "budget", "credits", "fallback", "limit_over", "spike"].map((kind) => `${kind} = ${on.includes(kind)}\n`).join("")}`;
/** Requests for it pass the mark of the whole budget. */
const BUDGET = "[budget]\ndaily_usd = 100.00\nwarn_at = []\n";
const DEAR = "sim/text+cost=200";

/** A tray on a desktop whose notifications are told. */
async function told(t, config, { key, isDriven = false } = {}) {
  const world = await startDesktop(t, { config, key, without: ["notifyd", "keyring"] });
  if (isDriven) Object.assign(world.place.env, await automation());
  const daemon = await world.desktop.notified(world.scope);
  const tray = world.place.start(world.scope);
  await tray.shows(/^● Running/);
  /** A request, to the end of its answer; its status. */
  const ask = async (model) => {
    const { status, text } = await world.place.stream(model);
    await text;
    return status;
  };
  const titled = (title) => daemon.one((one) => one.title === title, title);
  /** Waits until `turnpike status` says that people were told of each of these; a loaded service may leave it out once. */
  const isKept = async (...texts) => {
    let kept = "";
    const look = async () => {
      const { code, stdout } = await world.place.cli("status", "--json");
      kept = code === 0 ? JSON.parse(stdout).told.map(({ text }) => text).join("\n") : "";
      return texts.every((text) => kept.includes(text));
    };
    await eventually(look, { what: () => `${texts} among what is kept:\n${kept}`, ms: 60_000, every: 100 });
  };
  return { ...world, daemon, tray, ask, titled, isKept };
}

const bodies = (daemon) => daemon.told().map(({ title, body }) => [title, body.replace(/until \d\d:\d\d:\d\d/, "until …")]);

test("a limited model is told once: which, until when, what runs instead; a button leads to another model", { timeout: 300_000 }, async (t) => {
  const config = `${map("*opus*", "sim/error-429+retry-after=300", ["sim/text"])}${BUDGET}`;
  const { scope, daemon, tray, ask, titled, isKept } = await told(t, config, { isDriven: true });
  assert.equal(await ask("claude-opus-5"), 200);
  const limited = await titled("A model is limited");
  assert.equal(await ask("claude-opus-5"), 200);
  assert.deepEqual(fs.readFileSync(limited.icon), fs.readFileSync(ICON), "with the application's icon");
  assert.deepEqual(Object.values(limited.buttons).filter(Boolean), ["Choose another model", "Open Turnpike"]);
  assert.equal(await ask(DEAR), 200);
  await titled("Budget");
  const expected = "sim/error-429+retry-after=300 is rate limited until …; sim/text answers instead";
  assert.deepEqual(bodies(daemon).filter(([title]) => title !== "Budget"), [["A model is limited", expected]], "once, and no other kind");
  // What is off is kept all the same.
  await isKept("sim/text answers in the place of sim/error-429");
  const window = await DrivenWindow.open(scope, tray, () => daemon.click(limited, "Choose another model"));
  await window.find("//h1[normalize-space()='Models']");
});

test("that another model answers, and that a limit is over, are told where their switches are on", { timeout: 300_000 }, async (t) => {
  const config = `${map("*opus*", "sim/error-429+retry-after=6", ["sim/text"])}${switches("fallback", "limit_over")}`;
  const { daemon, ask, titled } = await told(t, config);
  assert.equal(await ask("claude-opus-5"), 200);
  await titled("A limit is over");
  assert.deepEqual(bodies(daemon), [
    ["Another model answers", "sim/text answers in the place of sim/error-429+retry-after=6"],
    ["A limit is over", "sim/error-429+retry-after=6 answers again"],
  ]);
});

test("a budget is told at 50, 80 and 100 %, and a button doubles it for the day", { timeout: 300_000 }, async (t) => {
  const { daemon, tray, ask, isKept, place } = await told(t, '[budget]\ndaily_usd = 1.00\nwarn_at = [0.5, 0.8]\naction = "stop"\n');
  const marks = [
    ["0.6", "50 % of the daily budget of all requests is used: $0.60 of $1.00"],
    ["0.25", "80 % of the daily budget of all requests is used: $0.85 of $1.00"],
    ["0.25", "The daily budget of all requests is used up ($1.10 of $1.00): further requests are refused"],
  ];
  for (const [cost, text] of marks) {
    assert.equal(await ask(`sim/text+cost=${cost}`), 200);
    await daemon.one(({ body }) => body === text, text);
  }
  assert.equal(await ask("sim/text+cost=0.1"), 429);
  const over = daemon.told().at(-1);
  daemon.click(over, "Double it for today");
  await tray.shows(/^Today \$1\.10 of \$2\.00$/m);
  assert.equal(await ask("sim/text+cost=0.1"), 200);
  const [change] = JSON.parse((await place.cli("audit", "--json")).stdout);
  assert.deepEqual([change.actor, change.action], ["tray", "budget.raise"]);
  assert.deepEqual(daemon.told().map(({ title }) => title), ["Budget", "Budget", "Budget"], "each mark once");
  await isKept(...marks.map(([, text]) => text.slice(1)));
});

test("what comes together is one notification", { timeout: 300_000 }, async (t) => {
  const { daemon, ask, titled } = await told(t, "[budget]\ndaily_usd = 1.00\nweekly_usd = 1.00\nwarn_at = [0.5]\n");
  assert.equal(await ask("sim/text+cost=0.6"), 200);
  const { body, buttons } = await titled("Budget");
  assert.deepEqual(body.split("\n").sort(), ["daily", "weekly"].map((span) => `50 % of the ${span} budget of all requests is used: $0.60 of $1.00`));
  assert.deepEqual(Object.values(buttons).filter(Boolean), ["Open Turnpike"], "it would not be clear which one is doubled");
  assert.equal(await ask("sim/text+cost=0.6"), 200);
  await daemon.one((one) => /used up/.test(one.body), "the whole budget");
  assert.equal(daemon.told().length, 2);
});

test("a key that OpenRouter refuses is told once, and leads to its place", { timeout: 300_000 }, async (t) => {
  const { scope, daemon, tray, ask, titled, isKept } = await told(t, BUDGET, { isDriven: true });
  assert.equal(await ask("sim/error-401-user"), 401);
  const refused = await titled("The OpenRouter key");
  assert.match(refused.body, /OpenRouter/);
  assert.equal(await ask("sim/error-401-user"), 401);
  assert.equal(await ask(DEAR), 200);
  await titled("Budget");
  assert.deepEqual(daemon.told().map(({ title }) => title), ["The OpenRouter key", "Budget"]);
  await isKept(refused.body.slice(1));
  const window = await DrivenWindow.open(scope, tray, () => daemon.click(refused));
  await window.find("//h1[normalize-space()='Setup']");
});

test("credits that run low, and that are spent, are told where their switch is on", { timeout: 300_000 }, async (t) => {
  const { daemon, ask, place } = await told(t, `${BUDGET}${switches("credits")}`, { key: LIMIT_KEY });
  assert.equal(await ask("sim/text+cost=9.5"), 200);
  for (let time = 0; time < 2; time += 1) {
    const { code, stderr } = await place.cli("spend", "--reconcile");
    assert.equal(code, 0, stderr);
  }
  await daemon.one(({ body }) => /^\$0\.50 of the key's limit of \$10\.00 \(monthly\) is left/.test(body), "little credit");
  assert.equal(await ask("sim/error-402"), 402);
  await daemon.one(({ body }) => /credits/i.test(body) && !/is left/.test(body), "no credit");
  assert.deepEqual(daemon.told().map(({ title }) => title), ["Credits at OpenRouter", "Credits at OpenRouter"]);
});

test("a service that broke off is told; one that is given up is started by a button", { timeout: 300_000 }, async (t) => {
  const { daemon, tray, place, titled } = await told(t, "");
  let before = await place.status();
  process.kill(before.pid, "SIGKILL");
  const again = await titled("Turnpike's service");
  assert.equal(again.body, "The service had broken off and runs again; requests of that moment are marked interrupted");
  assert.deepEqual(Object.values(again.buttons).filter(Boolean), ["Open Turnpike"]);
  for (let failure = 2; failure <= 5; failure += 1) {
    before = await place.up(({ instance }) => instance !== before.instance);
    process.kill(before.pid, "SIGKILL");
  }
  const words = await daemon.one(({ buttons }) => Object.values(buttons).includes("Start"), "a service that is given up");
  assert.equal(words.body, "The service ended unexpectedly 5 times in a minute: look at `turnpike logs`");
  assert.equal(await place.status(), null);
  assert.match(await tray.shows(/^✕ /), /^Start$/m);
  daemon.click(words, "Start");
  await tray.shows(/^● Running/);
  assert.equal(daemon.told().filter(({ buttons }) => Object.values(buttons).includes("Start")).length, 1);
});

test("a kind that is off is not shown, and kept all the same", { timeout: 300_000 }, async (t) => {
  const limited = map("*opus*", "sim/error-429+retry-after=6", ["sim/text"]);
  const { daemon, ask, titled, isKept, place } = await told(t, `${limited}${BUDGET}${switches("budget")}`);
  assert.equal(await ask("claude-opus-5"), 200);
  assert.equal(await ask("sim/error-402"), 402);
  assert.equal(await ask("sim/error-401-user"), 401);
  const { pid, instance } = await place.status();
  process.kill(pid, "SIGKILL");
  await place.up((status) => status.instance !== instance);
  assert.equal(await ask(DEAR), 200);
  await titled("Budget");
  assert.deepEqual(daemon.told().map(({ title }) => title), ["Budget"]);
  await isKept("rate limited", "answers in the place of", "credits", "refuses the key", "broken off");
});
