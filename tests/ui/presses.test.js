// Fingers that press twice or hold on: what was pressed acts once, and what stands in its place by then does not.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { eventually } from "../e2e/harness/deadline.js";
import { Scope } from "../e2e/harness/scope.js";
import { startWorld } from "../e2e/harness/world.js";
import { letIn, running, startBrowser, visit } from "./harness/browser.js";
import { control } from "./harness/control.js";
import { addRows } from "./harness/ledger.js";

const MAPS = ["one", "two", "three"].map((name) => `[[map]]\nname = "${name}"\ntarget = "sim/text"\n`).join("\n");
/** Rules without a name: the page numbers them. */
const RULES = [1, 2, 3].map((tokens) => `[[rule]]\nwhen = { min_tokens = ${tokens} }\ntarget = "sim/text"\n`).join("\n");
const SLOW = `[[map]]\nname = "slow"\ntarget = "sim/text+words=3000+delay=20ms"\n`;

const config = (turnpike) => fs.readFileSync(path.join(turnpike.dataDir, "config.toml"), "utf8");
const names = (turnpike) => config(turnpike).match(/name = "\w+"/g);

/** The first click of a double click on something, and the second when `isThere` what comes of the first. */
async function doubleClick(page, button, isThere) {
  await button.scrollIntoViewIfNeeded();
  const box = await button.boundingBox();
  await page.mouse.move(box.x + Math.min(box.width / 2, 60), box.y + box.height / 2);
  await page.mouse.down({ clickCount: 1 });
  await page.mouse.up({ clickCount: 1 });
  await isThere();
  await page.mouse.down({ clickCount: 2 });
  await page.mouse.up({ clickCount: 2 });
}

/** Waits until all that was asked for has been answered; what was pressed just now is asked for by then. */
async function quiet(page, asked) {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  await eventually(() => asked.size === 0, { what: () => `an answer to ${[...asked].map((request) => request.url())}` });
}

/** The key is held: it comes again and again, and nothing comes of that. */
async function hold(page, key, asked) {
  for (let times = 0; times < 3; times += 1) {
    await page.keyboard.down(key);
    await quiet(page, asked);
  }
}

describe("presses", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser;
  before(async () => (browser = await startBrowser(scope)));

  test("a double click acts once: Stop does not start again, one row is removed, a drawer stays open", async (t) => {
    const { turnpike } = await startWorld(t, { config: MAPS });
    await addRows(turnpike, [{ target: "a/b", served_model: "a/b" }]);
    const { page, asked, complaints } = await letIn(browser, turnpike);
    await running(page).waitFor();
    await quiet(page, asked);
    await doubleClick(page, page.getByRole("button", { name: "Stop", exact: true }), () => page.getByRole("button", { name: "Start", exact: true }).waitFor());
    await quiet(page, asked);
    assert.equal((await control(turnpike, "status")).state, "stopped");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await running(page).waitFor();

    await visit(page, "Models");
    const rows = page.getByRole("list", { name: "Maps" }).getByRole("listitem");
    await rows.nth(2).waitFor();
    await quiet(page, asked);
    await doubleClick(page, page.getByRole("button", { name: "Remove the map one" }), () => eventually(async () => (await rows.count()) === 2, { what: "one row less" }));
    await quiet(page, asked);
    assert.deepEqual(names(turnpike), ['name = "two"', 'name = "three"']);

    await visit(page, "Activity");
    await quiet(page, asked);
    await doubleClick(page, page.locator("tbody tr").first(), () => page.getByRole("dialog").getByText("was asked for").waitFor());
    await quiet(page, asked);
    assert.ok(await page.getByRole("dialog").isVisible());
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.deepEqual(complaints, []);
  });

  test("a double click removes one of several rules that look the same", async (t) => {
    const { turnpike } = await startWorld(t, { config: RULES });
    // All of the view is seen: nothing moves under the pointer when the list gets shorter.
    const { page, asked, complaints } = await letIn(browser, turnpike, { viewport: { width: 1_100, height: 2_400 } });
    await visit(page, "Models");
    const rows = page.getByRole("list", { name: "Rules" }).getByRole("listitem");
    const remove = page.getByRole("button", { name: "Remove the rule rule 1", exact: true });
    const left = (count) => eventually(async () => (await rows.count()) === count, { what: `${count} rules` });
    await rows.nth(2).waitFor();
    await quiet(page, asked);
    await doubleClick(page, remove, () => left(2));
    await quiet(page, asked);
    assert.deepEqual(config(turnpike).match(/min_tokens = \d/g), ["min_tokens = 2", "min_tokens = 3"]);
    await remove.click();
    await left(1);
    assert.deepEqual(config(turnpike).match(/min_tokens = \d/g), ["min_tokens = 3"]);
    assert.deepEqual(complaints, []);
  });

  test("a held key acts once: one row is removed, one request is ended", async (t) => {
    const { turnpike } = await startWorld(t, { config: `${MAPS}\n${SLOW}` });
    const { page, asked, complaints } = await letIn(browser, turnpike);
    await visit(page, "Models");
    const focusOn = (name) => eventually(() => page.evaluate((name) => document.activeElement.getAttribute("aria-label") === name, name), { what: `the focus on ${name}` });
    await page.getByRole("button", { name: "Remove the map one" }).focus();
    await page.keyboard.down("Enter");
    await focusOn("Remove the map two");
    await hold(page, "Enter", asked);
    await page.keyboard.up("Enter");
    assert.deepEqual(names(turnpike), ['name = "two"', 'name = "three"', 'name = "slow"']);
    // The space bar acts when it is let go of.
    await page.keyboard.down(" ");
    await hold(page, " ", asked);
    await page.keyboard.up(" ");
    await focusOn("Remove the map three");
    await quiet(page, asked);
    assert.deepEqual(names(turnpike), ['name = "three"', 'name = "slow"']);

    const answers = [1, 2].map(() => turnpike.messages({ model: "slow", stream: true, max_tokens: 4_000 }).then((response) => response.text()));
    await visit(page, "Overview");
    const cancels = page.getByRole("button", { name: "Cancel the request for slow" });
    const left = (count) => eventually(async () => (await cancels.count()) === count, { what: `${count} requests` });
    await left(2);
    await cancels.first().focus();
    await page.keyboard.down("Enter");
    await left(1);
    await focusOn("Cancel the request for slow");
    await hold(page, "Enter", asked);
    await page.keyboard.up("Enter");
    assert.equal((await control(turnpike, "status")).live.length, 1);
    await page.keyboard.press("Enter");
    await left(0);
    await Promise.all(answers);
    assert.deepEqual(complaints, []);
  });
});
