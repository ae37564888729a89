// Debian's Chromium, let in by a link, with every complaint of its console kept.

import { chromium } from "playwright-core";

import { eventually } from "../../e2e/harness/deadline.js";

const EXECUTABLE = process.env.CHROMIUM_BIN ?? "/usr/bin/chromium";
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** One browser for a file of tests; it ends with the scope. */
export async function startBrowser(scope) {
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
  scope.after(() => browser.close());
  return browser;
}

/**
 * A page of a fresh profile. `complaints` holds each error of its console (the policy's among them), each exception, and
 * each request to another place than the service.
 */
export async function openPage(browser, { origin, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1_100, height: 800 }, ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (origin && !url.startsWith(origin) && !url.startsWith("blob:") && !url.startsWith("data:")) complaints.push(`went to ${url}`);
  });
  page.setDefaultTimeout(15_000);
  // Questions that are asked and not answered yet. The event stream is never answered to its end.
  const asked = new Set();
  page.on("request", (request) => request.url().includes("/api/") && asked.add(request));
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => asked.delete(request));
  return { page, context, complaints, asked };
}

/** A page that was let in by `turnpike ui --print`. */
export async function letIn(browser, turnpike, options = {}) {
  const link = (await turnpike.cli("ui", "--print")).stdout.trim();
  const origin = new URL(link).origin;
  const opened = await openPage(browser, { origin, ...options });
  await opened.page.goto(link);
  await opened.page.getByRole("navigation").waitFor();
  return { ...opened, origin, link };
}

/** Goes to a view by its link in the head of the page, and waits until it is there. */
export async function visit(page, view) {
  await page.getByRole("navigation").getByRole("link", { name: view, exact: true }).click();
  await page.getByRole("heading", { level: 1, name: view, exact: true }).waitFor({ state: "attached" });
}

/** The sentence that says that requests are served. */
export const running = (page) => page.getByRole("status").filter({ hasText: /Running\./ });

/** What something that can have the focus is called. It runs in the page. */
const nameOf = (thing) => thing?.getAttribute("aria-label") ?? thing?.labels?.[0]?.textContent?.trim() ?? thing?.textContent?.trim() ?? "";

/** Waits until something of that name can have the focus, and tabs on until it has. */
export async function tabTo(page, name) {
  const things = `[...document.querySelectorAll("a, button, input, select, textarea, summary, [tabindex]")].map(${nameOf})`;
  await eventually(async () => (await page.evaluate(things)).some((known) => known.startsWith(name)), { what: `${name} to be there` });
  const walked = [];
  for (let steps = 0; steps < 80; steps += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(`(${nameOf})(document.activeElement)`);
    if (at.startsWith(name)) return;
    walked.push(at);
  }
  throw new Error(`${name} cannot be reached: ${walked.join(" | ")}`);
}
