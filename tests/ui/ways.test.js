// Setup and Limits, the ways beside the plain ones: a login on another machine, options of Claude Code that change, settings that
// are out of date or suspended, the audit, commands that fit the data folder, many notices, what is given up.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { eventually, within } from "../e2e/harness/deadline.js";
import { Keyring } from "../e2e/harness/keyring.js";
import { emptyEnvironment, freshFolder, turnpikeBinary } from "../e2e/harness/places.js";
import { Program, run } from "../e2e/harness/program.js";
import { Scope } from "../e2e/harness/scope.js";
import { mapAll } from "../e2e/harness/turnpike.js";
import { startWorld } from "../e2e/harness/world.js";
import { letIn, running, startBrowser, visit } from "./harness/browser.js";
import { control } from "./harness/control.js";
import { picture, violations } from "./harness/look.js";

const config = (turnpike) => fs.readFileSync(path.join(turnpike.dataDir, "config.toml"), "utf8");

/** Claude Code's settings of the test's user. */
function settingsOf(turnpike, text = "{}\n") {
  const file = path.join(turnpike.env.HOME, ".claude", "settings.json");
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
}

const read = (file) => JSON.parse(fs.readFileSync(file, "utf8"));

describe("ways", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser;
  before(async () => (browser = await startBrowser(scope)));

  test("a login in a browser on another machine is finished with the address at which that one ended", async (t) => {
    const keyring = await Keyring.start(Scope.of(t));
    const { turnpike } = await startWorld(t, { signIn: "ask", env: keyring.session });
    const { page, context } = await letIn(browser, turnpike);
    await visit(page, "Setup");
    // That machine reaches OpenRouter, but nobody there answers at the address of this service: the browser ends there.
    let ended = () => {};
    await context.route(/\/auth\?/, async (route) => {
      const answer = await route.fetch({ maxRedirects: 0 }).catch(() => null);
      // A browser tries an address again that it did not reach, also once the test is over.
      if (!answer) return route.abort().catch(() => {});
      const { location } = answer.headers();
      if (!location) return route.fulfill({ response: answer });
      ended(location);
      return route.abort();
    });
    const code = page.getByLabel("The code, or the address at which the browser has ended");
    /** Begins a login, says yes in the other browser, and gives the address at which that one ends. */
    const begin = async () => {
      const address = new Promise((resolve) => (ended = resolve));
      const [theirs] = await Promise.all([context.waitForEvent("page"), page.getByRole("button", { name: "Get one from OpenRouter" }).click()]);
      await theirs.getByRole("link", { name: "Authorize" }).click();
      const told = await within(address, 30_000, "an address to end at");
      await theirs.close();
      await page.getByText("The browser is on another machine").click();
      return told;
    };
    // A code that OpenRouter does not take ends that login, and is told; what was typed stays for the next one to be compared with.
    const wrong = await begin();
    await code.fill(wrong.replace(/code=[^&]+/, "code=of-somebody-else"));
    await page.getByRole("button", { name: "Finish" }).click();
    await page.getByRole("alert").filter({ hasText: "OpenRouter does not take the code" }).waitFor();
    assert.equal(await keyring.secret(), null);
    // Neither its own address nor the one of before is good for the next login, but the next one's is.
    const told = await begin();
    await code.fill(wrong);
    await page.getByRole("button", { name: "Finish" }).click();
    await page.getByRole("alert").filter({ hasText: "this answers another login" }).or(page.getByRole("alert").filter({ hasText: "This answers another login" })).waitFor();
    await code.fill(told);
    await page.getByRole("button", { name: "Finish" }).click();
    await page.getByRole("button", { name: "Replace" }).waitFor();
    const { key } = JSON.parse(await keyring.secret());
    assert.ok(key.startsWith("sk-or-") && !(await page.content()).includes(key));
    // Replace opens the form, Cancel closes it, and the key stays.
    await page.getByRole("button", { name: "Replace" }).click();
    await page.getByLabel("Key", { exact: true }).fill("sk-or-v1-typed");
    // The check-up may still run, and has a Cancel of its own.
    await page.locator("form").getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Replace" }).waitFor();
    assert.equal(JSON.parse(await keyring.secret()).key, key);
  });

  test("options of Claude Code change, are taken back, and settings that are out of date are brought up to date", async (t) => {
    const { turnpike } = await startWorld(t);
    const file = settingsOf(turnpike);
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Setup");
    await page.getByRole("button", { name: "Connect Claude Code…" }).click();
    await page.getByRole("button", { name: "Connect all" }).click();
    await page.getByText("Claude Code is connected.").waitFor();
    assert.equal(read(file).statusLine, undefined);
    // The undo that is pressed below must be the later change's, which says the same.
    await page.getByRole("status").getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Change…" }).click();
    await page.getByText("Nothing would change.").waitFor();
    await page.getByRole("checkbox", { name: /statusLine/ }).check();
    await page.getByRole("region", { name: /^Changes of / }).locator("ins").filter({ hasText: '"statusLine"' }).waitFor();
    await page.getByRole("button", { name: "Write this" }).click();
    await eventually(() => read(file).statusLine, { what: "a status line" });
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone.").waitFor();
    assert.equal(read(file).statusLine, undefined);
    assert.ok(read(file).env.ANTHROPIC_BASE_URL, "still connected");
    // Somebody has changed what is ours.
    const ours = read(file);
    fs.writeFileSync(file, JSON.stringify({ ...ours, env: { ...ours.env, ANTHROPIC_BASE_URL: "http://127.0.0.1:9" } }, null, 2));
    await visit(page, "Overview");
    await visit(page, "Setup");
    await page.getByText("Connected, but not up to date").waitFor();
    await page.getByRole("button", { name: "Bring up to date…" }).click();
    await page.getByRole("region", { name: /^Changes of / }).locator("ins").filter({ hasText: turnpike.url }).waitFor();
    await picture(page, "setup-claude-outdated");
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "Write this" }).click();
    await page.getByText("Connected", { exact: false }).first().waitFor();
    await eventually(() => read(file).env.ANTHROPIC_BASE_URL === turnpike.url, { what: "the address in the settings" });
    assert.equal((await control(turnpike, "claude.show", {})).state, "connected");
  });

  test("settings that could not be connected again at the start are connected from the page", async (t) => {
    const { turnpike } = await startWorld(t);
    const file = settingsOf(turnpike);
    const shown = await control(turnpike, "claude.show", {});
    await control(turnpike, "claude.apply", { options: shown.options, revision: shown.revision });
    await turnpike.stop();
    assert.equal(read(file).env, undefined, "disconnected while no service runs");
    fs.writeFileSync(file, "{ this is no JSON");
    await turnpike.start();
    const { page } = await letIn(browser, turnpike);
    fs.writeFileSync(file, "{}\n");
    await visit(page, "Setup");
    await page.getByText("Disconnected until the service starts again").waitFor();
    await page.getByRole("button", { name: "Connect Claude Code…" }).click();
    await page.getByRole("button", { name: "Write this" }).click();
    await page.getByText("Claude Code is connected.").waitFor();
    assert.ok(read(file).env.ANTHROPIC_BASE_URL);
    assert.equal((await control(turnpike, "claude.show", {})).state, "connected");
  });

  test("what was changed is listed with who did it, page by page, and without a secret", async (t) => {
    const { turnpike } = await startWorld(t, { config: "# mine\n" });
    for (let n = 0; n < 21; n += 1) await control(turnpike, n % 2 ? "start" : "stop");
    await control(turnpike, "start");
    const { page, complaints } = await letIn(browser, turnpike);
    await visit(page, "Limits");
    await page.getByRole("button", { name: "Change the limit: Today" }).click();
    await page.getByLabel("Dollars; empty for no limit").fill("7.50");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("The limit was changed.").waitFor();
    await visit(page, "Setup");
    await page.getByText("What was changed", { exact: true }).click();
    const rows = page.getByRole("table", { name: "What was changed" }).locator("tbody tr");
    await rows.first().getByText("Budget changed").waitFor();
    await rows.first().getByText(/cap \$7\.50/).waitFor();
    await rows.first().getByText("the page").waitFor();
    assert.equal(await rows.count(), 20);
    await page.getByRole("button", { name: "Show more" }).click();
    const { actions } = await control(turnpike, "audit.list", { limit: 100 });
    await page.waitForFunction((count) => document.querySelectorAll("tbody tr").length === count, actions.length);
    await rows.last().getByText("terminal or tray").waitFor();
    await picture(page, "setup-audit");
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(complaints, []);
  });

  test("the demo's page gives the line that works for its folder, and what doctor wants of npm can be copied", async (t) => {
    const place = Scope.of(t);
    const env = emptyEnvironment(freshFolder(place, "home"));
    const demo = new Program("turnpike demo", turnpikeBinary(), ["demo"], { env, cwd: env.HOME });
    place.after(() => demo.isRunning && demo.stop());
    // Nobody has installed the program: its own path is what a terminal takes.
    const own = turnpikeBinary();
    const called = (line) => new RegExp(`^ +'?${own.replaceAll(/[.+]/g, "\\$&")}'? --data-dir (\\S+) run -- claude$`).exec(line)?.[1];
    const folder = await demo.line(called, "how it is used");
    const turnpike = { dataDir: folder, cli: (...args) => run(turnpikeBinary(), ["--data-dir", folder, ...args], { env, cwd: folder, ms: 30_000 }) };
    const { page } = await letIn(browser, turnpike);
    const copied = async (name) => {
      await page.getByRole("button", { name }).first().click();
      return page.evaluate(() => navigator.clipboard.readText());
    };
    const line = await copied(/^Copy: .*turnpike .*run -- claude$/);
    assert.equal(line, `${own} --data-dir ${folder} run -- claude`);
    // The line itself, with a client that ends at once in the place of Claude Code, in another terminal.
    const { code, stderr } = await run("sh", ["-c", line.replace(/claude$/, "true")], { env, cwd: env.HOME, ms: 60_000 });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /no requests/);
    assert.ok(!fs.existsSync(path.join(env.HOME, ".local")), "no other data folder came to be");
    await visit(page, "Setup");
    for (const name of [/^Copy: \/.*turnpike --data-dir .* run -- claude$/, /^Copy: eval "\$\(\/.*turnpike --data-dir .* env\)"$/]) await page.getByRole("button", { name }).first().waitFor();
    const findings = page.getByRole("list", { name: "Check-up" });
    await findings.getByText("The data plane listens on").waitFor();
    const { findings: told } = await control(turnpike, "doctor", { requests: false, without_client: false });
    // What the service says to type is called so, too.
    for (const words of await page.locator("main code").allTextContents()) assert.doesNotMatch(words, /^turnpike /);
    const npm = told.map((finding) => /`(npm [^`]+)`/.exec(finding.fix ?? "")?.[1]).find(Boolean);
    if (npm) assert.equal(await copied(`Copy: ${npm}`), npm);
    else assert.ok(!told.some((finding) => finding.message.includes("not in PATH")), JSON.stringify(told));
  });

  test("a check-up that asks each model is given up, and nothing goes on upstream", async (t) => {
    const { simulator, turnpike } = await startWorld(t, { config: mapAll("sim/text+silence=60s") });
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Setup");
    await page.getByRole("list", { name: "Check-up" }).getByText("The data plane listens on").waitFor();
    await page.getByRole("button", { name: "Ask each model, too" }).click();
    await page.getByText("Asking each model…").waitFor();
    await eventually(async () => (await simulator.chats()).length > 0, { what: "a request upstream" });
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Ask each model, too" }).waitFor();
    await eventually(async () => (await control(turnpike, "status")).live.length === 0, { what: "its end" });
    await page.getByRole("button", { name: "Check again" }).click();
    await page.getByRole("button", { name: "Check again" }).waitFor();
  });

  test("all notices are shown on demand, and a form that is cancelled changes no limit", async (t) => {
    const { turnpike } = await startWorld(t, { config: "# mine\n" });
    for (let n = 0; n < 12; n += 1) assert.equal((await turnpike.messages({ model: `sim/error-429+retry-after=${90 + n}` })).status, 429);
    const { notices } = await eventually(async () => {
      const reply = await control(turnpike, "notices");
      return reply.notices.length >= 12 && reply;
    }, { what: "twelve notices" });
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Limits");
    const list = page.getByRole("list", { name: "Notices" });
    const times = () => list.locator("time").count();
    await page.getByRole("button", { name: `Show all ${notices.length}` }).waitFor();
    assert.equal(await times(), 10);
    await page.getByRole("button", { name: `Show all ${notices.length}` }).click();
    await page.getByRole("button", { name: /^Show all/ }).waitFor({ state: "detached" });
    assert.equal(await times(), notices.length);
    await page.getByRole("button", { name: "Change the limit: This week" }).click();
    await page.getByLabel("Dollars; empty for no limit").fill("3");
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Change the limit: This week" }).waitFor();
    assert.equal(config(turnpike), "# mine\n");
    // A week's limit is made where there was none, and removed by an empty field.
    await page.getByRole("button", { name: "Change the limit: This week" }).click();
    await page.getByLabel("Dollars; empty for no limit").fill("3");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("The limit was changed.").waitFor();
    assert.match(config(turnpike), /weekly_usd = 3/);
    await page.getByRole("button", { name: "Change the limit: This week" }).click();
    await page.getByLabel("Dollars; empty for no limit").fill("");
    await page.getByRole("button", { name: "Save" }).click();
    await eventually(() => !config(turnpike).includes("weekly_usd"), { what: "the limit to go" });
  });

  test("all captured bodies are forgotten at once; the log stands still when it is not followed; logging out ends the session", async (t) => {
    const { turnpike } = await startWorld(t, { config: mapAll("sim/text") });
    const { page, context, origin } = await letIn(browser, turnpike);
    await visit(page, "Activity");
    await page.getByText("Capture bodies, to look at or to replay").click();
    await page.getByRole("combobox", { name: "Capture" }).selectOption("5");
    await page.getByRole("button", { name: "Start capturing" }).click();
    await page.getByText("Bodies of the next 5 requests are captured").waitFor();
    for (let n = 0; n < 2; n += 1) assert.equal((await turnpike.messages({ model: "claude-opus-5" })).status, 200);
    await page.getByText("2 captured requests", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Forget all" }).click();
    await page.getByText("2 captured requests", { exact: true }).waitFor({ state: "detached" });
    assert.deepEqual((await control(turnpike, "capture.status")).kept, []);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("2 captured requests", { exact: true }).waitFor();
    assert.equal((await control(turnpike, "capture.status")).kept.length, 2);
    await page.getByRole("button", { name: "Forget all" }).click();
    await page.getByText("2 captured requests were forgotten.").waitFor();
    assert.deepEqual((await control(turnpike, "capture.status")).kept, []);
    await visit(page, "Setup");
    await page.getByText("Log", { exact: true }).click();
    await page.getByRole("log").getByText("started").first().waitFor();
    await page.getByLabel("Follow").uncheck();
    const asked = [];
    page.on("request", (request) => request.url().endsWith("/api/log.tail") && asked.push(request));
    for (let round = 0; round < 2; round += 1) await page.waitForResponse("**/api/status");
    assert.deepEqual(asked, []);
    await page.getByLabel("Follow").check();
    await page.waitForResponse("**/api/log.tail");
    const { value } = (await context.cookies())[0];
    const session = await page.evaluate(() => sessionStorage.getItem("turnpike-session"));
    await page.getByText("Versions and places").click();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("heading", { name: "Open Turnpike from your terminal" }).waitFor();
    const again = await context.request.post(`${origin}/api/status`, { headers: { "x-turnpike-session": session, cookie: `x=${value}`, origin }, data: {} });
    assert.equal(again.status(), 401);
    await page.goto((await turnpike.cli("ui", "--print")).stdout.trim());
    await running(page).waitFor();
  });
});
