// Spend's figures by known amounts: cache misses, periods and units, exports, the forecast.

import assert from "node:assert/strict";
import fs from "node:fs";
import test, { after, before, describe } from "node:test";

import { Scope } from "../e2e/harness/scope.js";
import { mapAll } from "../e2e/harness/turnpike.js";
import { startWorld } from "../e2e/harness/world.js";
import { letIn, startBrowser, visit } from "./harness/browser.js";
import { control } from "./harness/control.js";
import { addRows, fillLedger } from "./harness/ledger.js";
import { WIDTHS, overflow, picture, violations } from "./harness/look.js";

const TERRA = "openai/gpt-5.6-terra";
const LUNA = "openai/gpt-5.6-luna";

/** $1 in, $0.10 from a cache and $1.25 to it; the other takes a tenth of each. A miss costs $0.90, $1.15, and a tenth of that. */
const ROWS = [
  { served_model: TERRA, project: "/src/p", input_tokens: 1_000_000, cache_read_tokens: 2_000_000, cache_write_tokens: 400_000, cost_nanos: 2_000_000_000 },
  { served_model: LUNA, project: "/src/q", input_tokens: 10_000_000, cost_nanos: 1_000_000_000 },
  { served_model: "nobody/knows-it", project: "/src/q", input_tokens: 5, cost_nanos: 500_000_000 },
];

describe("figures", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser;
  before(async () => (browser = await startBrowser(scope)));

  test("cache misses are told by line, in all, and for one request, in known amounts", async (t) => {
    const { turnpike } = await startWorld(t);
    await addRows(turnpike, ROWS);
    const { page, complaints } = await letIn(browser, turnpike);
    await visit(page, "Spend");
    const lines = page.getByRole("table", { name: /^Split by/ });
    const missed = (name) => lines.getByRole("row", { name: new RegExp(`^${name}`) }).getByRole("cell").last();
    await lines.getByRole("columnheader", { name: "Cache misses" }).waitFor();
    for (const [name, sum] of [["gpt-5.6-terra", "$1.36"], ["gpt-5.6-luna", "$0.90"], ["knows-it", "–"]]) {
      assert.equal((await missed(name).textContent()).trim(), sum, name);
    }
    await page.getByText("$2.26 is the cost of cache misses").waitFor();
    await page.getByText("11.40M tokens of input came from no cache").waitFor();
    await page.getByRole("combobox", { name: "Split by" }).selectOption("project");
    await missed("p").getByText("$1.36").waitFor();
    await missed("q").getByText("$0.90").waitFor();
    await picture(page, "spend-misses");
    assert.deepEqual(await violations(page), []);
    await visit(page, "Activity");
    const drawer = page.getByRole("dialog");
    for (const [id, told] of [[1, "$1.36 more than if all input had come from a cache"], [2, "$0.90 more"], [3, null]]) {
      await page.getByRole("button", { name: new RegExp(`^Request ${id},`) }).click();
      await drawer.getByText("was asked for").waitFor();
      if (told) await drawer.getByText(told).waitFor();
      else assert.equal(await drawer.getByText("Cache misses").count(), 0);
      await page.keyboard.press("Escape");
      await drawer.waitFor({ state: "detached" });
    }
    assert.deepEqual(complaints, []);
  });

  test("a sum that holds a request which is not billed yet is marked, also where that counts as nothing", async (t) => {
    const { turnpike } = await startWorld(t);
    await addRows(turnpike, [...ROWS, { cost_source: "estimate", status: "interrupted", target: LUNA, project: "/src/q", session: "killed" }]);
    const { page, complaints } = await letIn(browser, turnpike);
    const today = page.getByRole("region", { name: "Today" });
    await today.getByText("~$3.50", { exact: true }).waitFor();
    await today.getByText("4 requests today, 1 not billed yet").waitFor();
    await visit(page, "Spend");
    await page.getByText("1 request is not billed yet: counted as $0.00.").waitFor();
    await page.getByRole("combobox", { name: "Split by" }).selectOption("project");
    const lines = page.getByRole("table", { name: /^Split by/ });
    const costs = (name) => lines.getByRole("row", { name: new RegExp(`^${name} `) }).getByRole("cell").nth(1);
    await costs("q").getByText("~$1.50", { exact: true }).waitFor();
    assert.equal((await costs("p").textContent()).trim(), "$2.00");
    const dearest = page.getByRole("table", { name: "Dearest sessions" });
    await dearest.getByRole("cell", { name: "~$0.00", exact: true }).waitFor();
    await page.getByText("Figures of the chart").click();
    const steps = page.getByRole("table", { name: "Spend over time" });
    await steps.getByRole("cell", { name: "~$3.50", exact: true }).first().waitFor();
    await steps.getByRole("cell", { name: "$2.00", exact: true }).first().waitFor();
    await visit(page, "Activity");
    await page.getByRole("cell", { name: "~$0.00", exact: true }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test("a figure of a budget, the forecast, a client or the own week that holds an estimate is marked", async (t) => {
    const { turnpike } = await startWorld(t, { config: `[budget]\nmonthly_usd = 100\n\n${mapAll("sim/text")}` });
    const added = await turnpike.cli("client", "add", "ci", "--monthly", "50");
    assert.equal(added.code, 0, added.stderr);
    const rows = ROWS.map((row) => ({ ...row, target: row.served_model, client: "ci" }));
    await addRows(turnpike, [...rows, { cost_source: "estimate", status: "interrupted", target: LUNA, client: "ci" }]);
    const { page, complaints } = await letIn(browser, turnpike);
    const { totals } = await control(turnpike, "budget.list");
    const { starts_at, resets_at } = totals.find((line) => line.period === "daily");
    // Noon of that day: early and late nothing is told.
    await page.clock.setFixedTime(((starts_at + resets_at) / 2) * 1_000);
    await page.getByText("At this pace ~$7.00 by ").waitFor();
    await visit(page, "Limits");
    const budgets = page.getByRole("list", { name: "Budgets" }).getByRole("listitem");
    for (const [period, sum] of [["This month", "~$3.50 of $100.00"], ["This month, ci", "~$3.50 of $50.00"]]) {
      await budgets.filter({ has: page.getByText(period, { exact: true }) }).getByText(sum).waitFor();
    }
    const forecast = page.getByRole("table", { name: "If it goes on like this" });
    await forecast.getByRole("columnheader", { name: "As in the last hour, ~$3.50" }).waitFor();
    await forecast.getByRole("columnheader", { name: "As in the last day, ~$3.50" }).waitFor();
    await forecast.getByRole("row", { name: /^The monthly budget/ }).getByText("~$96.50").waitFor();
    await page.getByText("~$3.50 of $50.00 this month").waitFor();
    await visit(page, "Models");
    await page.getByRole("button", { name: "Browse the catalogue" }).click();
    await page.getByRole("dialog").getByText("Your last seven days cost ~$3.50.").waitFor();
    assert.deepEqual(complaints, []);
    const told = (await turnpike.cli("budget")).stdout;
    assert.match(told, /~\$3\.50/);
  });

  test("every period and unit is that of the service, a filter is taken off, and exports are the service's own answers", async (t) => {
    const { turnpike } = await startWorld(t);
    await fillLedger(turnpike, { count: 400, days: 50 });
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Spend");
    const sum = (nanos) => `$${(nanos / 1e9).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
    const since = { today: "today", "7d": "7d", "30d": "30d", "this-month": "this-month", all: null };
    for (const [value, asked] of Object.entries(since)) {
      await page.getByRole("combobox", { name: "Time" }).selectOption(value);
      const { total } = await control(turnpike, "spend", { by: "day", since: asked });
      await page.getByText(sum(total.cost_nanos), { exact: true }).first().waitFor();
      await page.getByText(`${total.requests.toLocaleString("en-US")} request`).first().waitFor();
    }
    await page.getByText("Figures of the chart").click();
    const table = page.getByRole("table", { name: "Spend over time" });
    for (const unit of ["month", "week", "day"]) {
      await page.getByRole("combobox", { name: "By", exact: true }).selectOption(unit);
      const { rows } = await control(turnpike, "spend", { by: unit });
      // Between the first and the last each step of time has its line, also one in which nothing was asked.
      await page.waitForFunction((least) => document.querySelectorAll("figure + details tbody tr").length >= least, rows.length);
      for (const row of rows.slice(0, 3)) await table.getByRole("cell", { name: sum(row.cost_nanos), exact: true }).first().waitFor();
    }
    await page.getByRole("button", { name: "glm-5.2", exact: true }).click();
    const only = [{ by: "model", is: "z-ai/glm-5.2" }];
    const narrowed = await control(turnpike, "spend", { by: "model", only });
    await page.getByText(`${narrowed.total.requests} requests`).first().waitFor();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export as JSON" }).click()]);
    const kept = JSON.parse(fs.readFileSync(await download.path(), "utf8"));
    assert.deepEqual(kept, await control(turnpike, "spend", { by: "model", only, misses: true }));
    await page.getByRole("button", { name: /^Only Model: z-ai\/glm-5\.2/ }).click();
    await page.getByText("400 requests").first().waitFor();
  });

  test("an export that takes long says so, and is given up", async (t) => {
    const { turnpike } = await startWorld(t);
    await fillLedger(turnpike, { count: 50, days: 2 });
    const { page, context } = await letIn(browser, turnpike);
    await visit(page, "Spend");
    await page.getByRole("button", { name: "Export as CSV" }).waitFor();
    let ended;
    const end = new Promise((resolve) => (ended = resolve));
    await page.route("**/api/spend", () => {}); // never answered
    page.on("requestfailed", (request) => request.url().endsWith("/api/spend") && ended());
    let files = 0;
    page.on("download", () => (files += 1));
    await page.getByRole("button", { name: "Export as CSV" }).click();
    await page.getByText("Adding up…").waitFor();
    await page.getByText("Adding up…").locator("..").getByRole("button", { name: "Cancel" }).click();
    await end;
    await page.getByRole("button", { name: "Export as CSV" }).waitFor();
    assert.equal(files, 0);
    assert.equal(await page.getByRole("alert").count(), 0, "giving up is no failure");
    await context.close();
  });

  test("the forecast stands beneath the day's figure and in full at the limits", async (t) => {
    const { turnpike } = await startWorld(t, { config: `[budget]\nmonthly_usd = 100\n\n${mapAll("sim/text")}` });
    await addRows(turnpike, [{ served_model: TERRA, cost_nanos: 40_000_000_000 }]);
    for (const [name, width] of Object.entries(WIDTHS)) {
      const { page, context, complaints } = await letIn(browser, turnpike, { viewport: { width, height: 800 } });
      const told = await control(turnpike, "spend.forecast");
      const monthly = told.lines.find((line) => line.what === "the monthly budget");
      assert.deepEqual([told.last_hour_nanos, monthly.left_nanos], [40_000_000_000, 60_000_000_000]);
      await visit(page, "Limits");
      const row = page.getByRole("table", { name: "If it goes on like this" }).getByRole("row", { name: /^The monthly budget/ });
      await row.getByText("$60.00").waitFor();
      await page.getByRole("columnheader", { name: "As in the last hour, $40.00" }).waitFor();
      // Sixty dollars at forty an hour: an hour and a half from now, unless the month ends before.
      const ends = monthly.ends_at_hours_rate;
      if (ends !== null) {
        const [least, most] = [ends - 60, ends + 120];
        const shown = await row.getByText(/^ends /).first().getAttribute("title");
        assert.ok(least <= new Date(shown.replace(",", "")).getTime() / 1_000 && new Date(shown.replace(",", "")).getTime() / 1_000 <= most, shown);
      } else await row.getByText("lasts").first().waitFor();
      await picture(page, `limits-forecast-${name}`);
      assert.deepEqual(await violations(page), []);
      assert.equal(await overflow(page), 0);
      await visit(page, "Overview");
      // Five dollars a day are gone already: what ends is the month's.
      if (ends !== null) await page.getByText(/^At the rate of the last hour the monthly budget is used up at /).waitFor();
      await picture(page, `overview-forecast-${name}`);
      assert.equal(await overflow(page), 0);
      assert.deepEqual(complaints, []);
      await context.close();
    }
  });
});
