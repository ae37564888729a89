// The tray's window is let in again whenever it is asked for: *Open Turnpike* brings a window that works, always.

import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import test from "node:test";

import { eventually } from "../e2e/harness/deadline.js";
import { DrivenWindow, automation } from "./harness/webdriver.js";
import { startDesktop } from "./harness/world.js";

const SEARCH = "//main//input[@type='search']";
const TYPED = `return document.evaluate("${SEARCH}", document, null, XPathResult.FIRST_ORDERED_NODE_TYPE).singleNodeValue?.value`;

/** A running tray whose window is open and driven. */
async function opened(t) {
  const world = await startDesktop(t);
  Object.assign(world.place.env, await automation());
  const tray = world.place.start(world.scope);
  await tray.shows(/^● Running/);
  const window = await DrivenWindow.open(world.scope, tray);
  await window.find("//h1[normalize-space()='Overview']");
  return { ...world, tray, window };
}

/** Ends the service; when it is back it knows none of its sessions any more. */
async function forgetSessions(place) {
  const { pid, instance } = await place.status();
  process.kill(pid, "SIGSTOP");
  fs.rmSync(path.join(place.dataDir, "sessions.json"));
  process.kill(pid, "SIGKILL");
  return place.up((status) => status.instance !== instance);
}

test("a window whose session has ended is let in again by Open Turnpike, with what was typed in it", { timeout: 300_000 }, async (t) => {
  const { place, tray, window } = await opened(t);
  await window.click("//nav//a[normalize-space()='Activity']");
  await window.type(SEARCH, "half a word");
  await forgetSessions(place);
  await window.shows(["Your session has ended"]);
  await window.picture("session-over");
  await tray.click("Open Turnpike");
  await window.until("return !document.body.innerText.includes('Your session has ended')", "a session");
  assert.equal(await window.evaluate(TYPED), "half a word");
  await window.click("//nav//a[normalize-space()='Overview']");
  await window.shows(["Running."]);
  assert.equal(await window.evaluate("return document.title"), "Overview · Turnpike");
});

test("a window that shows how to log in is let in by an entry of the menu, at its view", { timeout: 300_000 }, async (t) => {
  const { tray, window } = await opened(t);
  await window.evaluate("sessionStorage.clear(); location.reload()");
  await window.find("//h1[normalize-space()='Open Turnpike from your terminal']");
  await tray.click("Connect Claude Code…");
  await window.find("//h1[normalize-space()='Setup']");
  await window.shows(["ANTHROPIC_BASE_URL"]);
});

test("a page that was not loaded is loaded by Open Turnpike", { timeout: 300_000 }, async (t) => {
  const { tray, window } = await opened(t);
  await window.evaluate("document.open(); document.write('<p>Nothing here.</p>'); document.close()");
  await window.until("return document.body.innerText === 'Nothing here.'", "an empty page");
  await tray.click("Open Turnpike");
  await window.shows(["Running."]);
});

test("a window whose web process was killed is loaded anew by Open Turnpike", { timeout: 300_000 }, async (t) => {
  const { scope, desktop, place } = await startDesktop(t);
  const tray = place.start(scope);
  await tray.shows(/^● Running/);
  const views = async () => (await desktop.run("pgrep", ["-P", String(tray.program.pid), "-f", "WebKitWebProcess"])).stdout.split("\n").filter(Boolean);
  /** How many pages were let in so far. */
  const letIn = () => {
    try {
      return JSON.parse(fs.readFileSync(path.join(place.dataDir, "sessions.json"), "utf8")).flatMap(({ tokens }) => tokens).length;
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
      return 0;
    }
  };
  await tray.click("Open Turnpike");
  await eventually(() => letIn() === 1, { what: "the window to be let in", ms: 60_000, every: 50 });
  const [first] = await views();
  process.kill(Number(first), "SIGKILL");
  await eventually(async () => !(await views()).includes(first), { what: "the web process to end", ms: 60_000, every: 50 });
  await tray.click("Open Turnpike");
  await eventually(() => letIn() === 2, { what: "the window to be let in again", ms: 60_000, every: 50 });
  await desktop.drawn("after-a-crash");
});

test("a window follows the service to another address", { timeout: 300_000 }, async (t) => {
  const { scope, place, tray, window } = await opened(t);
  const before = await place.status();
  const { code, stderr } = await place.cli("stop", "--service");
  assert.equal(code, 0, stderr);
  await tray.shows(/^○ /);
  const { hostname, port } = new URL(before.control_plane);
  const squatter = net.createServer((socket) => socket.destroy()).listen(Number(port), hostname);
  scope.after(() => squatter.close());
  await once(squatter, "listening");
  await tray.click("Start");
  const after = await place.up((status) => status.instance !== before.instance);
  assert.notEqual(after.control_plane, before.control_plane);
  await window.until("return location.origin === arguments[0]", "the page at its new address", after.control_plane);
  await window.shows(["Running."]);
});
