// How fast the page is, by hand: `make ui-measure`. Writes a table in Markdown to the file that it is told, from which
// bench/RESULTS.md is kept. The second argument is a ledger with many rows.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { Scope } from "../e2e/harness/scope.js";
import { Simulator } from "../e2e/harness/simulator.js";
import { Turnpike } from "../e2e/harness/turnpike.js";
import { openPage, running, startBrowser, visit } from "./harness/browser.js";
import { firstPaint, middle, until } from "./harness/measure.js";

const TIMES = 9;
const ms = (time) => `${time.toFixed(0)} ms`;
const [file, ledger] = process.argv.slice(2).map((name) => path.resolve(name));

/** What counts as shown, for each view: functions of the page. */
const SHOWN = {
  Overview: `() => /\\d requests? today/.test(document.body.innerText)`,
  Spend: `() => document.querySelector(".hero") !== null && document.querySelectorAll("main table tbody tr").length > 1`,
  Activity: `() => document.querySelectorAll("main table tbody tr").length === 50`,
};

const link = async (turnpike) => (await turnpike.cli("ui", "--print")).stdout.trim();

/** First paints, and the state on the screen, with an empty store of files and with a filled one. */
async function paints(browser, turnpike) {
  const figures = { cold: [], coldState: [], warm: [], warmState: [] };
  for (let time = 0; time < TIMES; time += 1) {
    const { page, context } = await openPage(browser);
    await page.goto(await link(turnpike));
    figures.cold.push(await firstPaint(page));
    figures.coldState.push(await until(page, SHOWN.Overview));
    const second = await context.newPage();
    await second.goto(await link(turnpike));
    figures.warm.push(await firstPaint(second));
    figures.warmState.push(await until(second, SHOWN.Overview));
    await context.close();
  }
  return figures;
}

/** Each view, opened from another one by its link in the head of the page; the first time and again. */
async function views(browser, turnpike) {
  const { page } = await openPage(browser, { viewport: { width: 1_100, height: 800 } });
  await page.goto(await link(turnpike));
  await running(page).waitFor();
  const rows = [];
  for (const [view, shown] of [
    ["Overview", SHOWN.Overview],
    ["Activity", SHOWN.Activity],
    ["Spend", SHOWN.Spend],
    ["Spend, all of time", SHOWN.Spend],
  ]) {
    const times = [];
    for (let time = 0; time < TIMES; time += 1) {
      await visit(page, "Setup");
      const from = await page.evaluate((view) => {
        const begun = performance.now();
        const [name, stretch] = view.split(", ");
        location.hash = `#/${name.toLowerCase()}${stretch ? "?since=all" : ""}`;
        return begun;
      }, view);
      times.push(await until(page, shown, from));
    }
    rows.push([view, times[0], middle(times.slice(1))]);
  }
  return rows;
}

const scope = new Scope();
try {
  const simulator = await Simulator.start();
  scope.after(() => simulator.stop());
  const turnpike = new Turnpike(scope, { upstream: simulator.upstream });
  if (ledger) fs.copyFileSync(ledger, path.join(turnpike.dataDir, "ledger.sqlite"), fs.constants.COPYFILE_FICLONE);
  scope.after(() => turnpike.stop());
  await turnpike.start();
  const browser = await startBrowser(scope);
  const found = await views(browser, turnpike);
  const { cold, coldState, warm, warmState } = await paints(browser, turnpike);
  const lines = [
    `${new Date().toISOString().slice(0, 10)}, ${os.cpus()[0]?.model}, ${os.cpus().length} processors; the middle of ${TIMES}.`,
    "",
    "| page | first paint | state on the screen |",
    "|---|--:|--:|",
    `| opened the first time | ${ms(middle(cold))} | ${ms(middle(coldState))} |`,
    `| opened again | ${ms(middle(warm))} | ${ms(middle(warmState))} |`,
    "",
    "| view | first opening | again |",
    "|---|--:|--:|",
    ...found.map(([view, first, again]) => `| ${view} | ${ms(first)} | ${ms(again)} |`),
    "",
  ];
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, lines.join("\n"));
  process.stdout.write(lines.join("\n"));
} finally {
  await scope.end();
}
