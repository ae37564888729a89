// Capturing bodies on demand, and asking another model the same.

import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import { eventually } from "../e2e/harness/deadline.js";
import { Scope } from "../e2e/harness/scope.js";
import { mapAll } from "../e2e/harness/turnpike.js";
import { startWorld } from "../e2e/harness/world.js";
import { letIn, startBrowser, visit } from "./harness/browser.js";
import { control } from "./harness/control.js";
import { WIDTHS, file, overflow, picture, violations } from "./harness/look.js";

const CANARY = "sk-ant-api03-canary0123456789";
const IDLE = "Capture bodies, to look at or to replay";

describe("capture", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser;
  before(async () => (browser = await startBrowser(scope)));

  /** Sends a request and has it answered. */
  async function answered(turnpike, text = "Hello") {
    const answer = await turnpike.messages({ model: "claude-opus-5", messages: [{ role: "user", content: text }] });
    assert.equal(answer.status, 200, await answer.text());
  }

  /** Asks for one request's bodies, and has one captured. */
  async function capture(page, turnpike, text) {
    await visit(page, "Activity");
    await page.getByText(IDLE).click();
    await page.getByRole("button", { name: "Start capturing" }).click();
    await page.getByText("Bodies of the next request are captured").waitFor();
    await answered(turnpike, text);
    await page.getByText("1 captured request", { exact: true }).waitFor();
  }

  test("the next request is captured without its secrets, and replayed on another model beside it", async (t) => {
    const { turnpike } = await startWorld(t, { config: mapAll("sim/text+words=6+cost=0.25") });
    const { page, complaints } = await letIn(browser, turnpike);
    await answered(turnpike);
    await capture(page, turnpike, `Mind ${CANARY} and go on.`);
    await page.getByText("Bodies of the next request are captured").waitFor({ state: "detached" });
    const [kept] = (await control(turnpike, "capture.status")).kept;
    assert.equal(kept.id, 2);

    await page.getByRole("list", { name: "1 captured request" }).getByRole("button", { name: "Request 2", exact: true }).click();
    const drawer = page.getByRole("dialog");
    await drawer.getByText("The request", { exact: true }).click();
    await drawer.getByText("Mind [redacted] and go on.").waitFor();
    assert.ok(!(await page.content()).includes(CANARY));
    await drawer.getByRole("button", { name: "Replay", exact: true }).click();
    await drawer.getByText("Write the other model").waitFor();
    await drawer.getByLabel("Other model").fill("sim/text+words=3+cost=0.5");
    await drawer.getByRole("button", { name: "Replay", exact: true }).click();
    const [first, other] = [drawer.getByRole("region", { name: "First answer" }), drawer.getByRole("region", { name: "Replay" })];
    await other.getByText("$0.50").waitFor();
    await first.getByText("$0.25").waitFor();
    for (const side of [first, other]) await side.getByText("Whole answer after").waitFor();

    const rows = await turnpike.ledger();
    assert.deepEqual(rows.map((row) => [row.agent_type ?? null, row.cost_nanos]), [[null, 250_000_000], [null, 250_000_000], ["replay", 500_000_000]]);
    await page.keyboard.press("Escape");
    await page.getByRole("row", { name: /Request 3,.*replay/ }).waitFor();
    await page.getByRole("button", { name: /^Request 3,/ }).click();
    await page.getByRole("dialog").getByText("it is a replay of request 2").waitFor();
    await page.keyboard.press("Escape");

    await page.getByRole("button", { name: "Forget request 2" }).click();
    await page.getByText(IDLE).waitFor();
    assert.deepEqual((await control(turnpike, "capture.status")).kept, []);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("list", { name: "1 captured request" }).getByRole("button", { name: "Request 2", exact: true }).click();
    await page.getByRole("dialog").getByText("The request", { exact: true }).click();
    await page.getByRole("dialog").getByText("Mind [redacted] and go on.").waitFor();
    assert.deepEqual((await control(turnpike, "capture.status")).kept.map(({ id }) => id), [2]);
    await assert.rejects(control(turnpike, "capture.undo"), /is gone by now/, "once is enough");
    assert.deepEqual(complaints, []);
  });

  test("capturing shows a banner on every view, and Stop ends it", async (t) => {
    const { turnpike } = await startWorld(t, { config: mapAll("sim/text") });
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Activity");
    await page.getByText(IDLE).click();
    await page.getByRole("combobox", { name: "Capture" }).selectOption("60m");
    await page.getByRole("button", { name: "Start capturing" }).click();
    for (const view of ["Overview", "Models", "Spend", "Activity", "Limits", "Setup"]) {
      await visit(page, view);
      await page.getByText("Bodies of all requests are being captured").waitFor();
    }
    const { until } = (await control(turnpike, "capture.status")).standing;
    assert.ok(until - Date.now() / 1_000 <= 3_600, "an hour is the most");
    await page.getByRole("button", { name: "Stop capturing" }).click();
    await page.getByText("Bodies of all requests are being captured").waitFor({ state: "detached" });
    await answered(turnpike);
    await visit(page, "Overview");
    await page.getByText("1 request today").waitFor();
    const { standing, kept } = await control(turnpike, "capture.status");
    assert.deepEqual([standing.is_on, kept], [false, []]);
    // What another program begins is shown as well.
    await control(turnpike, "capture.start", { minutes: 5 });
    await page.getByText("Bodies of all requests are being captured").waitFor();
  });

  test("a replay that fails says so in its place, and what was typed stays", async (t) => {
    const { turnpike } = await startWorld(t, { config: mapAll("sim/text") });
    const { page } = await letIn(browser, turnpike);
    await capture(page, turnpike, "Hello");
    await page.getByRole("list", { name: "1 captured request" }).getByRole("button", { name: "Request 1", exact: true }).click();
    const drawer = page.getByRole("dialog");
    const model = drawer.getByLabel("Other model");
    const replay = drawer.getByRole("button", { name: "Replay", exact: true });
    await model.fill("no slug");
    await replay.click();
    await drawer.getByRole("alert").filter({ hasText: "Name a model by its slug" }).waitFor();
    assert.equal(await model.inputValue(), "no slug");
    await model.fill("sim/no-such-scenario");
    await replay.click();
    await drawer.getByRole("region", { name: "Replay" }).getByText("404").waitFor();
    await model.fill("sim/text+silence=60s");
    await replay.click();
    await drawer.getByRole("button", { name: "Cancel" }).click();
    await eventually(async () => (await control(turnpike, "status")).live.length === 0, { what: "the replay's end" });
  });

  test("pictures of a replay have no violation, in both colours and widths", async (t) => {
    const { turnpike } = await startWorld(t, { config: mapAll("sim/text+words=60+cost=0.25") });
    for (const colorScheme of ["light", "dark"]) {
      for (const [name, width] of Object.entries(WIDTHS)) {
        const { page, context, complaints } = await letIn(browser, turnpike, { colorScheme, viewport: { width, height: 800 } });
        await control(turnpike, "capture.forget");
        await capture(page, turnpike, "What is a turnpike?");
        await control(turnpike, "capture.start");
        await page.getByText("Bodies of all requests are being captured").waitFor();
        await picture(page, `capture-${colorScheme}-${name}`);
        assert.deepEqual(await violations(page), []);
        await page.getByRole("list", { name: "1 captured request" }).getByRole("button", { name: /^Request/ }).click();
        const drawer = page.getByRole("dialog");
        await drawer.getByLabel("Other model").fill("sim/text+words=30+cost=0.5");
        await drawer.getByRole("button", { name: "Replay", exact: true }).click();
        await drawer.getByRole("region", { name: "Replay" }).getByText("$0.50").waitFor();
        await drawer.getByRole("region", { name: "Replay" }).scrollIntoViewIfNeeded();
        await page.screenshot({ path: file(`drawer-replay-${colorScheme}-${name}`) });
        assert.deepEqual(await violations(page), []);
        assert.equal(await overflow(page), 0);
        assert.deepEqual(complaints, []);
        await control(turnpike, "capture.stop");
        await context.close();
      }
    }
  });
});
