// What the first paint of the page waits for. Times are measured by hand (`make ui-measure`); here is what they follow from.

import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";
import zlib from "node:zlib";

import { eventually } from "../e2e/harness/deadline.js";
import { Scope } from "../e2e/harness/scope.js";
import { startWorld } from "../e2e/harness/world.js";
import { openPage, running, startBrowser } from "./harness/browser.js";
import { firstPaint } from "./harness/measure.js";

/** Most bytes before the first paint, compressed by gzip, as the build counts them. */
const MOST_BYTES = 150_000;

describe("first paint", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser, turnpike;
  before(async () => {
    browser = await startBrowser(scope);
    ({ turnpike } = await startWorld(scope));
  });

  const link = async () => (await turnpike.cli("ui", "--print")).stdout.trim();

  test("it waits for no answer of the service", async () => {
    const { page } = await openPage(browser);
    const held = [];
    let release;
    const released = new Promise((resolve) => (release = resolve));
    await page.route(
      (url) => /^\/(login|events|api\/.*)$/.test(url.pathname),
      async (route) => {
        if (route.request().isNavigationRequest()) return route.continue();
        held.push(new URL(route.request().url()).pathname);
        await released;
        await route.continue();
      },
    );
    await page.goto(await link());
    await page.getByText("Letting you in…").waitFor();
    assert.ok((await firstPaint(page)) > 0);
    await eventually(() => held.length > 0, { what: "the login" });
    assert.deepEqual(held, ["/login"], "and nothing is asked for that the login must allow");
    release();
    await running(page).waitFor();
  });

  test("it waits for no script", async () => {
    const { page, complaints } = await openPage(browser);
    let release;
    const released = new Promise((resolve) => (release = resolve));
    await page.route("**/*.js", async (route) => {
      await released;
      await route.continue();
    });
    await page.goto(await link(), { waitUntil: "commit" });
    await page.getByText("Letting you in…").waitFor();
    assert.ok((await firstPaint(page)) > 0);
    release();
    await running(page).waitFor();
    assert.equal(await page.getByText("Letting you in…").count(), 0);
    assert.deepEqual(complaints, []);
  });

  test("before it come the document, one script and one style, and only the style is waited for", async () => {
    const { page } = await openPage(browser);
    const fetched = [];
    page.on("response", (answer) => answer.request().method() === "GET" && fetched.push(answer));
    await page.goto(await link());
    await running(page).waitFor();
    const files = fetched.filter((answer) => ["document", "script", "stylesheet"].includes(answer.request().resourceType()));
    assert.deepEqual(files.map((answer) => answer.request().resourceType()).sort(), ["document", "script", "stylesheet"]);
    const bodies = await Promise.all(files.map((answer) => answer.body()));
    const bytes = bodies.reduce((sum, body) => sum + zlib.gzipSync(body).length, 0);
    assert.ok(bytes < MOST_BYTES, `${bytes} bytes`);
    const blocking = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .filter((entry) => entry.renderBlockingStatus === "blocking")
        .map((entry) => new URL(entry.name).pathname.replace(/^.*\./, "")),
    );
    assert.deepEqual(blocking, ["css"]);
  });

  test("files of the page that were loaded once are not loaded again", async () => {
    const { page, context } = await openPage(browser);
    await page.goto(await link());
    await running(page).waitFor();
    const second = await context.newPage();
    await second.goto(await link());
    await running(second).waitFor();
    const sizes = await second.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .filter((entry) => entry.name.includes("/assets/"))
        .map((entry) => entry.transferSize),
    );
    assert.ok(sizes.length > 0);
    assert.deepEqual(sizes.filter((size) => size > 0), [], "assets come from the browser's own store");
  });
});
