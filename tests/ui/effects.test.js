// Each button's effect, proved in the service.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { eventually } from "../e2e/harness/deadline.js";
import { Scope } from "../e2e/harness/scope.js";
import { mapAll } from "../e2e/harness/turnpike.js";
import { startWorld } from "../e2e/harness/world.js";
import { letIn, running, startBrowser, visit } from "./harness/browser.js";
import { fillLedger } from "./harness/ledger.js";

const config = (turnpike) => fs.readFileSync(path.join(turnpike.dataDir, "config.toml"), "utf8");

/** Sends a request and has it answered. */
async function answered(turnpike, model = "claude-opus-5") {
  const answer = await turnpike.messages({ model });
  assert.equal(answer.status, 200, await answer.text());
}

describe("effects", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser;
  before(async () => (browser = await startBrowser(scope)));

  test("Stop and Start open and pause the data plane", async (t) => {
    const { turnpike } = await startWorld(t, { config: mapAll("sim/text") });
    const { page, complaints } = await letIn(browser, turnpike);
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText("Stopped.").waitFor();
    assert.equal((await turnpike.messages({ model: "claude-opus-5" })).status, 503);
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await running(page).waitFor();
    await answered(turnpike);
    // What another program does is seen as well.
    await turnpike.cli("stop");
    await page.getByText("Stopped.").waitFor();
    assert.deepEqual(complaints, []);
  });

  test("a running request is shown with its cost so far, and Cancel ends it upstream", async (t) => {
    const slow = `[[map]]\nname = "slow"\ntarget = "sim/text+words=3000+delay=20ms"\nprice = { prompt = 1, completion = 2 }\n`;
    const { simulator, turnpike } = await startWorld(t, { config: slow });
    const { page } = await letIn(browser, turnpike);
    const answer = turnpike.messages({ model: "slow", stream: true, max_tokens: 4_000 }).then((response) => response.text());
    await page.getByRole("row", { name: /slow/ }).getByText(/^≈ <?\$/).waitFor();
    await page.getByRole("button", { name: "Cancel the request for slow" }).click();
    await page.getByText("The request was ended.").waitFor();
    await answer.catch(() => "");
    await eventually(async () => (await simulator.chats())[0]?.aborted_after != null, { what: "the upstream's abort" });
    await page.getByText("No request is running.").waitFor();
  });

  test("maps are added, moved, removed, and taken back", async (t) => {
    const { turnpike } = await startWorld(t, { config: "# mine\n" });
    const { page, complaints } = await letIn(browser, turnpike);
    const names = () => [...config(turnpike).matchAll(/name = "(.*)"/g)].map((match) => match[1]);
    await visit(page, "Models");
    await page.getByRole("button", { name: "Add a map" }).click();
    await page.getByText("Write the name that clients ask for").waitFor();
    for (const [name, target] of [["*opus*", "z-ai/glm-5.2"], ["mine", "a/b"]]) {
      await page.getByLabel("Name that clients ask for").fill(name);
      await page.getByLabel("Model that answers").fill(target);
      await page.getByRole("button", { name: "Add a map" }).click();
      await page.getByText(`The map ${name} was saved.`).waitFor();
    }
    assert.deepEqual(names(), ["*opus*", "mine"]);
    assert.match(config(turnpike), /^# mine\n/);
    await page.getByRole("row", { name: /Opus/ }).getByText("z-ai/glm-5.2").waitFor();
    await page.getByRole("button", { name: "Move mine up" }).click();
    await page.getByText("The map mine was moved.").waitFor();
    assert.deepEqual(names(), ["mine", "*opus*"]);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone.").waitFor();
    assert.deepEqual(names(), ["*opus*", "mine"]);
    await page.getByRole("button", { name: "Remove the map *opus*" }).click();
    await page.getByText("The map *opus* was removed.").waitFor();
    assert.deepEqual(names(), ["mine"]);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone.").waitFor();
    assert.deepEqual(names(), ["*opus*", "mine"]);
    assert.deepEqual(complaints, []);
  });

  test("a map can be added before the list of them is there, and the next one typed before it is saved", async (t) => {
    const { turnpike } = await startWorld(t, { config: "# mine\n" });
    const { page, complaints } = await letIn(browser, turnpike);
    let showList;
    const listed = new Promise((resolve) => (showList = resolve));
    let save;
    const saved = new Promise((resolve) => (save = resolve));
    await page.route("**/api/route.list", async (route) => (await listed, await route.continue()));
    await page.route("**/api/route.save", async (route) => (await saved, await route.continue()));
    await visit(page, "Models");
    await page.getByLabel("Name that clients ask for").fill("*opus*");
    await page.getByLabel("Model that answers").fill("z-ai/glm-5.2");
    const adds = page.waitForRequest("**/api/route.save");
    await page.getByRole("button", { name: "Add a map" }).click();
    showList();
    await adds;
    await page.getByLabel("Name that clients ask for").fill("next");
    save();
    await page.getByText("The map *opus* was saved.").waitFor();
    assert.match(config(turnpike), /name = "\*opus\*"/);
    assert.equal(await page.getByLabel("Name that clients ask for").inputValue(), "next", "what was typed meanwhile stays");
    assert.deepEqual(complaints, []);
  });

  test("a role gets another model from the catalogue, and requests go there", async (t) => {
    const { simulator, turnpike } = await startWorld(t);
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Models");
    await page.getByRole("button", { name: "Change the model for Sonnet" }).click();
    const drawer = page.getByRole("dialog");
    await drawer.getByLabel("Search models").fill("glm 5.2");
    await drawer.getByRole("button", { name: "Choose z-ai/glm-5.2", exact: true }).click();
    await page.getByText("Sonnet is answered by another model now.").waitFor();
    assert.equal((await turnpike.messages({ model: "claude-sonnet-5" })).status, 200);
    assert.equal((await simulator.chats()).at(-1).body.model, "z-ai/glm-5.2");
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone.").waitFor();
    assert.doesNotMatch(config(turnpike), /sonnet/);
  });

  test("an edit that somebody else was faster with loses nothing", async (t) => {
    const { turnpike } = await startWorld(t);
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Models");
    await page.getByText("No maps yet").waitFor();
    await page.getByLabel("Name that clients ask for").fill("mine");
    await page.getByLabel("Model that answers").fill("not a slug");
    await page.getByRole("button", { name: "Add a map" }).click();
    await page.getByText("It must be a model like").waitFor();
    assert.equal(await page.getByLabel("Model that answers").inputValue(), "not a slug");
    await page.getByLabel("Model that answers").fill("a/b");
    // The page still holds the old revision: its events are held back.
    await page.route("**/api/route.list", (route) => route.abort());
    await turnpike.cli("map", "add", "theirs", "c/d");
    await page.getByRole("button", { name: "Add a map" }).click();
    await page.getByText(/meantime|changed/i).first().waitFor();
    assert.equal(await page.getByLabel("Name that clients ask for").inputValue(), "mine");
    await page.unroute("**/api/route.list");
    await page.getByRole("button", { name: "Try again" }).first().click();
    await page.getByText("theirs").waitFor();
    await page.getByRole("button", { name: "Add a map" }).click();
    await page.getByText("The map mine was saved.").waitFor();
    assert.match(config(turnpike), /theirs[\s\S]*mine/);
  });

  test("a limit is changed, refused with its reason beside the field, and taken back", async (t) => {
    const { turnpike } = await startWorld(t);
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Limits");
    await page.getByRole("button", { name: "Change the limit: Today" }).click();
    const amount = page.getByLabel("Dollars; empty for no limit");
    await amount.fill("a lot");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Write an amount of dollars").waitFor();
    assert.equal(await amount.inputValue(), "a lot");
    await amount.fill("7.50");
    await page.getByLabel("At the limit").selectOption("stop");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("The limit was changed.").waitFor();
    assert.match(config(turnpike), /daily_usd = 7\.50?\b/);
    assert.match(config(turnpike), /action = "stop"/);
    await page.getByText("of $7.50").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone.").waitFor();
    await page.getByText("of $5.00").waitFor();
    assert.doesNotMatch(config(turnpike), /7\.5|"stop"/);
  });

  test("spend agrees with the ledger, is exported, and leads to single requests", async (t) => {
    const { turnpike } = await startWorld(t, { config: mapAll("sim/text") });
    await fillLedger(turnpike, { count: 300, days: 6 });
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Spend");
    const rows = await turnpike.ledger();
    const nanos = rows.reduce((sum, row) => sum + row.cost_nanos, 0);
    await page.getByText(`$${(nanos / 1e9).toFixed(2)}`, { exact: true }).first().waitFor();
    await page.getByRole("button", { name: "glm-5.2", exact: true }).click();
    const glm = rows.filter((row) => row.served_model === "z-ai/glm-5.2");
    await page.getByText(`${glm.length} requests`).first().waitFor();
    await page.getByRole("combobox", { name: "Split by" }).selectOption("project");
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export as CSV" }).click()]);
    const csv = fs.readFileSync(await download.path(), "utf8").trim().split("\r\n");
    const column = csv[0].split(",").indexOf("cost_nanos");
    const exported = csv.slice(1).reduce((sum, line) => sum + Number(line.split(",")[column]), 0);
    assert.equal(exported, glm.reduce((sum, row) => sum + row.cost_nanos, 0));
    await page.getByRole("link", { name: /requests of website/ }).click();
    await page.getByRole("heading", { level: 1, name: "Activity" }).waitFor({ state: "attached" });
    const wanted = glm.filter((row) => row.project.endsWith("/website"));
    await page.waitForFunction((count) => document.querySelectorAll("tbody tr").length === count, Math.min(50, wanted.length));
    await page.getByRole("button", { name: /^Request \d+/ }).first().click();
    await page.getByRole("dialog").getByText("the map *opus* decided").waitFor();
  });

  test("activity is paged, searched, filtered, and goes on by itself", async (t) => {
    const { turnpike } = await startWorld(t, { config: mapAll("sim/text") });
    await fillLedger(turnpike, { count: 120, days: 2 });
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Activity");
    const ids = async () => (await page.locator("tbody button .hidden").allTextContents()).map((text) => Number(/\d+/.exec(text)[0]));
    const first = (id) => page.getByRole("button", { name: new RegExp(`^Request ${id},`) });
    await first(120).waitFor();
    assert.equal((await ids()).length, 50);
    await page.getByRole("button", { name: "Older" }).click();
    await first(70).waitFor();
    await page.getByRole("button", { name: "Older" }).click();
    await first(1).waitFor();
    assert.deepEqual(await ids(), Array.from({ length: 20 }, (_, n) => 20 - n));
    await page.getByRole("button", { name: "Back" }).click();
    await first(70).waitFor();
    await page.getByRole("button", { name: "Newest" }).click();
    await page.getByLabel("Outcome").selectOption("error");
    await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 12);
    await page.getByLabel("Search").fill("no such thing");
    await page.getByText("No request fits.").waitFor();
    await page.getByLabel("Search").fill("");
    await page.getByLabel("Outcome").selectOption("");
    // A fact of a request narrows the list to those that share it.
    await first(120).click();
    const session = "5e550002-0000-4000-8000-000000000000";
    await page.getByRole("dialog").getByRole("link", { name: session }).click();
    await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 40);
    assert.equal((await turnpike.ledger()).filter((row) => row.session === session).length, 40);
    await page.getByRole("button", { name: `Session: ${session}` }).click();
    await first(120).waitFor();
    await answered(turnpike);
    await page.locator("tbody tr").first().getByText("Answered").waitFor();
    await first(121).waitFor();
  });

  test("a preset is used, a model of it tried, and all is taken back", async (t) => {
    const { simulator, turnpike } = await startWorld(t, { config: "# mine\n" });
    const { page, complaints } = await letIn(browser, turnpike);
    await visit(page, "Models");
    const before = config(turnpike);
    await page.getByRole("button", { name: "Use : balanced" }).click();
    await page.getByText("The preset balanced is in use.").waitFor();
    await page.getByText("in use", { exact: false }).first().waitFor();
    assert.match(config(turnpike), /gpt-5\.6-terra/);
    await answered(turnpike);
    assert.equal((await simulator.chats()).at(-1).body.model, "openai/gpt-5.6-terra");
    await page.getByRole("button", { name: "Try it : openai/gpt-5.6-terra" }).first().click();
    await page.getByText(/\d of \d went as they should, for /).waitFor();
    assert.ok((await simulator.chats()).length > 3, "the model was asked");
    await page.getByRole("button", { name: "Remove : balanced" }).click();
    await page.getByText("No preset is in use.").waitFor();
    assert.equal(config(turnpike), before);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone.").waitFor();
    assert.match(config(turnpike), /gpt-5\.6-terra/);
    assert.deepEqual(complaints, []);
  });

  test("a model that is limited is listed with the time until it is free", async (t) => {
    const { turnpike } = await startWorld(t);
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Limits");
    await page.getByText("None: every model is asked.").waitFor();
    const refused = await turnpike.messages({ model: "sim/error-429+retry-after=90" });
    assert.equal(refused.status, 429);
    await page.getByText(/^free in 1 min \d\d s$/).waitFor();
    await page.getByRole("list", { name: "Models left out for now" }).getByText("sim/error-429+retry-after=90", { exact: true }).waitFor();
  });

  test("a shell's profile gets its block, and is as before when it is taken back", async (t) => {
    const { turnpike } = await startWorld(t);
    const profile = path.join(turnpike.env.HOME, ".bashrc");
    fs.writeFileSync(profile, "export MINE=1");
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Setup");
    await page.getByRole("button", { name: "Install : bash" }).click();
    await page.getByText("New sessions of bash use Turnpike.").waitFor();
    const text = fs.readFileSync(profile, "utf8");
    assert.match(text, /^export MINE=1\n# >>> turnpike [\s\S]* env --shell bash [\s\S]*# <<< turnpike <<<\n$/);
    assert.ok(!text.includes(turnpike.token));
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone.").waitFor();
    assert.equal(fs.readFileSync(profile, "utf8"), "export MINE=1");
    await page.getByText("Shells that have no profile here").click();
    await page.getByRole("button", { name: "Install : fish" }).click();
    await page.getByText("New sessions of fish use Turnpike.").waitFor();
    await page.getByRole("button", { name: "Remove : fish" }).click();
    await page.getByText("New sessions of fish do not use Turnpike any more.").waitFor();
    assert.ok(!fs.existsSync(path.join(turnpike.env.HOME, ".config/fish/config.fish")), "the file that was added is gone");
  });

  test("the log is followed, its level is changed, and commands are copied", async (t) => {
    const { turnpike } = await startWorld(t);
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Setup");
    await page.getByText("Log", { exact: true }).click();
    await page.getByRole("log").getByText("started").first().waitFor();
    await page.getByLabel("Level").selectOption("debug");
    await page.getByText("The log level is debug now").waitFor();
    assert.match((await turnpike.cli("status", "--json")).stdout, /"log_level": "debug"/);
    await page.getByRole("combobox", { name: "Shell" }).selectOption("fish");
    // The service's folder is not the default one, so each line names it.
    const line = `turnpike --data-dir ${turnpike.dataDir} env --shell fish | source`;
    await page.getByRole("button", { name: `Copy: ${line}` }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), line);
    await page.getByRole("button", { name: "Check with OpenRouter" }).click();
    await page.getByText("takes it").waitFor();
  });
});
