// Setup and Limits by keyboard alone: what is pressed often goes away, and the focus must not go with it.

import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import { Keyring } from "../e2e/harness/keyring.js";
import { Scope } from "../e2e/harness/scope.js";
import { mapAll } from "../e2e/harness/turnpike.js";
import { startWorld } from "../e2e/harness/world.js";
import { letIn, running, startBrowser, tabTo } from "./harness/browser.js";
import { control } from "./harness/control.js";
import { picture, violations } from "./harness/look.js";

describe("keyboard", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser;
  before(async () => (browser = await startBrowser(scope)));

  test("a key is saved, removed, put back and checked by keyboard, and a client revoked and let in again", async (t) => {
    const keyring = await Keyring.start(Scope.of(t));
    const { turnpike } = await startWorld(t, { config: mapAll("sim/text"), env: keyring.session });
    await turnpike.cli("client", "add", "ci", "--daily", "2");
    const { page, complaints } = await letIn(browser, turnpike);
    const press = async (name) => {
      await tabTo(page, name);
      await page.keyboard.press("Enter");
    };
    const isLost = () => page.evaluate(() => document.activeElement === document.body || document.activeElement === null);
    const key = async () => (await control(turnpike, "key.status")).state;
    await press("Setup");
    // A keychain may take its time to say that it holds none.
    await page.getByLabel("Key", { exact: true }).waitFor();
    await tabTo(page, "Key");
    await page.keyboard.type(`sk-or-v1-${"7".repeat(64)}`);
    await page.keyboard.press("Enter");
    await page.getByText("The key was saved.").waitFor();
    await page.waitForFunction(() => document.activeElement !== document.body);
    await press("Remove");
    await page.getByText("For a minute it can be put back.").waitFor();
    await picture(page, "setup-key-remove");
    assert.deepEqual(await violations(page), []);
    await press("Cancel");
    assert.equal(await isLost(), false, "after Cancel");
    assert.equal(await key(), "ready");
    await page.keyboard.press("Enter"); // on the button that had asked
    await press("Remove");
    await page.getByText("The key was removed.").waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === "INPUT", undefined, { timeout: 15_000 });
    assert.equal(await key(), "missing");
    await press("Undo");
    await page.getByText("Undone.").waitFor();
    assert.equal(await key(), "ready");
    await press("Check with OpenRouter");
    await page.getByText("takes it").first().waitFor();

    await page.reload();
    await press("Limits");
    await press("Revoke");
    await press("Revoke");
    await page.getByText("The token of ci lets nobody in any more.").waitFor();
    assert.equal(await isLost(), false, "after a revocation");
    const hasToken = async () => (await control(turnpike, "client.list")).clients[0].has_token;
    assert.equal(await hasToken(), false);
    await press("Undo");
    await page.getByText("Undone.").waitFor();
    assert.equal(await hasToken(), true);
    assert.deepEqual(complaints, []);
  });

  test("a service that does not answer is not told as running, and its command is there to be copied", async (t) => {
    // Not at port 4118, which another test could take while nobody has it.
    const { turnpike } = await startWorld(t, { control: "127.0.0.1:0" });
    const { page } = await letIn(browser, turnpike);
    await running(page).waitFor();
    await turnpike.stop();
    await page.getByText("No answer.").waitFor();
    assert.equal(await page.getByRole("button", { name: "Stop", exact: true }).count(), 0);
    await page.getByRole("alert").getByRole("button", { name: /^Copy: turnpike .*serve$/ }).click();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^turnpike .*serve$/);
    await picture(page, "overview-silent");
    assert.deepEqual(await violations(page), []);
    await turnpike.start({ control: turnpike.control });
    await running(page).waitFor();
  });
});
