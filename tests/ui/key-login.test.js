// Getting a key from OpenRouter, in a real browser: its page asks, and it comes back to the service by itself.

import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import { within } from "../e2e/harness/deadline.js";
import { Keyring } from "../e2e/harness/keyring.js";
import { turnpikeBinary } from "../e2e/harness/places.js";
import { Program } from "../e2e/harness/program.js";
import { Scope } from "../e2e/harness/scope.js";
import { startWorld } from "../e2e/harness/world.js";
import { openPage, startBrowser } from "./harness/browser.js";

describe("login at OpenRouter", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser, keyring, turnpike;
  before(async () => {
    browser = await startBrowser(scope);
    keyring = await Keyring.start(scope);
    ({ turnpike } = await startWorld(scope, { signIn: "ask", env: keyring.session }));
  });

  /** `turnpike login --print`, and a browser on its link. */
  async function begin() {
    const env = { ...turnpike.env, TURNPIKE_DATA_DIR: turnpike.dataDir };
    const program = new Program("turnpike login", turnpikeBinary(), ["login", "--print"], { env, cwd: turnpike.dataDir });
    scope.after(() => program.isRunning && program.kill());
    const link = await program.line((line) => line.startsWith("http://") && line, "a link");
    const { page, complaints } = await openPage(browser);
    await page.goto(link);
    return { program, page, complaints };
  }

  const end = (program) => within(program.ended, 30_000, () => `turnpike login to end; it said ${program.errors}`);

  test("who says no gets no key, and is told so in the browser and in the terminal", async () => {
    const { program, page } = await begin();
    await page.getByRole("link", { name: "Cancel" }).click();
    await page.getByRole("heading", { name: "Turnpike got no key" }).waitFor();
    assert.equal(await end(program), 5);
    assert.match(program.errors, /access_denied/);
    assert.equal(await keyring.secret(), null);
  });

  test("who says yes has a key in the keychain, and the browser shows its last four characters alone", async () => {
    const { program, page, complaints } = await begin();
    await page.getByRole("link", { name: "Authorize" }).click();
    await page.getByRole("heading", { name: "Turnpike has its key" }).waitFor();
    assert.equal(await end(program), 0);
    const key = JSON.parse(await keyring.secret()).key;
    const shown = await page.getByRole("status").textContent();
    assert.ok(shown.includes(`••••${key.slice(-4)}`), shown);
    assert.ok(!(await page.content()).includes(key));
    assert.deepEqual(complaints, []);
    await page.reload();
    await page.getByText("answered already").waitFor();
    assert.equal((await turnpike.cli("key", "status")).code, 0);
  });
});
