// Setup: Claude Code connected and disconnected by what was shown, a key from OpenRouter's page, the check-up.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { eventually } from "../e2e/harness/deadline.js";
import { Keyring } from "../e2e/harness/keyring.js";
import { Scope } from "../e2e/harness/scope.js";
import { mapAll } from "../e2e/harness/turnpike.js";
import { startWorld } from "../e2e/harness/world.js";
import { letIn, startBrowser, tabTo, visit } from "./harness/browser.js";
import { control } from "./harness/control.js";
import { overflow, picture, violations } from "./harness/look.js";

const MINE = '{\n  "model": "opus",\n  "permissions": { "allow": ["Bash(ls)"] }\n}\n';

/** Claude Code's settings of the test's user. */
function settingsOf(turnpike) {
  const file = path.join(turnpike.env.CLAUDE_CONFIG_DIR ?? path.join(turnpike.env.HOME, ".claude"), "settings.json");
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, MINE);
  return file;
}

const claude = async (turnpike) => (await control(turnpike, "claude.show", {})).state;

describe("setup", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser;
  before(async () => (browser = await startBrowser(scope)));

  test("Claude Code is connected by exactly what was shown, taken back, and disconnected", async (t) => {
    const { turnpike } = await startWorld(t);
    const file = settingsOf(turnpike);
    const { page, complaints } = await letIn(browser, turnpike);
    await visit(page, "Setup");
    await page.getByText("Not connected", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Connect Claude Code…" }).click();
    const change = page.getByRole("region", { name: "Connect Claude Code…" });
    await change.getByText("Claude Code stops using your Claude plan and bills OpenRouter.").waitFor();
    const diff = page.getByRole("region", { name: /^Changes of / });
    await diff.getByText("ANTHROPIC_BASE_URL").waitFor();
    assert.ok(!(await page.content()).includes(turnpike.token), "the token is dots");
    assert.equal(fs.readFileSync(file, "utf8"), MINE, "looking changes nothing");
    // A box changes what is shown, and what is shown is what is written.
    await change.getByRole("checkbox", { name: /statusLine/ }).check();
    await diff.locator("ins").filter({ hasText: '"statusLine"' }).waitFor();
    await picture(page, "setup-claude-diff");
    assert.deepEqual(await violations(page), []);
    let answer;
    const held = new Promise((resolve) => (answer = resolve));
    await page.route("**/api/claude.show", async (route) => (await held, await route.continue()));
    await change.getByRole("button", { name: "Cancel" }).click();
    await diff.waitFor({ state: "detached" });
    assert.equal(fs.readFileSync(file, "utf8"), MINE, "Cancel changes nothing");
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Connect Claude Code…", "the focus is back");

    await page.getByRole("button", { name: "Connect Claude Code…" }).click();
    assert.ok(!(await change.getByRole("checkbox", { name: /statusLine/ }).isChecked()), "the box of the cancelled change");
    assert.equal(await diff.locator("ins").filter({ hasText: '"statusLine"' }).count(), 0, "and its line are gone at once");
    answer();
    await change.getByRole("checkbox", { name: /statusLine/ }).check();
    await diff.locator("ins").filter({ hasText: '"statusLine"' }).waitFor();
    const shown = (await diff.locator("ins").allTextContents()).map((line) => line.slice(2).trim());
    await change.getByRole("button", { name: "Connect all" }).click();
    await page.getByText("Claude Code is connected.").waitFor();
    const written = fs.readFileSync(file, "utf8");
    assert.equal(await claude(turnpike), "connected");
    assert.ok(JSON.parse(written).statusLine, written);
    for (const line of shown.filter((line) => !line.includes("•"))) assert.ok(written.includes(line), `${line} is in ${written}`);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone.").waitFor();
    assert.equal(fs.readFileSync(file, "utf8"), MINE);

    await page.getByRole("button", { name: "Connect Claude Code…" }).click();
    await page.getByRole("button", { name: "Connect all" }).click();
    await page.getByText("Claude Code is connected.").waitFor();
    await page.getByRole("button", { name: "Disconnect…" }).click();
    await diff.locator("del").filter({ hasText: "ANTHROPIC_BASE_URL" }).waitFor();
    await page.getByRole("button", { name: "Disconnect Claude Code" }).click();
    await page.getByText("Claude Code is disconnected.").waitFor();
    assert.equal(fs.readFileSync(file, "utf8"), MINE);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone.").waitFor();
    assert.equal(await claude(turnpike), "connected");
    assert.deepEqual(complaints, []);
  });

  test("settings that somebody else was faster with are not written over", async (t) => {
    const { turnpike } = await startWorld(t);
    const file = settingsOf(turnpike);
    const { page } = await letIn(browser, turnpike, { viewport: { width: 360, height: 800 }, colorScheme: "dark" });
    await visit(page, "Setup");
    await tabTo(page, "Connect Claude Code…");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: /^Changes of / }).getByText("ANTHROPIC_BASE_URL").waitFor();
    assert.deepEqual(await violations(page), []);
    assert.equal(await overflow(page), 0);
    await picture(page, "setup-claude-diff-narrow-dark");
    const theirs = MINE.replace("opus", "sonnet");
    fs.writeFileSync(file, theirs);
    await tabTo(page, "Connect all");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").filter({ hasText: /changed/i }).first().waitFor();
    assert.equal(fs.readFileSync(file, "utf8"), theirs);
    // What is shown by now is the file as it is.
    await page.getByRole("button", { name: "Connect all" }).click();
    await page.getByText("Claude Code is connected.").waitFor();
    assert.equal(JSON.parse(fs.readFileSync(file, "utf8")).permissions.allow[0], "Bash(ls)");
  });

  test("whoever has no key tries the demo, in the same tab, and comes back", async (t) => {
    const { turnpike } = await startWorld(t, { env: {} });
    const { page, origin } = await letIn(browser, turnpike);
    await visit(page, "Setup");
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "Try without" }).click();
    // The demo's first request is under way or answered.
    await page.getByText(/^(1 request today|1 request running)/).first().waitFor();
    const { demo } = await control(turnpike, "status");
    assert.equal(new URL(page.url()).origin, demo);
    assert.notEqual(demo, origin);
    await visit(page, "Setup");
    await page.getByText("made up for the demo").waitFor();
    while (new URL(page.url()).origin !== origin) await page.goBack();
    await page.getByRole("button", { name: "Try without" }).waitFor();
  });

  test("a key comes from OpenRouter's own page, is given up, and is removed again", async (t) => {
    const place = Scope.of(t);
    const keyring = await Keyring.start(place);
    const { turnpike } = await startWorld(t, { signIn: "ask", env: keyring.session });
    const { page, context, complaints } = await letIn(browser, turnpike);
    await visit(page, "Setup");
    const begin = async () => {
      const [theirs] = await Promise.all([context.waitForEvent("page"), page.getByRole("button", { name: "Get one from OpenRouter" }).click()]);
      await page.getByRole("link", { name: "Open OpenRouter's page" }).waitFor();
      return theirs;
    };
    const first = await begin();
    await page.getByRole("button", { name: "Give it up" }).click();
    await page.getByRole("button", { name: "Get one from OpenRouter" }).waitFor();
    assert.notEqual((await control(turnpike, "key.login.state")).state, "waiting");
    await first.close();

    const second = await begin();
    await second.getByRole("link", { name: "Cancel" }).click();
    await page.getByRole("alert").filter({ hasText: "access_denied" }).waitFor();
    assert.equal(await keyring.secret(), null);
    await second.close();

    const third = await begin();
    await third.getByRole("link", { name: "Authorize" }).click();
    await page.getByRole("button", { name: "Replace" }).waitFor();
    const { key } = JSON.parse(await keyring.secret());
    assert.ok(!(await page.content()).includes(key), "no key is in the page");
    await third.close();
    const remove = async () => {
      await page.getByRole("button", { name: "Remove", exact: true }).click();
      await page.getByRole("alert").filter({ hasText: "For a minute it can be put back" }).getByRole("button", { name: "Remove", exact: true }).click();
      await page.getByText("The key was removed.").waitFor();
      assert.equal(await keyring.secret(), null);
      assert.equal((await control(turnpike, "key.status")).state, "missing");
    };
    const undo = page.getByRole("button", { name: "Undo" });
    await remove();
    await undo.click();
    await page.getByText("Undone.").waitFor();
    assert.equal(JSON.parse(await keyring.secret()).key, key, "it is in the keychain again");
    assert.equal((await control(turnpike, "key.status")).state, "ready");
    assert.ok(!(await page.content()).includes(key), "and never came to the page");
    await remove();

    const typed = "sk-or-v1-" + "7".repeat(64);
    await page.getByLabel("Key", { exact: true }).fill(typed);
    await page.getByRole("button", { name: "Save key" }).click();
    await page.getByText("The key was saved.").waitFor();
    assert.equal(JSON.parse(await keyring.secret()).key, typed);
    // One key in the place of another, and back; what was taken back is not taken back again.
    const other = `${typed.slice(0, -4)}8888`;
    await page.getByRole("button", { name: "Replace" }).click();
    await page.getByLabel("Key", { exact: true }).fill(other);
    await page.getByRole("button", { name: "Save key" }).click();
    await page.getByText("••••8888").first().waitFor();
    assert.equal(JSON.parse(await keyring.secret()).key, other);
    const { undo: change } = await control(turnpike, "key.status");
    await undo.click();
    await page.getByText("Undone.").waitFor();
    assert.equal(JSON.parse(await keyring.secret()).key, typed);
    await assert.rejects(control(turnpike, "key.undo", { change }), /cannot be taken back any more/);
    assert.equal((await control(turnpike, "key.status")).undo, null);
    const audit = (await control(turnpike, "audit.list")).actions.map((row) => row.action);
    assert.equal(audit[0], "key.undo");
    const page_ = await page.content();
    assert.ok(![key, typed, other].some((secret) => page_.includes(secret)), "no key is in the page");
    assert.deepEqual(complaints, []);
  });

  test("the check-up asks each model when it is told to, and has a fix beside what is wrong", async (t) => {
    const { simulator, turnpike } = await startWorld(t, { config: mapAll("sim/error-404") });
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Setup");
    const findings = page.getByRole("list", { name: "Check-up" });
    await findings.getByText("The data plane listens on").waitFor();
    assert.equal((await simulator.chats()).length, 0, "a look costs nothing");
    await page.getByRole("button", { name: "Ask each model, too" }).click();
    await eventually(async () => (await simulator.chats()).length > 0, { what: "a request upstream" });
    await findings.getByText(/error-404/).first().waitFor();
    const told = await control(turnpike, "doctor", { requests: false, without_client: false });
    for (const { fix } of told.findings.filter((finding) => finding.fix)) {
      const words = fix.split("`")[0].trim().slice(0, 24);
      await findings.getByText(words, { exact: false }).first().waitFor();
    }
  });
});
