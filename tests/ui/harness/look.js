// Pictures of the page, kept in target/ui-screenshots to be looked at; and axe-core's eye on each.

import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const TOP = path.resolve(import.meta.dirname, "../../..");
const FOLDER = path.join(TOP, "target/ui-screenshots");
const AXE = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Widths: a desktop's window, and the narrowest telephone. */
export const WIDTHS = { wide: 1_100, narrow: 360 };

/** Where a picture of that name is kept. */
export function file(name) {
  fs.mkdirSync(FOLDER, { recursive: true });
  return path.join(FOLDER, `${name}.png`);
}

/** A picture of the whole page. */
export async function picture(page, name) {
  await page.screenshot({ path: file(name), fullPage: true });
}

/** What axe-core finds wrong, in words; empty when all is well. */
export async function violations(page) {
  // Evaluated by the browser's own tools, which the page's policy does not reach.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}

/** Whether the page is wider than its window: nobody likes to scroll sideways. */
export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
