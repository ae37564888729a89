// The page in the tray's own window: each view, in the web view that people look at, let in by the tray's own link.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { Scope } from "../e2e/harness/scope.js";
import { Simulator } from "../e2e/harness/simulator.js";
import { Desktop } from "./harness/desktop.js";
import { TrayPlace } from "./harness/tray.js";
import { DrivenWindow, automation } from "./harness/webdriver.js";

const CONFIG = `[budget]
daily_usd = 5.00

[[map]]
name = "*opus*"
target = "sim/text"
`;

/** Each view, with what the service alone can have told it. The window opens on the last one. */
const VIEWS = [
  ["shows Models", "Models", ["*opus*", "sim/text"]],
  ["shows Spend", "Spend", ["1 request", "limit of the day $5.00"]],
  ["shows Activity", "Activity", ["Request 1,"]],
  ["shows Limits", "Limits", ["of $5.00"]],
  ["shows Setup", "Setup", ["from OPENROUTER_API_KEY"]],
  ["shows Overview", "Overview", ["Running.", "1 request today"]],
];

describe("the tray's window", { timeout: 300_000 }, () => {
  const scope = new Scope();
  after(() => scope.end());
  let window;

  before(async () => {
    const simulator = await Simulator.start();
    scope.after(() => simulator.stop());
    const desktop = await Desktop.start(scope);
    const place = new TrayPlace(scope, desktop, { upstream: simulator.upstream, config: CONFIG });
    Object.assign(place.env, await automation());
    const tray = place.start(scope);
    await tray.shows(/^● Running/);
    const answer = await place.stream("claude-opus-5");
    assert.match(await answer.text, /event: message_stop/);
    window = await DrivenWindow.open(scope, tray);
    await window.listen();
  });

  for (const [name, view, facts] of VIEWS) {
    test(name, async () => {
      await window.click(`//nav//a[normalize-space()='${view}']`);
      await window.find(`//h1[normalize-space()='${view}']`);
      await window.shows(facts);
      assert.equal(await window.evaluate("return document.title"), `${view} · Turnpike`);
      assert.equal(await window.evaluate("return scrollY"), 0, "a new view begins at its top");
      await window.picture(`window-${view.toLowerCase()}`);
      assert.deepEqual(await window.complaints(), []);
    });
  }

  test("runs nothing inline, and the policy's refusal is noticed", async () => {
    await window.evaluate(`
      const inline = document.createElement("script");
      inline.textContent = "document.documentElement.dataset.ran = 'yes'";
      document.head.append(inline);`);
    await window.until("return window.complaints.length > 0", "a complaint");
    assert.deepEqual(await window.complaints(), ["policy: script-src-elem"]);
    assert.equal(await window.evaluate("return document.documentElement.dataset.ran ?? 'no'"), "no");
  });
});

test("the page's switch for starting at login is the tray's own, and its menu follows", { timeout: 180_000 }, async (t) => {
  const scope = Scope.of(t);
  const simulator = await Simulator.start();
  scope.after(() => simulator.stop());
  const desktop = await Desktop.start(scope);
  const place = new TrayPlace(scope, desktop, { upstream: simulator.upstream, isDefault: true });
  Object.assign(place.env, await automation());
  const tray = place.start(scope);
  await tray.shows(/^Start at login$/m);
  await tray.shows(/^● Running/);
  const window = await DrivenWindow.open(scope, tray);
  await window.click("//nav//a[normalize-space()='Setup']");
  await window.click("//button[normalize-space()='Start at login']");
  await tray.shows(/^Start at login ✓$/m);
  const entry = path.join(desktop.home, ".config/autostart/Turnpike.desktop");
  assert.match(fs.readFileSync(entry, "utf8"), /^Exec=".*turnpike-tray"$/m);
  await window.click("//button[normalize-space()='Do not start at login']");
  await tray.shows(/^Start at login$/m);
  assert.ok(!fs.existsSync(entry));
});
