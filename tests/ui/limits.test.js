// Limits and spend: notices and their switches, clients, a raised budget; what was saved, and the comparison with the key.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { eventually } from "../e2e/harness/deadline.js";
import { Scope } from "../e2e/harness/scope.js";
import { mapAll } from "../e2e/harness/turnpike.js";
import { startWorld } from "../e2e/harness/world.js";
import { letIn, startBrowser, visit } from "./harness/browser.js";
import { control } from "./harness/control.js";
import { fillLedger } from "./harness/ledger.js";
import { overflow, picture, violations } from "./harness/look.js";

const config = (turnpike) => fs.readFileSync(path.join(turnpike.dataDir, "config.toml"), "utf8");
const narrow = { viewport: { width: 360, height: 800 }, colorScheme: "dark" };

describe("limits", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser;
  before(async () => (browser = await startBrowser(scope)));

  test("what was told is listed, and each kind of notice has its switch", async (t) => {
    const { turnpike } = await startWorld(t, { config: "# mine\n" });
    const { page, complaints } = await letIn(browser, turnpike);
    await visit(page, "Limits");
    const refused = await turnpike.messages({ model: "sim/error-429+retry-after=90" });
    assert.equal(refused.status, 429);
    const kept = await eventually(async () => (await control(turnpike, "notices")).notices[0], { what: "a notice" });
    const list = page.getByRole("list", { name: "Notices" });
    await list.getByText(kept.text.replaceAll("`", "").slice(0, 30), { exact: false }).first().waitFor();
    const { kinds } = await control(turnpike, "notices");
    for (const kind of kinds) {
      const box = page.getByRole("checkbox", { name: kind.title, exact: true });
      assert.equal(await box.isChecked(), kind.is_on, kind.kind);
    }
    const limited = kinds.find((kind) => kind.kind === "limited");
    await page.getByRole("checkbox", { name: limited.title, exact: true }).uncheck();
    await page.getByText(`Notifications are off: ${limited.title}.`).waitFor();
    assert.match(config(turnpike), /^# mine\n[\s\S]*limited = false/);
    assert.equal((await control(turnpike, "notices")).kinds.find((kind) => kind.kind === "limited").is_on, false);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone.").waitFor();
    assert.equal(config(turnpike), "# mine\n");
    assert.ok(await page.getByRole("checkbox", { name: limited.title, exact: true }).isChecked());
    assert.deepEqual(complaints, []);
  });

  test("what holds stays in the list when ten others were told since", async (t) => {
    const { turnpike } = await startWorld(t);
    assert.equal((await turnpike.messages({ model: "sim/error-429+retry-after=900" })).status, 429);
    await eventually(async () => (await control(turnpike, "notices")).notices.length > 0, { what: "a notice" });
    const { page } = await letIn(browser, turnpike);
    await page.route("**/api/notices", async (route) => {
      const response = await route.fetch();
      const reply = await response.json();
      const others = Array.from({ length: 10 }, (_, n) => ({ ...reply.notices[0], text: `the daily budget of client ${n} is used up` }));
      await route.fulfill({ response, json: { ...reply, notices: [...others, ...reply.notices] } });
    });
    await visit(page, "Limits");
    const list = page.getByRole("list", { name: "Notices" });
    const limited = list.getByRole("listitem").filter({ hasText: "is rate limited until" });
    await list.getByText("client 9").waitFor();
    await eventually(async () => /^now\s[^|]+$/.test((await limited.allInnerTexts()).join("|")), { what: "the one that holds, as of now" });
    await page.getByRole("button", { name: "Show all 11" }).click();
    await limited.getByText("Still so.").waitFor();
    assert.equal(await limited.count(), 1);
    // What is asked at the very end has nobody to answer it.
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });

  test("a client's token is revoked, and its entry removed, once that is confirmed", async (t) => {
    const { turnpike } = await startWorld(t, { config: mapAll("sim/text") });
    const added = await turnpike.cli("client", "add", "ci", "--daily", "2", "--per-minute", "30");
    assert.equal(added.code, 0, added.stderr);
    const token = /\btp[-_]\S+|[A-Za-z0-9_-]{32,}/.exec(added.stdout)[0];
    const ask = async () => (await turnpike.messages({ model: "claude-opus-5" }, { headers: { authorization: `Bearer ${token}` } })).status;
    assert.equal(await ask(), 200);
    const { page, complaints } = await letIn(browser, turnpike);
    await visit(page, "Limits");
    const list = page.getByRole("list", { name: "Clients" });
    await list.getByText("of $2.00 today").waitFor();
    await list.getByText("30 requests a minute").waitFor();
    assert.ok(!(await page.content()).includes(token));
    const sure = page.getByRole("alert").filter({ hasText: "has under way" });
    await page.getByRole("button", { name: "Revoke : ci" }).click();
    await sure.getByRole("button", { name: "Cancel" }).click();
    assert.equal(await ask(), 200);
    await page.getByRole("button", { name: "Revoke : ci" }).click();
    await sure.getByRole("button", { name: "Revoke" }).click();
    await page.getByText("The token of ci lets nobody in any more.").waitFor();
    assert.equal(await ask(), 401);
    await list.getByText("no token").waitFor();
    const undo = page.getByRole("button", { name: "Undo" });
    await undo.click();
    await page.getByText("Undone.").waitFor();
    assert.equal(await ask(), 200, "the same token lets in again");
    await page.getByRole("button", { name: "Revoke : ci" }).click();
    await sure.getByRole("button", { name: "Revoke" }).click();
    await list.getByText("no token").waitFor();
    await undo.waitFor();
    assert.equal(await ask(), 401);
    await page.getByRole("button", { name: /^Copy: turnpike .*client rotate ci$/ }).waitFor();
    await picture(page, "limits-clients");
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "Remove : ci" }).click();
    await sure.getByRole("button", { name: "Remove" }).click();
    await page.getByText("The client ci was removed.").waitFor();
    assert.doesNotMatch(config(turnpike), /"ci"/);
    assert.equal(await ask(), 401);
    await page.getByText("None: the local token is all there is.").waitFor();
    await undo.click();
    await list.getByText("of $2.00 today").waitFor();
    assert.match(config(turnpike), /"ci"[\s\S]*daily_usd = 2/, "with its limits");
    assert.ok(!(await page.content()).includes(token));
    assert.deepEqual(complaints, []);
  });

  test("a used-up budget is raised for today, and requests are served again", async (t) => {
    const { turnpike } = await startWorld(t, { config: `${mapAll("sim/text+words=5+cost=0.03")}\n[budget]\ndaily_usd = 0.02\naction = "stop"\n` });
    const ask = async () => (await turnpike.messages({ model: "claude-opus-5" })).status;
    await eventually(async () => (await ask()) === 429, { what: "a refusal at the limit" });
    const before = config(turnpike);
    const { page } = await letIn(browser, turnpike, narrow);
    await visit(page, "Limits");
    await page.getByRole("button", { name: "Raise the limit for now: Today" }).click();
    const amount = page.getByLabel("Raise it by, dollars");
    await amount.fill("much");
    await page.getByRole("button", { name: "Raise it" }).click();
    await page.getByText("Write by how many dollars").waitFor();
    assert.equal(await amount.inputValue(), "much");
    await picture(page, "limits-raise-narrow-dark");
    assert.deepEqual(await violations(page), []);
    assert.equal(await overflow(page), 0);
    await amount.fill("3");
    await page.getByRole("button", { name: "Raise it" }).click();
    await page.getByText("The limit is $3.02 now: Today.").waitFor();
    await page.getByText("raised by $3.00").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), "Raise", "the focus is back");
    assert.equal(await ask(), 200);
    assert.equal(config(turnpike), before, "the limit itself is as it was");
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone.").waitFor();
    await page.getByText("raised by $3.00").waitFor({ state: "detached" });
    assert.equal(await ask(), 429, "and what was raised is taken back");
  });

  test("spend tells what was saved, the dearest sessions, and how it compares with the key", async (t) => {
    const { simulator, turnpike } = await startWorld(t, { config: mapAll("sim/text+words=5+cost=0.03") });
    await fillLedger(turnpike, { count: 300, days: 6 });
    assert.equal((await turnpike.messages({ model: "claude-opus-5" })).status, 200);
    const { page, complaints } = await letIn(browser, turnpike);
    await visit(page, "Spend");
    const told = await control(turnpike, "spend.insight", { since: "7d" });
    await page.getByText(/^\$[\d.,]+ (less|more) than at Claude's prices$/).waitFor();
    const sum = (nanos) => `$${(nanos / 1e9).toFixed(2)}`;
    await page.getByText(`at the list price of ${told.claude.prices_of}`).waitFor();
    const rows = await page.getByRole("table", { name: "Dearest sessions" }).locator("tbody tr").all();
    const dearest = told.sessions.filter((row) => row.key);
    assert.equal(rows.length, dearest.length);
    await rows[0].getByText(sum(dearest[0].cost_nanos), { exact: true }).waitFor();
    await page.locator("summary", { hasText: "How fast models answered" }).click();
    const asked = async () => (await simulator.requests()).filter((request) => request.path.endsWith("/key")).length;
    const before = await asked();
    await page.getByRole("button", { name: "Compare now" }).click();
    await eventually(async () => (await asked()) > before, { what: "a look at the key" });
    await page.getByRole("button", { name: "Compare now" }).waitFor();
    const { latest } = await control(turnpike, "spend.reconcile", { now: false });
    const line = latest.lines.find(({ drift_nanos }) => drift_nanos);
    const list = page.getByRole("list", { name: "Compared with OpenRouter" });
    if (line) await list.getByText(`The ledger says ${sum(line.ledger_nanos)}`).first().waitFor();
    else await list.getByText("Both say").first().waitFor();
    await picture(page, "spend-insight");
    assert.deepEqual(await violations(page), []);
    await rows[0].getByRole("link").click();
    await page.getByRole("heading", { level: 1, name: "Activity" }).waitFor({ state: "attached" });
    await page.waitForFunction((count) => document.querySelectorAll("tbody tr").length === count, Math.min(50, dearest[0].requests));
    assert.deepEqual(complaints, []);
  });
});
