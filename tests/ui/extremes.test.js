// What is long, huge, nothing or not known, on every view and the narrowest screen; and a list of ten thousand sessions.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { eventually } from "../e2e/harness/deadline.js";
import { Scope } from "../e2e/harness/scope.js";
import { startWorld } from "../e2e/harness/world.js";
import { letIn, startBrowser, visit } from "./harness/browser.js";
import { control } from "./harness/control.js";
import { addRows, beside } from "./harness/ledger.js";
import { WIDTHS, overflow, picture, violations } from "./harness/look.js";

const VIEWS = ["Overview", "Models", "Spend", "Activity", "Limits", "Setup"];
const LONG = "a-very-long-name-without-any-space-".repeat(3);
const MODEL = `some-vendor/${LONG}model`;
const CONFIG = `[budget]
daily_usd = 0.01

[[map]]
name = "*${LONG.slice(0, 50)}*"
target = "${MODEL}"
fallback = ["${MODEL}-2", "z-ai/glm-5.2"]

[[client]]
name = "${LONG.slice(0, 60)}"
token_sha256 = "${"0".repeat(64)}"
models = ["${MODEL}", "qwen/*"]
daily_usd = 123456789
`;

const ROWS = [
  { cost_nanos: 98_765_432_109_876_543, input_tokens: 9_876_543_210, output_tokens: 1_234_567_890, model: MODEL, project: `/home/me/${LONG}`, session: LONG, branch: LONG },
  { cost_nanos: 0, cost_source: "none", model: "openai/gpt-5.6-luna", project: "", session: null, branch: null },
  { cost_nanos: 1, model: "nobody/knows-its-price", project: "/", session: "s", branch: "b" },
  { cost_nanos: 4_200_000, status: "error", http_status: 529, error_type: "overloaded_error", error_message: `The provider said ${LONG}.`, model: MODEL, project: LONG, session: LONG, branch: LONG },
].map(({ model, ...row }) => ({ requested_model: LONG, target: model, served_model: model, provider: LONG, ...row }));

async function settle(page, asked) {
  await eventually(() => asked.size === 0, { what: () => `an answer to ${[...asked].map((request) => request.url())}` });
  await page.waitForFunction(() => !document.body.innerText.includes("Loading…") && !document.body.innerText.includes("Checking…"));
}

describe("extremes", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser;
  before(async () => (browser = await startBrowser(scope)));

  test("long names, huge sums, nothing and what is not known fit every view, in both widths", async (t) => {
    const { turnpike } = await startWorld(t, { config: CONFIG });
    await addRows(turnpike, ROWS);
    const wrong = [];
    for (const [name, width] of Object.entries(WIDTHS)) {
      const { page, context, complaints, asked } = await letIn(browser, turnpike, { viewport: { width, height: 800 } });
      for (const view of VIEWS) {
        await visit(page, view);
        await settle(page, asked);
        const label = `extremes-${view.toLowerCase()}-${name}`;
        await picture(page, label);
        wrong.push(...(await violations(page)).map((text) => `${label}: ${text}`));
        if ((await overflow(page)) > 0) wrong.push(`${label} is wider than its window`);
      }
      await visit(page, "Overview");
      await page.getByText("$98,765,432.11", { exact: true }).waitFor();
      await visit(page, "Activity");
      await page.getByText("<$0.0001", { exact: true }).waitFor();
      const rows = page.getByRole("button", { name: /^Request \d+/ });
      for (let row = 0; row < ROWS.length; row += 1) {
        await rows.nth(row).click();
        await page.getByRole("dialog").getByText("was asked for").waitFor();
        const drawer = await page.getByRole("dialog").evaluate((dialog) => dialog.scrollWidth - dialog.clientWidth);
        if (drawer > 0) wrong.push(`the drawer of row ${row} is wider than it is, ${name}`);
        if (row === ROWS.length - 1) await picture(page, `extremes-drawer-${name}`);
        await page.keyboard.press("Escape");
      }
      wrong.push(...complaints);
      await context.close();
    }
    assert.deepEqual(wrong, []);
  });

  test("ten thousand sessions are shown page by page, and a filter leads to one of them", async (t) => {
    const { turnpike } = await startWorld(t);
    const now = Math.floor(Date.now() / 1_000) - 120;
    await beside(
      turnpike,
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 10000)
       INSERT INTO request (id, instance, started_at, first_token_ns, duration_ns, status, class, session, project, requested_model, served_model, target,
         mode, stream, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, web_searches, cost_nanos, byok_cost_nanos,
         cost_source, http_status, request_bytes, response_bytes)
       SELECT i + 1, 1, ${now}000000000 - i * 1000000000, 1, 1, 'ok', 'main', printf('session-%05d', i), '/p', 'm', 'a/b', 'a/b', 'translate', 1, 10, 10, 0, 0, 0, 0,
         (10000 - i) * 1000000, 0, 'upstream', 200, 1, 1 FROM n;`,
    );
    const { page, complaints } = await letIn(browser, turnpike, { viewport: { width: WIDTHS.narrow, height: 800 } });
    await page.goto(new URL("/#/spend?by=session", page.url()).href);
    const rows = page.getByRole("table", { name: "Split by" }).locator("tbody tr");
    await page.getByText("50 of 10,000", { exact: true }).waitFor();
    assert.equal(await rows.count(), 50);
    await page.getByRole("button", { name: "Show more" }).click();
    await page.getByText("100 of 10,000", { exact: true }).waitFor();
    await eventually(async () => (await rows.count()) === 100, { what: "another page of lines" });
    const told = await control(turnpike, "spend", { by: "session", since: "7d", only: [], limit: 100, misses: false });
    assert.equal(await rows.nth(99).locator("td").first().textContent().then((text) => text.trim()), told.rows[99].key);
    await picture(page, "extremes-sessions-narrow");
    assert.equal(await overflow(page), 0);
    await rows.nth(70).getByRole("link").click();
    await page.getByRole("heading", { level: 1, name: "Activity" }).waitFor({ state: "attached" });
    await eventually(async () => (await page.locator("tbody tr").count()) === 1, { what: "its one request" });
    assert.deepEqual(complaints, []);
  });

  test("what is offered for copying names the program's own path where a terminal does not find it, and works there", async (t) => {
    const { turnpike } = await startWorld(t, { isInstalled: false });
    const { page, context, origin } = await letIn(browser, turnpike);
    const { program } = await control(turnpike, "status");
    assert.ok(path.isAbsolute(program.split(" ")[0].replaceAll("'", "")), program);
    await page.getByText(`${program} run -- claude`, { exact: true }).first().waitFor();
    for (const view of VIEWS) {
      await visit(page, view);
      for (const words of await page.locator("main code").allTextContents()) assert.doesNotMatch(words, /^turnpike |\(turnpike /);
    }
    // Also for whoever was let in before and is not any more.
    await page.evaluate(() => sessionStorage.clear());
    const again = await context.newPage();
    await again.goto(origin);
    await again.getByText(`${program} ui`, { exact: true }).waitFor();
    assert.ok(fs.existsSync(turnpike.dataDir));
  });

  test("an older message's Undo is not there while a change is made, and comes back where that one is refused", async (t) => {
    const { turnpike } = await startWorld(t, { config: CONFIG });
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Limits");
    const change = async (dollars) => {
      await page.getByRole("button", { name: "Change the limit: This week" }).click();
      await page.getByLabel("Dollars; empty for no limit").fill(dollars);
      await page.getByRole("button", { name: "Save" }).click();
    };
    const config = () => fs.readFileSync(path.join(turnpike.dataDir, "config.toml"), "utf8");
    const undo = page.getByRole("button", { name: "Undo" });
    await change("3");
    await undo.waitFor();
    let answer;
    const held = new Promise((resolve) => (answer = resolve));
    await page.route("**/api/budget.set", async (route) => ((await held) ? route.continue() : route.fulfill({ status: 409, json: { code: "conflict", message: "somebody else was faster" } })), { times: 1 });
    await change("4");
    await undo.waitFor({ state: "detached" });
    answer(false);
    await page.getByText("Somebody else was faster").waitFor();
    await undo.click();
    await page.getByText("Undone.").waitFor();
    assert.doesNotMatch(config(), /weekly_usd/, "the first one, which it belongs to, is taken back");
    assert.equal(await page.getByLabel("Dollars; empty for no limit").inputValue(), "4", "and what was typed stays");
  });
});
