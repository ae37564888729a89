// Who gets into the page, seen from a real browser.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import test, { after, before, describe } from "node:test";

import { Scope } from "../e2e/harness/scope.js";
import { UPSTREAM_KEY } from "../e2e/harness/turnpike.js";
import { startWorld } from "../e2e/harness/world.js";
import { letIn, openPage, running, startBrowser, visit } from "./harness/browser.js";

/** A server of somebody else's on another port of this machine, with one empty page. */
async function neighbour(scope) {
  const server = http.createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<!doctype html><title>next door</title>"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  scope.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}/`;
}

describe("login", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser, turnpike;
  before(async () => {
    browser = await startBrowser(scope);
    ({ turnpike } = await startWorld(scope));
  });

  test("a link lets one browser in, and the code is in no address and no history", async () => {
    const { page, context, link, complaints } = await letIn(browser, turnpike);
    assert.equal(new URL(page.url()).pathname + new URL(page.url()).hash, "/");
    await running(page).waitFor();
    await page.reload();
    await running(page).waitFor();
    const [cookie] = await context.cookies();
    assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, "Strict"]);
    assert.equal(await page.evaluate(() => document.cookie), "");
    assert.deepEqual(complaints, []);
    const second = await openPage(browser);
    await second.page.goto(link);
    await second.page.getByText("This link was used already").waitFor();
    await second.page.getByRole("heading", { name: "Open Turnpike from your terminal" }).waitFor();
  });

  test("without a link the page says how to get one", async () => {
    const { origin } = await letIn(browser, turnpike);
    const { page } = await openPage(browser);
    await page.goto(origin);
    await page.getByText("turnpike ui").first().waitFor();
    assert.equal(await page.getByRole("navigation").count(), 0);
  });

  test("a second tab that has the cookie alone is not let in, and leaves the first one in", async () => {
    const { page, context, origin } = await letIn(browser, turnpike);
    const second = await context.newPage();
    await second.goto(origin);
    await second.getByRole("heading", { name: "Open Turnpike from your terminal" }).waitFor();
    const status = await second.evaluate(async () => (await fetch("/api/status", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })).status);
    assert.equal(status, 401);
    await second.goto((await turnpike.cli("ui", "--print")).stdout.trim());
    await running(second).waitFor();
    await page.reload();
    await running(page).waitFor();
  });

  test("a page of another local port gets nothing and does nothing, cookie or not", async (t) => {
    const { context, origin } = await letIn(browser, turnpike);
    const page = await context.newPage();
    await page.goto(await neighbour(Scope.of(t)));
    const tried = await page.evaluate(async (origin) => {
      const ask = async (path, options) => {
        try {
          const answer = await fetch(origin + path, { credentials: "include", ...options });
          return answer.type === "opaque" ? "opaque" : `read ${await answer.text()}`;
        } catch {
          return "refused";
        }
      };
      return [
        await ask("/api/stop", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" }),
        await ask("/api/stop", { method: "POST", body: "{}" }),
        await ask("/api/stop", { method: "POST", mode: "no-cors", body: "{}" }),
        await ask("/events", {}),
        await ask("/", {}),
      ];
    }, origin);
    assert.deepEqual(tried, ["refused", "refused", "opaque", "refused", "refused"]);
    const framed = await page.evaluate(async (origin) => {
      const frame = document.createElement("iframe");
      frame.src = origin;
      document.body.append(frame);
      await new Promise((resolve) => (frame.onload = resolve));
      try {
        return frame.contentDocument?.body.textContent ?? "";
      } catch {
        return "closed";
      }
    }, origin);
    assert.ok(!framed.includes("Turnpike from your terminal"), framed);
    assert.match((await turnpike.cli("status")).stdout, /running/i);
  });

  test("a session that ends under an open page keeps what was typed", async () => {
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Models");
    await page.getByLabel("Name that clients ask for").fill("*typed*");
    await page.evaluate(() => fetch("/logout", { method: "POST", headers: { "x-turnpike-session": sessionStorage.getItem("turnpike-session") } }));
    await page.getByLabel("Model that answers").fill("a/b");
    await page.getByRole("button", { name: "Add a map" }).click();
    await page.getByRole("heading", { name: "Your session has ended" }).waitFor();
    assert.equal(await page.getByLabel("Name that clients ask for").inputValue(), "*typed*");
    assert.doesNotMatch((await turnpike.cli("map", "list")).stdout, /typed/);
  });

  test("nothing inline runs, nothing leaves, and no key is in the page", async () => {
    const { page, complaints } = await letIn(browser, turnpike);
    await running(page).waitFor();
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.ranInline = true";
      document.body.append(script);
    });
    assert.equal(await page.evaluate(() => window.ranInline), undefined);
    assert.equal(complaints.filter((text) => text.includes("Content Security Policy")).length, 1);
    const beyond = await page.evaluate(() => fetch("http://127.0.0.1:9/").then(() => "sent", () => "refused"));
    assert.equal(beyond, "refused");
    await visit(page, "Setup");
    await page.getByText("••••").first().waitFor();
    const text = await page.content();
    assert.ok(!text.includes(UPSTREAM_KEY) && !text.includes(turnpike.token), "no secret in the page");
  });
});
