// Every view, light and dark, wide and narrow, empty and full: pictures to look at, and what axe-core says.

import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import { eventually } from "../e2e/harness/deadline.js";
import { Scope } from "../e2e/harness/scope.js";
import { startWorld } from "../e2e/harness/world.js";
import { letIn, startBrowser, visit } from "./harness/browser.js";
import { fillLedger } from "./harness/ledger.js";
import { WIDTHS, overflow, picture, violations } from "./harness/look.js";

const VIEWS = ["Overview", "Models", "Spend", "Activity", "Limits", "Setup"];
const MAPS = `[budget]
daily_usd = 5.00

[[map]]
name = "*opus*"
target = "openai/gpt-5.6-terra"
fallback = ["z-ai/glm-5.2"]

[[map]]
name = "*haiku*"
target = "openai/gpt-5.6-luna"
`;

/** Waits until nothing is being loaded any more, and what came is drawn. */
async function settle(page, asked) {
  await eventually(() => asked.size === 0, { what: () => `an answer to ${[...asked].map((request) => request.url())}` });
  await page.waitForFunction(() => !document.body.innerText.includes("Loading…") && !document.body.innerText.includes("Checking…"));
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
}

async function look(browser, turnpike, kind) {
  const wrong = [];
  for (const colorScheme of ["light", "dark"]) {
    for (const [name, width] of Object.entries(WIDTHS)) {
      const { page, context, complaints, asked } = await letIn(browser, turnpike, { colorScheme, viewport: { width, height: 800 } });
      for (const view of VIEWS) {
        const label = `${view.toLowerCase()}-${kind}-${colorScheme}-${name}`;
        await visit(page, view);
        await settle(page, asked);
        await picture(page, label);
        wrong.push(...(await violations(page)).map((text) => `${label}: ${text}`));
        if ((await overflow(page)) > 0) wrong.push(`${label} is wider than its window`);
      }
      wrong.push(...complaints);
      await context.close();
    }
  }
  assert.deepEqual(wrong, []);
}

describe("pictures", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser;
  before(async () => (browser = await startBrowser(scope)));

  test("every view of a new installation has no violation, in both colours and widths", async () => {
    const { turnpike } = await startWorld(scope, { env: {} });
    await look(browser, turnpike, "empty");
  });

  test("every view of a busy installation has no violation, in both colours and widths", async () => {
    const { turnpike } = await startWorld(scope, { config: MAPS });
    await fillLedger(turnpike);
    await look(browser, turnpike, "full");
  });

  test("the drawers have no violation", async () => {
    const { turnpike } = await startWorld(scope, { config: MAPS });
    await fillLedger(turnpike);
    const { page, complaints } = await letIn(browser, turnpike);
    await visit(page, "Activity");
    await page.getByRole("button", { name: /^Request \d+/ }).first().click();
    await page.getByRole("dialog").getByText("was asked for").waitFor();
    await picture(page, "drawer-request");
    assert.deepEqual(await violations(page), []);
    await page.keyboard.press("Escape");
    await visit(page, "Models");
    await page.getByRole("button", { name: "Change the model for Opus" }).click();
    await page.getByRole("dialog").getByRole("button", { name: /^Choose / }).first().waitFor();
    await picture(page, "drawer-catalogue");
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(complaints, []);
  });
});
