// The first start, in the tray's own window: the key goes into the keychain and nowhere else; whoever has none tries the demo.

import assert from "node:assert/strict";
import test from "node:test";

import { eventually } from "../e2e/harness/deadline.js";
import { DrivenWindow, automation } from "./harness/webdriver.js";
import { startDesktop } from "./harness/world.js";

const CANARY = "sk-or-v1-canary5555555555555555555555555555555555555555555555555555555";
const KEY_FIELD = "//label[normalize-space(span)='Key']//input";
const button = (name) => `//button[normalize-space()='${name}']`;

/** Everything that the page keeps by itself, and all that it shows. */
const KEPT = `
  const inputs = [...document.querySelectorAll("input")].map((input) => input.value);
  return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, inputs, location.href, history.state,
    document.documentElement.outerHTML]);`;

/** A tray that has no key yet, and can be driven. */
async function firstStart(t) {
  const world = await startDesktop(t, { key: null });
  Object.assign(world.place.env, await automation());
  const tray = world.place.start(world.scope);
  await tray.shows(/^○ Set up needed\nAdd OpenRouter key…\nTry the demo\nQuit$/);
  return { ...world, tray };
}

/** Names of the page's databases and caches. */
const DATABASES = "return Promise.all([indexedDB.databases?.() ?? [], caches.keys()]).then((found) => found.flat().length)";

test("a key that is set in the first window is in the keychain, and nowhere else", { timeout: 300_000 }, async (t) => {
  const { scope, desktop, place, tray } = await firstStart(t);
  const window = await DrivenWindow.open(scope, tray, "Add OpenRouter key…");
  await window.find("//h1[normalize-space()='Setup']");
  await window.type(KEY_FIELD, CANARY);
  await window.click(button("Save key"));
  await window.shows(["Ready", "••••5555", "in the keychain"]);
  await window.picture("first-run-key");
  await tray.shows(/^● Running/);

  const kept = await desktop.run("secret-tool", ["lookup", "service", "turnpike"]);
  assert.equal(JSON.parse(kept.stdout).key, CANARY, "the keychain has it");
  const answer = await place.stream("sim/text");
  assert.match(await answer.text, /event: message_stop/, "and it works");
  assert.ok(!(await window.evaluate(KEPT)).includes(CANARY), "the page keeps nothing of it");
  assert.equal(await window.evaluate(DATABASES), 0, "the page keeps no database");
  let looked = 0;
  for (const [what, bytes] of place.everything(tray)) {
    assert.ok(!bytes.includes(CANARY), `the key is in ${what}`);
    looked += 1;
  }
  assert.ok(looked > 20, `only ${looked} places were looked at`);
});

test("whoever has no key tries the demo in the window, and it ends once there is a key", { timeout: 300_000 }, async (t) => {
  const { scope, place, tray } = await firstStart(t);
  const window = await DrivenWindow.open(scope, tray, "Add OpenRouter key…");
  await window.click(button("Try without"));
  await window.shows(["Running.", "1 request today"]);
  const { demo, control_plane: own } = await place.status();
  assert.equal(await window.evaluate("return location.origin"), demo);
  assert.notEqual(demo, own);
  assert.match((await place.cli("status")).stdout, new RegExp(`^ +demo +${demo}$`, "m"));
  await window.picture("first-run-demo");
  assert.match(await tray.text(), /^○ Set up needed/, "nothing of the user's is touched");

  await tray.click("Add OpenRouter key…");
  await window.until("return location.origin === arguments[0]", "the user's own page", own);
  await window.find("//h1[normalize-space()='Setup']");
  await window.type(KEY_FIELD, CANARY);
  await window.click(button("Save key"));
  await tray.shows(/^● Running/);
  await eventually(async () => (await place.status()).demo === null, { what: "the demo to end", ms: 60_000, every: 100 });
  await isGone(demo);
});

test("Try the demo shows its page in the window, and it ends with the service", { timeout: 300_000 }, async (t) => {
  const { scope, place, tray } = await firstStart(t);
  const window = await DrivenWindow.open(scope, tray, "Try the demo");
  await window.shows(["Running.", "1 request today"]);
  const { demo } = await place.status();
  assert.equal(await window.evaluate("return location.origin"), demo);
  await tray.click("Quit");
  assert.equal(await tray.program.ended, 0, tray.program.errors);
  assert.equal(await place.status(), null);
  await isGone(demo);
});

/** Nobody listens there any more. */
const isGone = (address) =>
  eventually(() => fetch(address).then(() => false, () => true), { what: `${address} to be closed`, ms: 60_000, every: 100 });
