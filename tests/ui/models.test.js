// Models: what a role's row unfolds, the forms' other ways, the catalogue's figures, and probes that are given up.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { eventually } from "../e2e/harness/deadline.js";
import { Scope } from "../e2e/harness/scope.js";
import { startWorld } from "../e2e/harness/world.js";
import { letIn, startBrowser, visit } from "./harness/browser.js";
import { control } from "./harness/control.js";
import { addRows } from "./harness/ledger.js";
import { WIDTHS, overflow, picture, violations } from "./harness/look.js";

const CONFIG = `[[map]]
name = "*opus*"
target = "openai/gpt-5.6-terra"
fallback = ["z-ai/glm-5.2", "openai/gpt-5.6-luna"]
params = { temperature = 0.2 }
provider = { sort = "price", ignore = ["deepinfra"] }

[[map]]
name = "*"
target = "openai/gpt-5.6-luna"
`;

const config = (turnpike) => fs.readFileSync(path.join(turnpike.dataDir, "config.toml"), "utf8");

describe("models", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser;
  before(async () => (browser = await startBrowser(scope)));

  test("a model that is gone is told with a link to where another is chosen", async (t) => {
    const gone = `[[map]]\nname = "*opus*"\ntarget = "openai/no-longer-there"\n`;
    const { turnpike } = await startWorld(t, { config: gone });
    await control(turnpike, "models.refresh");
    assert.equal((await turnpike.messages({ model: "sim/error-429+retry-after=900" })).status, 429);
    const { page, complaints } = await letIn(browser, turnpike);
    const problems = page.getByRole("region", { name: "Needs you" });
    for (const words of ["openai/no-longer-there is not on offer any more", "is rate limited until"]) {
      const problem = problems.getByRole("listitem").filter({ hasText: words });
      await problem.getByRole("link", { name: "Choose a model" }).waitFor();
    }
    for (const [name, width] of Object.entries(WIDTHS)) {
      await page.setViewportSize({ width, height: 800 });
      await picture(page, `overview-model-gone-${name}`);
      assert.deepEqual(await violations(page), []);
      assert.equal(await overflow(page), 0);
    }
    await page.setViewportSize({ width: WIDTHS.wide, height: 800 });
    await visit(page, "Limits");
    const notices = page.getByRole("list", { name: "Notices" });
    await notices.getByText("is not on offer any more").waitFor();
    assert.match((await turnpike.cli("status")).stdout, /⚠ openai\/no-longer-there is not on offer any more/);
    await visit(page, "Overview");
    await problems.getByRole("listitem").filter({ hasText: "no-longer-there" }).getByRole("link").click();
    await page.getByRole("heading", { level: 1, name: "Models", exact: true }).waitFor({ state: "attached" });
    assert.deepEqual(complaints, []);
  });

  test("a role unfolds its fallback, parameters and providers, and gets settings of its own", async (t) => {
    const { simulator, turnpike } = await startWorld(t, { config: CONFIG });
    const { page, complaints } = await letIn(browser, turnpike);
    await visit(page, "Models");
    await page.getByRole("button", { name: "Opus", exact: true }).click();
    const row = page.locator("#role-opus");
    for (const text of ["z-ai/glm-5.2", "openai/gpt-5.6-luna", "Temperature: 0.2", "Sorted by: price", "deepinfra"]) await row.getByText(text).first().waitFor();
    assert.deepEqual(await violations(page), []);
    await row.getByRole("button", { name: "Edit the map *opus*" }).click();
    await page.getByRole("dialog").getByLabel("Temperature").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(config(turnpike), CONFIG, "Cancel changes nothing");
    // Sonnet has no map of its own: what it gets begins with what answers now, and comes before the others.
    await page.getByRole("button", { name: "Sonnet", exact: true }).click();
    await page.locator("#role-sonnet").getByText("map *", { exact: true }).first().waitFor();
    await page.locator("#role-sonnet").getByRole("button", { name: "Settings of its own…" }).click();
    const form = page.getByRole("dialog");
    assert.equal(await form.getByLabel("Model that answers").inputValue(), "openai/gpt-5.6-luna");
    await form.getByText("Parameters", { exact: true }).click();
    await form.getByLabel("Seed").fill("7");
    await form.getByRole("button", { name: "Save" }).click();
    await page.getByText("The map *sonnet* was saved.").waitFor();
    assert.equal((await turnpike.messages({ model: "claude-sonnet-5" })).status, 200);
    const { body } = (await simulator.chats()).at(-1);
    assert.deepEqual([body.model, body.seed], ["openai/gpt-5.6-luna", 7]);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone.").waitFor();
    assert.equal(config(turnpike), CONFIG);
    assert.deepEqual(complaints, []);
  });

  test("pictures of an unfolded role and of the fallback list have no violation, in both colours and widths", async (t) => {
    const { turnpike } = await startWorld(t, { config: CONFIG });
    for (const colorScheme of ["light", "dark"]) {
      for (const [name, width] of Object.entries(WIDTHS)) {
        const { page, context, complaints } = await letIn(browser, turnpike, { colorScheme, viewport: { width, height: 800 } });
        await visit(page, "Models");
        await page.getByRole("button", { name: "Opus", exact: true }).click();
        await page.locator("#role-opus").getByText("Temperature: 0.2").waitFor();
        await picture(page, `models-role-${colorScheme}-${name}`);
        assert.deepEqual(await violations(page), []);
        assert.equal(await overflow(page), 0);
        await page.locator("#role-opus").getByRole("button", { name: "Edit the map *opus*" }).click();
        const field = page.getByRole("dialog").getByLabel("Add a model to fall back on");
        await field.fill("deepseek");
        await page.getByRole("option").first().waitFor();
        await field.press("ArrowDown");
        await field.scrollIntoViewIfNeeded();
        await picture(page, `drawer-fallback-${colorScheme}-${name}`);
        assert.deepEqual(await violations(page), []);
        assert.deepEqual(complaints, []);
        await context.close();
      }
    }
  });

  test("a map that is begun in one line goes on in the form, is moved down, and Cancel leaves all as it is", async (t) => {
    const { turnpike } = await startWorld(t, { config: CONFIG });
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Models");
    await page.getByLabel("Name that clients ask for").fill("*haiku*");
    await page.getByLabel("Model that answers").fill("glm-5.2");
    await page.getByRole("option", { name: /^z-ai\/glm-5\.2 / }).click();
    await page.getByRole("button", { name: "With fallback and more…" }).click();
    const form = page.getByRole("dialog");
    assert.equal(await form.getByLabel("Name", { exact: true }).inputValue(), "*haiku*");
    assert.equal(await form.getByLabel("Model that answers").inputValue(), "z-ai/glm-5.2");
    // What stands in the field and was not added is meant as well.
    await form.getByLabel("Add a model to fall back on").fill("openai/gpt-5.6-terra");
    await form.getByRole("button", { name: "Save" }).click();
    await page.getByText("The map *haiku* was saved.").waitFor();
    assert.match(config(turnpike), /name = "\*haiku\*"\ntarget = "z-ai\/glm-5\.2"\nfallback = \["openai\/gpt-5\.6-terra"\]/);
    const names = () => [...config(turnpike).matchAll(/name = "(.*)"/g)].map((match) => match[1]);
    await page.getByRole("button", { name: "Move *opus* down" }).click();
    await page.getByText("The map *opus* was moved.").waitFor();
    assert.deepEqual(names(), ["*", "*opus*", "*haiku*"]);
    const before = config(turnpike);
    await page.getByRole("button", { name: "Add a rule", includeHidden: true }).waitFor({ state: "attached" });
    await page.getByText("Rules", { exact: true }).click();
    await page.getByRole("button", { name: "Add a rule" }).click();
    await form.getByLabel("Name", { exact: true }).fill("never");
    await form.getByRole("button", { name: "Cancel" }).click();
    await form.waitFor({ state: "detached" });
    assert.equal(config(turnpike), before);
  });

  test("a probe that is given up asks the model no further", async (t) => {
    const { simulator, turnpike } = await startWorld(t, { config: `[[map]]\nname = "slow"\ntarget = "sim/text+silence=60s"\n` });
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Models");
    await page.getByRole("button", { name: "Try it : sim/text+silence=60s" }).click();
    await page.getByText("Asking the model a few small things…").waitFor();
    await eventually(async () => (await simulator.chats()).length > 0, { what: "a request upstream" });
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Try it : sim/text+silence=60s" }).waitFor();
    await eventually(async () => (await control(turnpike, "status")).live.length === 0, { what: "the probe's end" });
    await eventually(async () => (await simulator.chats()).every((chat) => chat.aborted_after != null), { what: "the upstream's abort" });
  });

  test("the catalogue tells known amounts, what was tried, and is narrowed by what models can", async (t) => {
    const { turnpike } = await startWorld(t);
    const terra = { served_model: "openai/gpt-5.6-terra", input_tokens: 1_000_000, cache_read_tokens: 2_000_000, cache_write_tokens: 400_000, output_tokens: 100_000 };
    await addRows(turnpike, [{ ...terra, cost_nanos: 3_000_000_000, first_token_ns: 500_000_000, duration_ns: 10_500_000_000 }]);
    const { page, complaints } = await letIn(browser, turnpike);
    await visit(page, "Models");
    await page.getByRole("button", { name: "Browse the catalogue" }).click();
    const drawer = page.getByRole("dialog");
    await drawer.getByText("Your last seven days cost $3.00.").waitFor();
    const row = (slug) => drawer.getByRole("listitem").filter({ has: page.getByText(slug, { exact: true }) });
    // $1 in, $0.10 from a cache, $1.25 to it, $6 out for a million: 1 + 0.2 + 0.5 + 0.6; the other takes a tenth of each.
    await drawer.getByLabel("Search models").fill("gpt-5.6");
    await row("openai/gpt-5.6-terra").getByText("your last week: $2.30").waitFor();
    await row("openai/gpt-5.6-luna").getByText("your last week: $0.23").waitFor();
    await row("openai/gpt-5.6-terra").getByText(/first word here after (4[5-9]|5[0-5])\d ms, 10000 tokens a second/).waitFor();
    assert.equal(await row("openai/gpt-5.6-luna").getByText("first word here").count(), 0, "never used");
    await row("openai/gpt-5.6-terra").getByText("$1.00 / $6.00 · 1.1M").waitFor();
    const models = (await control(turnpike, "models")).models;
    const count = (fits) => models.filter(fits).length;
    await drawer.getByLabel("Search models").fill("");
    await drawer.getByLabel("Pictures").check();
    await drawer.getByText(`${count(({ abilities }) => abilities.includes("image"))} models`).waitFor();
    await drawer.getByLabel("Pictures").uncheck();
    await drawer.getByLabel("Free models only").check();
    await drawer.getByText(new RegExp(`^${count(({ is_free }) => is_free)} models?$`)).waitFor();
    const free = models.find(({ is_free }) => is_free).slug;
    await row(free).getByText("free / free").waitFor();
    await row(free).getByText("your last week: $0.00").waitFor();
    await drawer.getByLabel("Free models only").uncheck();
    await drawer.getByLabel("Sort by").selectOption("price");
    const dear = Math.min(...models.map((model) => model.output_nanos_per_million ?? Infinity));
    assert.equal(dear, 0);
    const shown = () => drawer.getByRole("listitem").count();
    if (models.length > 40) {
      assert.equal(await shown(), 40);
      await drawer.getByRole("button", { name: "Show more" }).click();
      await page.waitForFunction((most) => document.querySelectorAll("dialog li").length === most, Math.min(80, models.length));
    } else assert.equal(await shown(), models.length);
    // What a probe showed is told from then on.
    const told = await control(turnpike, "map.test", { name: "openai/gpt-5.6-luna" });
    await page.reload();
    await page.getByRole("button", { name: "Browse the catalogue" }).click();
    await drawer.getByLabel("Search models").fill("openai/gpt-5.6-luna");
    const passed = told.probes.filter((probe) => probe.passed).length;
    await row("openai/gpt-5.6-luna").getByText(new RegExp(`tried before: ${passed}/${told.probes.length} on \\d{4}-`)).waitFor();
    assert.deepEqual(complaints, []);
  });
});
