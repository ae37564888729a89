// The page in daily use: the focus after what had it is gone, what still runs, the system's colours, no leave to copy.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { eventually } from "../e2e/harness/deadline.js";
import { Scope } from "../e2e/harness/scope.js";
import { mapAll } from "../e2e/harness/turnpike.js";
import { startWorld } from "../e2e/harness/world.js";
import { letIn, running, startBrowser, visit } from "./harness/browser.js";
import { control } from "./harness/control.js";
import { addRows, fillLedger } from "./harness/ledger.js";
import { overflow, picture, violations } from "./harness/look.js";

const MAPS = ["one", "two", "three"].map((name) => `[[map]]\nname = "${name}"\ntarget = "sim/text"\n`).join("\n");
const SLOW = `[[map]]\nname = "slow"\ntarget = "sim/text+words=3000+delay=20ms"\nprice = { prompt = 1, completion = 2 }\n`;
const NARROW = { viewport: { width: 360, height: 800 } };

const config = (turnpike) => fs.readFileSync(path.join(turnpike.dataDir, "config.toml"), "utf8");
const focused = (page) => page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent.trim());

/** Waits until the focus is on what has that name. */
async function focusOn(page, name) {
  let at;
  await eventually(async () => (at = await focused(page)) === name, { what: () => `the focus on ${name}; it is on ${at}` });
}

/** Waits until all that was asked for has been answered. */
const quiet = (asked) => eventually(() => asked.size === 0, { what: () => `an answer to ${[...asked].map((request) => request.url())}` });

describe("daily use", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser;
  before(async () => (browser = await startBrowser(scope)));

  test("the focus goes on to the next row, to the heading of an empty list, and back from a message", async (t) => {
    const { turnpike } = await startWorld(t, { config: MAPS });
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Models");
    const remove = async (name) => {
      await page.getByRole("button", { name: `Remove the map ${name}` }).press("Enter");
      await page.getByText(`The map ${name} was removed.`).waitFor();
    };
    await remove("two");
    await focusOn(page, "Remove the map three");
    await remove("three");
    await focusOn(page, "Remove the map one");
    await remove("one");
    await focusOn(page, "Maps");

    const browse = page.getByRole("button", { name: "Browse the catalogue" });
    await browse.focus();
    await page.getByRole("button", { name: "Undo" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("Undone.").waitFor();
    await focusOn(page, "Browse the catalogue");

    await page.goto(new URL("/#/activity?model=a%2Fb&class=main", page.url()).href);
    await page.getByRole("button", { name: /^Model: a\/b/ }).press("Enter");
    await page.getByRole("button", { name: /^Model: a\/b/ }).waitFor({ state: "detached" });
    assert.match(await focused(page), /^Kind: main/);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: /^Kind: main/ }).waitFor({ state: "detached" });
    await eventually(() => page.evaluate(() => document.activeElement.id === "content"), { what: "the focus on the view" });
  });

  test("a request that runs has no cost and no tokens yet, can be ended on a telephone, and the focus goes on", async (t) => {
    const { turnpike } = await startWorld(t, { config: SLOW });
    const { page, complaints } = await letIn(browser, turnpike, NARROW);
    const answers = [1, 2].map(() => turnpike.messages({ model: "slow", stream: true, max_tokens: 4_000 }).then((response) => response.text()));
    const cancels = page.getByRole("button", { name: "Cancel the request for slow" });
    await eventually(async () => (await cancels.count()) === 2, { what: "both requests" });
    const box = await cancels.first().boundingBox();
    assert.ok(box.x + box.width <= NARROW.viewport.width, `Cancel is in view: ${JSON.stringify(box)}`);
    assert.equal(await page.locator(".wide-table").evaluate((table) => table.scrollWidth - table.clientWidth), 0, "nothing is beyond the edge");

    await visit(page, "Activity");
    const row = page.locator("tbody tr").filter({ hasText: "Running" }).first();
    await row.waitFor();
    assert.doesNotMatch(await row.textContent(), /\$|\d \/ \d/, "nothing is known yet");
    await row.click();
    const drawer = page.getByRole("dialog");
    await drawer.getByText("is being asked").waitFor();
    await drawer.getByText("It is running: its tokens and its cost are known when it ends.").waitFor();
    assert.doesNotMatch(await drawer.innerText(), /nothing billed|In, not cached/);
    await picture(page, "drawer-running-narrow");
    assert.deepEqual(await violations(page), []);
    await page.keyboard.press("Escape");

    await visit(page, "Overview");
    await cancels.nth(1).waitFor();
    for (const left of [1, 0]) {
      await cancels.first().press("Enter");
      await eventually(async () => (await cancels.count()) === left, { what: `${left} requests` });
      await focusOn(page, left > 0 ? "Cancel the request for slow" : "Running now");
    }
    await Promise.all(answers);
    assert.deepEqual(complaints, []);
  });

  test("a limited model is told once among the notices", async (t) => {
    const { turnpike } = await startWorld(t, { config: `[[map]]\nname = "*opus*"\ntarget = "sim/error-429+retry-after=900"\nfallback = ["sim/text"]\n` });
    assert.equal((await turnpike.messages({ model: "claude-opus-5" })).status, 200);
    await eventually(async () => (await control(turnpike, "notices")).notices.length > 0, { what: "a notice" });
    const { page, asked } = await letIn(browser, turnpike);
    await visit(page, "Limits");
    const list = page.getByRole("list", { name: "Notices" });
    await list.getByText(/is rate limited until/).first().waitFor();
    await quiet(asked);
    await list.getByText("sim/text answers instead").waitFor();
    await list.getByText("Still so.").waitFor();
    assert.equal(await list.getByRole("listitem").filter({ hasText: "is rate limited until" }).count(), 1, await list.textContent());
  });

  test("hours of several days are told with their day, hours without requests are gaps, and a day that is told in part says so", async (t) => {
    const { turnpike } = await startWorld(t, { config: mapAll("sim/text") });
    // The first stands shortly after the beginning of the seven days, so that its day is told in part at any time of day.
    const [now, week] = [Math.floor(Date.now() / 1_000), 7 * 24 * 3_600];
    const times = [now - week + 120, now - 30 * 3_600, now - 5 * 3_600, now - 3_600];
    await addRows(turnpike, times.map((time) => ({ started_at: `${time}000000000`, cost_nanos: 20_000_000, target: "a/b", served_model: "a/b" })));
    const [first, last] = [times[0], times.at(-1)];
    const midnight = (time) => new Date(time * 1_000).setHours(0, 0, 0, 0);
    const days = Math.round((midnight(last) - midnight(first)) / 86_400_000) + 1;
    const isInPart = midnight(first) === midnight(now - week);
    const { page, asked, origin } = await letIn(browser, turnpike);
    await page.goto(`${origin}/#/spend?since=7d&unit=hour`);
    await page.getByText("Figures of the chart").click();
    await quiet(asked);
    const table = page.getByRole("table", { name: "Spend over time" });
    const names = await table.locator("tbody th").allTextContents();
    assert.equal(names.length, Math.floor(last / 3_600) - Math.floor(first / 3_600) + 1, "from the first to the last");
    assert.equal(new Set(names).size, names.length, "no two have the same name");
    for (const name of names) assert.match(name, /^\d{1,2} \w{3}, \d\d:\d\d$/);
    assert.equal(await table.locator("tbody tr").filter({ hasText: "$" }).count(), 4, "the rest are gaps");
    const marks = (await page.locator("figure svg text.tick[text-anchor=middle]").allTextContents()).map((text) => text.trim());
    assert.equal(new Set(marks).size, marks.length, marks.join(" "));
    for (const mark of marks) assert.match(mark, /^\d{1,2} \w{3}$/);
    await picture(page, "spend-hours");

    await page.goto(`${origin}/#/spend?since=7d`);
    await eventually(async () => (await table.locator("tbody tr").count()) === days, { what: `${days} days` });
    // In the last two minutes of a day the first row stands on the next one, which is told whole.
    assert.match(await table.locator("tbody th").first().textContent(), isInPart ? /^\d{1,2} \w{3}, from \d\d:\d\d$/ : /^\d{1,2} \w{3}$/);
    assert.match(await table.locator("tbody th").nth(1).textContent(), /^\d{1,2} \w{3}$/);
    const part = page.locator("rect.is-part title");
    if (!isInPart) return assert.equal(await part.count(), 0);
    await part.first().waitFor({ state: "attached" });
    assert.match(await part.first().textContent(), /, from \d\d:\d\d · /);
  });

  test("names beside the chart end with the column, and the split fits a telephone", async (t) => {
    const { turnpike } = await startWorld(t);
    await fillLedger(turnpike, { count: 200, days: 3 });
    await addRows(turnpike, [{ cost_nanos: 9_000_000_000, target: "v/deepseek-v4-pro-0813-long", served_model: "v/deepseek-v4-pro-0813-long" }, { cost_nanos: 1_200, target: "q/qwen3-coder:free", served_model: "q/qwen3-coder:free" }]);
    const { page, asked } = await letIn(browser, turnpike);
    await visit(page, "Spend");
    await page.locator("svg text.name").first().waitFor();
    await quiet(asked);
    const beyond = await page.evaluate(() => {
      const end = document.querySelector("figure").getBoundingClientRect().right;
      return [...document.querySelectorAll("svg text.name")].filter((name) => name.getBoundingClientRect().right > end).map((name) => name.textContent);
    });
    assert.deepEqual(beyond, []);
    await page.locator("svg text.name").filter({ hasText: "deepseek-v4-pro-0813" }).first().waitFor();
    await page.setViewportSize({ width: 360, height: 800 });
    await page.getByText("How fast models answered").first().click();
    let wide;
    const look = () => page.evaluate(() => [...document.querySelectorAll(".wide-table:has(tbody tr)")].filter((table) => !table.closest("details:not([open])") && table.scrollWidth > table.clientWidth).map((table) => table.textContent.slice(0, 60)));
    await eventually(async () => (wide = await look()).length === 0, { what: () => `tables as wide as the page, but for ${wide}` });
    assert.equal(await overflow(page), 0);
  });

  test("the axis of small sums has a name of its own at each line, and one of what was free only zero", async (t) => {
    const { turnpike } = await startWorld(t, { config: "[budget]\ndaily_usd = 0\n" });
    await addRows(turnpike, [{ cost_nanos: 18_000_000, target: "a/b", served_model: "a/b", project: "/small" }, { cost_nanos: 0, target: "c/d:free", served_model: "c/d:free", project: "/free" }]);
    const { page, asked, origin } = await letIn(browser, turnpike);
    const axis = () => page.locator("figure svg text.tick[text-anchor=end]").allTextContents();
    await page.goto(`${origin}/#/spend?since=7d&project=%2Fsmall`);
    await page.locator("figure svg").waitFor();
    await quiet(asked);
    const names = await axis();
    assert.ok(names.length > 2, names.join(" "));
    assert.equal(new Set(names).size, names.length, names.join(" "));
    await page.goto(`${origin}/#/spend?since=7d&project=%2Ffree`);
    await page.getByText("$0.00", { exact: true }).first().waitFor();
    await eventually(async () => (await axis()).join(" ") === "$0.00", { what: "an axis of nothing" });
  });

  test("what a field is for can be read before anything is typed", async (t) => {
    const { turnpike } = await startWorld(t);
    for (const colorScheme of ["light", "dark"]) {
      const { page, context } = await letIn(browser, turnpike, { colorScheme });
      await visit(page, "Activity");
      const ratio = await page.getByRole("searchbox").evaluate((field) => {
        const light = (colour) => {
          const [r, g, b] = colour.match(/[\d.]+/g).map((part) => Number(part) / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const [one, other] = [getComputedStyle(field, "::placeholder").color, getComputedStyle(field).backgroundColor].map(light).sort();
        return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      });
      assert.ok(ratio >= 4.5, `${colorScheme}: ${ratio}`);
      await context.close();
    }
  });

  test("the forecast is that of the service's day, also for a browser in another zone", async (t) => {
    // Noon for the service, two o'clock in the night for the browser.
    const hour = new Date().getUTCHours();
    const zone = (at) => {
      const ahead = ((at - hour + 36) % 24) - 12;
      return `Etc/GMT${ahead > 0 ? "-" : "+"}${Math.abs(ahead)}`;
    };
    const { turnpike } = await startWorld(t, { config: `[general]\ntimezone = "${zone(12)}"\n` });
    await addRows(turnpike, [{ cost_nanos: 1_000_000_000, target: "a/b", served_model: "a/b" }]);
    const { page } = await letIn(browser, turnpike, { timezoneId: zone(2) });
    await page.getByText(/At this pace \$(1\.[6-9]|2\.[0-4])\d? by (\d{1,2} \w{3}, )?14:00/).waitFor();
  });

  test("what stands in the search is what is searched for, by links, back and forward too", async (t) => {
    const { turnpike } = await startWorld(t);
    await addRows(turnpike, [{ target: "a/b", served_model: "a/b", project: "/one" }, { target: "c/d", served_model: "c/d", project: "/two" }]);
    const { page, asked } = await letIn(browser, turnpike);
    await visit(page, "Activity");
    const search = page.getByRole("searchbox");
    const rows = page.locator("tbody tr");
    const shows = (count) => eventually(async () => asked.size === 0 && (await rows.count()) === count, { what: `${count} rows` });
    await search.fill("two");
    await shows(1);
    await rows.first().click();
    await page.getByRole("dialog").getByRole("link", { name: "main" }).click();
    await shows(2);
    assert.equal(await search.inputValue(), "");
    await page.goBack();
    await shows(1);
    assert.equal(await search.inputValue(), "two");
    await page.goForward();
    await shows(2);
    assert.equal(await search.inputValue(), "");
    await search.fill("one");
    await shows(1);
  });

  test("prices are told with what they are for", async (t) => {
    const { turnpike } = await startWorld(t);
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Models");
    const words = "Prices are for a million tokens, in / out.";
    await page.getByText(words).waitFor();
    await page.getByRole("button", { name: "Browse the catalogue" }).click();
    await page.getByRole("dialog").getByText(words).waitFor();
  });

  test("in the system's own colours the view one is at and what is spent can still be seen", async (t) => {
    const { turnpike } = await startWorld(t, { config: "[budget]\ndaily_usd = 5.00\n" });
    await addRows(turnpike, [{ cost_nanos: 2_500_000_000, target: "a/b", served_model: "a/b" }]);
    const { page } = await letIn(browser, turnpike, { forcedColors: "active" });
    const colour = (element, name) => element.evaluate((node, name) => getComputedStyle(node)[name], name);
    const nav = page.getByRole("navigation");
    const here = await colour(nav.getByRole("link", { name: "Overview" }), "borderBottomColor");
    const paper = await colour(page.locator("html"), "backgroundColor");
    assert.notEqual(here, paper);
    for (const view of ["Models", "Setup"]) assert.equal(await colour(nav.getByRole("link", { name: view }), "borderBottomColor"), paper, view);
    assert.notEqual(await colour(page.locator(".filled"), "backgroundColor"), paper);
    await picture(page, "overview-forced-colours");
    await visit(page, "Limits");
    assert.notEqual(await colour(page.locator(".filled").first(), "backgroundColor"), paper);
  });

  test("without leave to copy, the command is selected and that is said", async (t) => {
    const { turnpike } = await startWorld(t);
    const { page } = await letIn(browser, turnpike);
    await page.evaluate(() => (navigator.clipboard.writeText = () => Promise.reject(new Error("denied"))));
    await visit(page, "Setup");
    const copy = page.getByRole("button", { name: /^Copy: turnpike .*run -- claude$/ });
    await copy.click();
    await page.getByRole("button", { name: /^Selected: press Ctrl\+C/ }).waitFor();
    await page.getByRole("status").filter({ hasText: "Selected: press Ctrl+C" }).waitFor({ state: "attached" });
    assert.match(await page.evaluate(() => getSelection().toString()), /^turnpike .*run -- claude$/);
  });

  test("while the service is slow each part says that it loads, and says what failed when it does", async (t) => {
    const { turnpike } = await startWorld(t, { config: MAPS });
    const { page } = await letIn(browser, turnpike);
    await running(page).waitFor();
    const PARTS = { Models: ["Roles", "Presets"], Limits: ["Budgets", "If it goes on like this", "Models left out for now", "Notices", "Clients"], Setup: ["Claude Code", "Start at login"] };
    /** Under which headings a text stands. */
    const under = (text) =>
      page.evaluate((text) => {
        let heading = "";
        const found = [];
        for (const node of document.querySelectorAll("main h2, main p, main .trouble")) {
          if (node.matches("h2")) heading = node.textContent.trim();
          else if (node.textContent.includes(text)) found.push(heading);
        }
        return [...new Set(found)];
      }, text);
    let answer;
    const held = new Promise((resolve) => (answer = resolve));
    const isState = (route) => /\/api\/(status|events)/.test(route.request().url());
    await page.route("**/api/**", async (route) => (isState(route) ? route.continue() : held.then(() => route.fulfill({ status: 500, json: { code: "internal", message: "the disk is full: look at `turnpike logs`" } }).catch(() => undefined))));
    for (const [view, headings] of Object.entries(PARTS)) {
      await visit(page, view);
      const told = await under("Loading…");
      assert.deepEqual(headings.filter((heading) => !told.includes(heading)), [], `${view} says of each that it loads`);
    }
    answer();
    await page.getByText("The disk is full: look at").first().waitFor();
    await eventually(async () => (await under("Loading…")).length === 0, { what: "nothing that loads" });
  });

  test("a session that ends in the middle of an edit is told in words for the page, and commands are drawn as such", async (t) => {
    const { turnpike } = await startWorld(t);
    const { page, link } = await letIn(browser, turnpike);
    await visit(page, "Limits");
    await page.getByRole("button", { name: "Change the limit: Today" }).click();
    await page.getByLabel("Dollars; empty for no limit").fill("7");
    await page.evaluate(() => sessionStorage.clear());
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Your session has ended" }).waitFor();
    await page.getByText("what was typed stays").first().waitFor();
    assert.doesNotMatch(await page.locator("body").innerText(), /control\.json|bearer|`/);
    assert.equal(await page.getByLabel("Dollars; empty for no limit").inputValue(), "7");
    const stranger = await page.context().newPage();
    await stranger.goto(link);
    await stranger.getByText("This link was used already").waitFor();
    assert.doesNotMatch(await stranger.locator("body").innerText(), /`/);
  });

  test("on paper the page is light, whatever the screen is", async (t) => {
    const { turnpike } = await startWorld(t);
    const { page } = await letIn(browser, turnpike, { colorScheme: "dark" });
    const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    assert.equal(await paper(), "rgb(21, 23, 26)");
    await page.emulateMedia({ media: "print" });
    assert.equal(await paper(), "rgb(250, 249, 247)");
  });

  test("the way past the navigation says what it is", async (t) => {
    const { turnpike } = await startWorld(t);
    const { page } = await letIn(browser, turnpike);
    await running(page).waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "Skip to Overview");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "content");
  });
});
