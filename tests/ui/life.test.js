// The page over time: a first run, a service that goes and comes back, one that is slow, one that fails.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { eventually } from "../e2e/harness/deadline.js";
import { Keyring } from "../e2e/harness/keyring.js";
import { Scope } from "../e2e/harness/scope.js";
import { UPSTREAM_KEY, mapAll } from "../e2e/harness/turnpike.js";
import { startWorld } from "../e2e/harness/world.js";
import { letIn, running, startBrowser, tabTo, visit } from "./harness/browser.js";
import { control } from "./harness/control.js";
import { picture, violations } from "./harness/look.js";

/** Sends a request and has it answered. */
async function answered(turnpike, model = "claude-opus-5") {
  const answer = await turnpike.messages({ model });
  assert.equal(answer.status, 200, await answer.text());
}

/** What is asked for again and again, since no event tells that it has changed. */
const POLLED = /\/api\/(status|limits)$/;

describe("life", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser;
  before(async () => (browser = await startBrowser(scope)));

  test("a first run goes from nothing to a first answered request", async (t) => {
    const place = Scope.of(t);
    const folder = fs.mkdtempSync(path.join((await import("node:os")).tmpdir(), "turnpike-ui-key-"));
    place.after(() => fs.rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, "key");
    const { turnpike } = await startWorld(t, { env: { OPENROUTER_API_KEY_FILE: file } });
    const { page } = await letIn(browser, turnpike);
    await page.getByRole("heading", { name: "First steps" }).waitFor();
    await page.getByText("There is no key to send requests with").waitFor();
    fs.writeFileSync(file, `${UPSTREAM_KEY}\n`, { mode: 0o600 });
    await page.getByText("There is no key to send requests with").waitFor({ state: "detached" });
    await answered(turnpike);
    await page.getByRole("heading", { name: "First steps" }).waitFor({ state: "detached" });
    await page.getByText("1 request today").waitFor();
  });

  test("what another tool has is taken over from the first steps, and a test request tells its cost", async (t) => {
    const place = Scope.of(t);
    const keyring = await Keyring.start(place);
    const { simulator, turnpike } = await startWorld(t, { env: keyring.session, config: "# mine\n" });
    const folder = path.join(turnpike.env.HOME, ".claude-code-router");
    fs.mkdirSync(folder, { recursive: true });
    const provider = { name: "openrouter", api_base_url: "https://openrouter.ai/api/v1/chat/completions", api_key: UPSTREAM_KEY, models: ["z-ai/glm-5.2"] };
    fs.writeFileSync(path.join(folder, "config.json"), JSON.stringify({ Providers: [provider], Router: { default: "openrouter,z-ai/glm-5.2" } }));
    const told = await control(turnpike, "import.preview", { place: {} });
    assert.ok(told.key && told.maps + told.rules > 0, JSON.stringify(told));
    const { page, complaints } = await letIn(browser, turnpike);
    await page.getByText(/^Found an OpenRouter key, ••••/).waitFor();
    await page.getByText("Exactly this is added").click();
    await page.getByText("z-ai/glm-5.2").first().waitFor();
    assert.ok(!(await page.content()).includes(UPSTREAM_KEY), "no key is in the page");
    await picture(page, "overview-import");
    assert.deepEqual(await violations(page), []);
    const config = () => fs.readFileSync(path.join(turnpike.dataDir, "config.toml"), "utf8");
    assert.equal(config(), "# mine\n", "looking changes nothing");
    await page.getByRole("button", { name: /^Use it, import \d+$/ }).click();
    await page.getByText(/^The key is in the keychain\. \d+ entr/).waitFor();
    assert.equal(JSON.parse(await keyring.secret()).key, UPSTREAM_KEY);
    assert.ok(config().includes(told.text.trim().split("\n")[0]) && config().includes("z-ai/glm-5.2"));
    await page.getByText(/^Found an OpenRouter key/).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone.").waitFor();
    assert.equal(config(), "# mine\n");
    assert.equal(await keyring.secret(), null, "the key that came with it goes with it");
    await page.getByRole("button", { name: /^Use it, import \d+$/ }).click();
    await page.getByText(/^The key is in the keychain\. \d+ entr/).waitFor();
    const before = (await simulator.chats()).length;
    await page.getByRole("button", { name: "Send a test request" }).click();
    await page.getByText(/answered: \d of \d small requests went as they should, for <?\$/).waitFor();
    assert.ok((await simulator.chats()).length > before);
    await page.getByRole("heading", { name: "First steps" }).waitFor({ state: "detached" });
    assert.deepEqual(complaints, []);
  });

  test("a page that is left alone asks for the state and nothing else", async (t) => {
    const { turnpike } = await startWorld(t);
    const { page } = await letIn(browser, turnpike);
    const state = () => page.waitForResponse("**/api/status");
    for (const view of ["Overview", "Models", "Spend", "Activity", "Limits", "Setup"]) {
      await visit(page, view);
      let more;
      const note = (request) => POLLED.test(request.url()) || more.push(new URL(request.url()).pathname);
      // What a view asks for in order to be shown may take some rounds; then one passes without a question.
      const isQuiet = async () => {
        more = [];
        page.on("request", note);
        await state();
        await state();
        page.off("request", note);
        return more.length === 0;
      };
      await eventually(isQuiet, { what: () => `${view} to ask for nothing more; it asked for ${more}`, ms: 30_000 });
    }
  });

  test("the service is stopped and started under an open page, and what was typed stays", async (t) => {
    // Not at port 4118, which another test could take while nobody has it.
    const { turnpike } = await startWorld(t, { config: mapAll("sim/text"), control: "127.0.0.1:0" });
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Models");
    await page.getByLabel("Name that clients ask for").fill("*typed*");
    await page.getByLabel("Model that answers").fill("a/b");
    await turnpike.stop();
    await page.getByText("The service does not answer.").first().waitFor();
    await page.getByRole("button", { name: "Add a map" }).click();
    await page.getByRole("alert").filter({ hasText: "how to start it stands at the top of this page" }).first().waitFor();
    await page.getByRole("alert").filter({ hasText: /turnpike .*serve/ }).waitFor();
    assert.equal(await page.getByLabel("Name that clients ask for").inputValue(), "*typed*");
    await turnpike.start({ control: turnpike.control });
    await page.getByText("This page goes on by itself as soon as it does.").waitFor({ state: "detached" });
    const add = page.getByRole("button", { name: "Add a map" });
    await eventually(() => add.isEnabled(), { what: "the failed change to be over" });
    // By keyboard: what was said of the failure goes away just now, and moves the button under a pointer.
    await add.press("Enter");
    await page.getByText("The map *typed* was saved.").waitFor();
    await visit(page, "Overview");
    await answered(turnpike);
    await page.getByText("1 request today").waitFor();
  });

  test("a slow control plane is waited for, and a question can be given up", async (t) => {
    const { turnpike } = await startWorld(t);
    const { page } = await letIn(browser, turnpike);
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route("**/api/doctor", async (route) => {
      await held;
      await route.continue().catch(() => {}); // given up meanwhile
    });
    await visit(page, "Setup");
    await page.getByText("Checking…").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Check again" }).waitFor();
    release();
    await page.getByRole("button", { name: "Check again" }).click();
    await page.getByText("The data plane listens on").waitFor();
  });

  test("a failing control plane says what failed, and Try again works", async (t) => {
    const { turnpike } = await startWorld(t);
    const { page } = await letIn(browser, turnpike);
    const body = JSON.stringify({ code: "unavailable", message: "the disk is full: make room" });
    await page.route("**/api/activity.list", (route) => route.fulfill({ status: 503, contentType: "application/json", body }));
    await visit(page, "Activity");
    await page.getByText("The disk is full: make room.").waitFor();
    await page.unroute("**/api/activity.list");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("No request yet.").waitFor();
    await page.route("**/api/stop", (route) => route.fulfill({ status: 500, contentType: "text/plain", body: "?" }));
    await visit(page, "Overview");
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText("The service answered 500.").waitFor();
    await running(page).waitFor();
  });

  test("everything can be reached and done by keyboard", async (t) => {
    const { turnpike } = await startWorld(t, { config: mapAll("sim/text") });
    await answered(turnpike);
    const { page } = await letIn(browser, turnpike);
    const reach = (name) => tabTo(page, name);
    await reach("Stop");
    await page.keyboard.press("Enter");
    await page.getByText("Stopped.").waitFor();
    await page.keyboard.press("Space");
    await running(page).waitFor();
    await page.reload();
    await reach("Activity");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: /^Request 1,/ }).waitFor();
    await reach("Request 1,");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByText("was asked for").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ""), /^Request 1,/, "the focus is back");
    await page.reload();
    await reach("Models");
    await page.keyboard.press("Enter");
    await reach("Change the model for Opus");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByLabel("Search models").waitFor();
    await page.keyboard.type("glm-5.2");
    await reach("Choose z-ai/glm-5.2");
    await page.keyboard.press("Enter");
    await page.getByText("Opus is answered by another model now.").waitFor();
    await reach("Undo");
    await page.keyboard.press("Enter");
    await page.getByText("Undone.").waitFor();
  });
});
