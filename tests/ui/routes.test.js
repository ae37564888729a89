// Maps and rules in full, and the catalogue: each change proved in config.toml and in what the upstream gets.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { Scope } from "../e2e/harness/scope.js";
import { startWorld } from "../e2e/harness/world.js";
import { letIn, startBrowser, tabTo, visit } from "./harness/browser.js";
import { control } from "./harness/control.js";
import { fillLedger } from "./harness/ledger.js";
import { WIDTHS, file, overflow, violations } from "./harness/look.js";

const CONFIG = `# mine
[[map]]
name = "*opus*" # the strong one
target = "z-ai/glm-5.2"
params = { temperature = 0.50, seed = 7 }
`;

const config = (turnpike) => fs.readFileSync(path.join(turnpike.dataDir, "config.toml"), "utf8");

describe("routes", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser;
  before(async () => (browser = await startBrowser(scope)));

  test("a map is edited in full: refused beside the field, saved, sent, and taken back to the byte", async (t) => {
    const { simulator, turnpike } = await startWorld(t, { config: CONFIG });
    const { page, complaints } = await letIn(browser, turnpike);
    await visit(page, "Models");
    await page.getByRole("button", { name: "Edit the map *opus*" }).click();
    const form = page.getByRole("dialog");
    await form.getByLabel("Temperature").fill("3");
    // By the suggestions, by hand, and in another order than they were added in.
    await form.getByLabel("Add a model to fall back on").fill("5.6-terra");
    await form.getByRole("option", { name: /^openai\/gpt-5\.6-terra \$1\.00/ }).click();
    await form.getByLabel("Add a model to fall back on").fill("z-ai/glm-4");
    await form.getByRole("button", { name: "Add", exact: true }).click();
    await form.getByLabel("Add a model to fall back on").fill("openai/gpt-5.6-luna");
    await form.getByLabel("Add a model to fall back on").press("Enter");
    await form.getByRole("button", { name: "Remove z-ai/glm-4 from the fallback" }).click();
    await form.getByRole("button", { name: "Move openai/gpt-5.6-luna up" }).click();
    const fallback = form.getByRole("list", { name: "When it fails: these, in this order" }).getByRole("listitem");
    await fallback.nth(1).getByText("openai/gpt-5.6-terra").waitFor();
    assert.equal(await fallback.count(), 2);
    await form.getByRole("button", { name: "Save" }).click();
    await form.getByText("It must be a number from 0 to 2").waitFor();
    assert.equal(await form.getByLabel("Temperature").inputValue(), "3");
    assert.equal(await form.getByLabel("Temperature").getAttribute("aria-invalid"), "true");
    assert.equal(config(turnpike), CONFIG);
    await form.getByLabel("Temperature").fill("0.2");
    await form.getByText("Providers", { exact: true }).click();
    await form.getByLabel("Sorted by").selectOption("price");
    await form.getByLabel("Only those that keep nothing").selectOption("true");
    await form.getByRole("button", { name: "Save" }).click();
    await page.getByText("The map *opus* was saved.").waitFor();
    await form.waitFor({ state: "detached" });
    assert.match(config(turnpike), /^# mine\n\[\[map\]\]\nname = "\*opus\*" # the strong one\ntarget = "z-ai\/glm-5\.2"\nparams = \{ temperature = 0\.2, seed = 7 \}\n/);
    assert.match(config(turnpike), /fallback = \["openai\/gpt-5\.6-luna", "openai\/gpt-5\.6-terra"\]/);
    assert.equal((await turnpike.messages({ model: "claude-opus-5" })).status, 200);
    const { body } = (await simulator.chats()).at(-1);
    assert.deepEqual([body.temperature, body.seed, body.provider.sort, body.provider.zdr], [0.2, 7, "price", true]);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone.").waitFor();
    assert.equal(config(turnpike), CONFIG);
    assert.deepEqual(complaints.filter((text) => !text.includes("400")), [], "but for what was refused");
  });

  test("rules are added, ordered, edited and removed, and requests follow them", async (t) => {
    const { simulator, turnpike } = await startWorld(t, { config: CONFIG });
    const { page, complaints } = await letIn(browser, turnpike);
    await visit(page, "Models");
    await page.getByText("Rules", { exact: true }).click();
    await page.getByText("No rules: maps and defaults decide.").waitFor();
    /** Adds a rule that comes first. */
    const add = async (name, fill) => {
      await page.getByRole("button", { name: "Add a rule" }).click();
      const form = page.getByRole("dialog");
      await form.getByLabel("Name", { exact: true }).fill(name);
      await fill(form);
      await form.getByRole("button", { name: "Save" }).click();
      return form;
    };
    const form = await add("all", (form) => form.getByLabel("Model that answers").fill("openai/gpt-5.6-luna"));
    await form.getByText(/condition/).waitFor();
    assert.equal(config(turnpike), CONFIG);
    await form.getByLabel("Model asked for").fill("*opus*");
    await form.getByRole("button", { name: "Save" }).click();
    await page.getByText("The rule all was saved.").waitFor();
    await add("small", async (form) => {
      await form.getByLabel("Kind of request").selectOption("auxiliary");
      await form.getByLabel("Model that answers").fill("openai/gpt-5.6-terra");
    });
    await page.getByText("The rule small was saved.").waitFor();
    const names = () => [...config(turnpike).matchAll(/^name = "([a-z]+)"/gm)].map((match) => match[1]);
    assert.deepEqual(names(), ["small", "all"]);
    assert.equal((await turnpike.messages({ model: "claude-opus-5" })).status, 200);
    assert.equal((await simulator.chats()).at(-1).body.model, "openai/gpt-5.6-luna");
    await page.getByRole("row", { name: /^Opus/ }).getByText("rule all").waitFor();
    await page.getByRole("button", { name: "Move all up" }).click();
    await page.getByText("The rule all was moved.").waitFor();
    assert.deepEqual(names(), ["all", "small"]);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone.").waitFor();
    assert.deepEqual(names(), ["small", "all"]);
    await page.getByRole("button", { name: "Remove the rule all" }).click();
    await page.getByText("The rule all was removed.").waitFor();
    assert.deepEqual(names(), ["small"]);
    assert.deepEqual(complaints.filter((text) => !text.includes("400")), [], "but for what was refused");
  });

  test("a map is edited and bodies are captured by keyboard alone", async (t) => {
    const { turnpike } = await startWorld(t, { config: CONFIG });
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Models");
    await page.getByRole("button", { name: "Edit the map *opus*" }).waitFor();
    await tabTo(page, "Edit the map *opus*");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await tabTo(page, "Add a model to fall back on");
    await page.keyboard.type("5.6-lu");
    await page.getByRole("option", { name: /gpt-5\.6-luna/ }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.keyboard.type("gpt-5.6");
    const suggestions = page.getByRole("listbox", { name: "Models of the catalogue" });
    await suggestions.waitFor();
    await page.keyboard.press("Escape");
    await suggestions.waitFor({ state: "hidden" });
    await page.getByRole("dialog").waitFor(); // the suggestions close, the form stays
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type("a/b");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Shift+Tab"); // Remove a/b
    await page.keyboard.press("Shift+Tab"); // ↓
    await page.keyboard.press("Shift+Tab"); // ↑
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab"); // Remove a/b, which is the first by now
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-label")), "Remove a/b from the fallback");
    await tabTo(page, "Top k");
    await page.keyboard.type("40");
    await tabTo(page, "Providers");
    await page.keyboard.press("Enter");
    await tabTo(page, "Sorted by");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Tab");
    await tabTo(page, "Save");
    await page.keyboard.press("Enter");
    await page.getByText("The map *opus* was saved.").waitFor();
    assert.match(config(turnpike), /top_k = 40/);
    assert.match(config(turnpike), /fallback = \["a\/b", "openai\/gpt-5\.6-luna"\]/);
    assert.match(config(turnpike), /sort = "price"/);
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-label")), "Edit the map *opus*", "the focus is back");
    await page.reload();
    await tabTo(page, "Activity");
    await page.keyboard.press("Enter");
    await page.getByText("Capture bodies, to look at or to replay").waitFor();
    await tabTo(page, "Capture bodies");
    await page.keyboard.press("Enter");
    await tabTo(page, "Start capturing");
    await page.keyboard.press("Enter");
    await page.getByText("Bodies of the next request are captured").waitFor();
    await tabTo(page, "Stop capturing");
    await page.keyboard.press("Enter");
    await page.getByText("Bodies of the next request are captured").waitFor({ state: "detached" });
    assert.equal((await control(turnpike, "capture.status")).standing.is_on, false);
  });

  test("a role without a map of its own gets a rule, and keeps what else was said of it", async (t) => {
    const { turnpike } = await startWorld(t, { config: CONFIG });
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Models");
    /** Chooses a model of the catalogue for a role. */
    const choose = async (role, slug) => {
      await page.getByRole("button", { name: `Change the model for ${role}` }).click();
      const drawer = page.getByRole("dialog");
      await drawer.getByLabel("Search models").fill(slug);
      await drawer.getByRole("button", { name: `Choose ${slug}`, exact: true }).click();
      await page.getByText(`${role} is answered by another model now.`).waitFor();
    };
    await choose("Sub-agents", "openai/gpt-5.6-luna");
    assert.match(config(turnpike), /\[\[rule\]\]\nwhen = \{ class = "subagent" \}\ntarget = "openai\/gpt-5\.6-luna"/);
    await choose("Opus", "openai/gpt-5.6-terra");
    assert.match(config(turnpike), /target = "openai\/gpt-5\.6-terra"\nparams = \{ temperature = 0\.50, seed = 7 \}/);
    const { roles } = await control(turnpike, "route.list");
    assert.deepEqual(roles.filter((role) => role.by === "rule").map((role) => role.id), ["subagent"]);
  });

  test("the catalogue tells what the own week would have cost, how fast models were, and tries one", async (t) => {
    const { turnpike } = await startWorld(t);
    await fillLedger(turnpike, { count: 200, days: 6 });
    const { page, complaints } = await letIn(browser, turnpike);
    await visit(page, "Models");
    await page.getByRole("button", { name: "Browse the catalogue" }).click();
    const drawer = page.getByRole("dialog");
    const reply = await control(turnpike, "models");
    const dollars = (nanos) => `$${(nanos / 1e9).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
    await drawer.getByText(`Your last seven days cost ${dollars(reply.last_week_nanos)}.`).waitFor();
    const glm = reply.models.find((model) => model.slug === "z-ai/glm-5.2");
    await drawer.getByLabel("Search models").fill("z-ai/glm-5.2");
    const row = drawer.getByRole("listitem").filter({ has: page.getByText("z-ai/glm-5.2", { exact: true }) });
    await row.getByText(`your last week: ${dollars(glm.last_week_nanos)}`).waitFor();
    await row.getByText(/first word here after/).waitFor();
    await row.getByRole("button", { name: "Try it : z-ai/glm-5.2" }).click();
    await row.getByText(/\d of \d went as they should, for /).waitFor();
    await drawer.getByLabel("Search models").fill("");
    await drawer.getByLabel("Free models only").check();
    const free = reply.models.filter((model) => model.is_free).length;
    await drawer.getByText(`${free} model`).first().waitFor();
    await drawer.getByLabel("Free models only").uncheck();
    await drawer.getByLabel("Sort by").selectOption("week");
    const cheapest = reply.models.reduce((least, model) => ((model.last_week_nanos ?? Infinity) < (least.last_week_nanos ?? Infinity) ? model : least));
    const shown = drawer.getByRole("listitem").first();
    await shown.getByText(cheapest.last_week_nanos === 0 ? "your last week: $0.00" : `your last week: ${dollars(cheapest.last_week_nanos)}`).waitFor();
    assert.deepEqual(complaints, []);
  });

  test("pictures of the forms have no violation, in both colours and widths", async (t) => {
    const { turnpike } = await startWorld(t, { config: `${CONFIG}\n[[rule]]\nname = "pictures"\nwhen = { has_image = true }\ntarget = "openai/gpt-5.6-luna"\n` });
    await fillLedger(turnpike, { count: 200, days: 6 });
    for (const colorScheme of ["light", "dark"]) {
      for (const [name, width] of Object.entries(WIDTHS)) {
        const { page, context, complaints } = await letIn(browser, turnpike, { colorScheme, viewport: { width, height: 800 } });
        await visit(page, "Models");
        for (const [what, button] of [["map", "Edit the map *opus*"], ["rule", "Edit the rule pictures"], ["catalogue", "Browse the catalogue"]]) {
          await page.getByRole("button", { name: button }).click();
          await page.getByRole("dialog").getByText(what === "catalogue" ? /your last week/ : "Providers").first().waitFor();
          await page.screenshot({ path: file(`drawer-${what}-${colorScheme}-${name}`) });
          assert.deepEqual(await violations(page), [], `${what} ${colorScheme} ${name}`);
          await page.keyboard.press("Escape");
          await page.getByRole("dialog").waitFor({ state: "detached" });
        }
        assert.equal(await overflow(page), 0);
        assert.deepEqual(complaints, []);
        await context.close();
      }
    }
  });
});
