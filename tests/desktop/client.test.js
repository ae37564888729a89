// The real Claude Code beside the tray: what the menu does is what the client meets.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";

import { claudeBinary, freshFolder } from "../e2e/harness/places.js";
import { run } from "../e2e/harness/program.js";
import { DrivenWindow, automation } from "./harness/webdriver.js";
import { startDesktop } from "./harness/world.js";

const STOPPED = "Turnpike is stopped. Tray → Start, or run: turnpike start";
/** What the simulator's text answers begin with. */
const ANSWER = "The simulated model answers with plain wörds";

/**
 * One `claude -p` in a shell that has run `line` before, with nothing of the tray's environment but the home folder: `{code, said,
 * retries}`. Each of its retries would be told.
 */
async function claude(scope, desktop, line = "") {
  const script = `${line}\nexec "$0" -p "Say something." --output-format stream-json --verbose`;
  const env = { HOME: desktop.home, PATH: process.env.PATH, LANG: "C.UTF-8", TERM: "xterm-256color" };
  const { code, stdout, stderr } = await run("bash", ["-c", script, claudeBinary()], { env, cwd: freshFolder(scope, "project"), ms: 150_000 });
  const told = stdout.split("\n").filter(Boolean).map((text) => JSON.parse(text));
  const result = told.find(({ type }) => type === "result");
  assert.ok(result, `no result: ${stdout}${stderr}`);
  return { code, said: result.result, retries: told.filter(({ subtype }) => subtype === "api_retry").length };
}

test("Stop, Start, Copy environment and Quit are what the real client meets", { timeout: 400_000 }, async (t) => {
  const { scope, simulator, desktop, place } = await startDesktop(t);
  const tray = place.start(scope);
  const text = await tray.shows(/^● Running · /);
  assert.match(text, /^Copy environment ▸\n {4}bash\/zsh$/m);
  await tray.click("Copy environment > bash/zsh");
  const line = await desktop.clipboard(/turnpike/);
  const answered = await claude(scope, desktop, line);
  assert.deepEqual([answered.code, answered.said.startsWith(ANSWER)], [0, true], answered.said);
  const before = (await simulator.chats()).length;
  assert.ok(before > 0, "it was asked through the simulator");

  await tray.click("Stop");
  await tray.shows(/^○ Stopped · .*\nStart\n/);
  const refused = await claude(scope, desktop, line);
  assert.notEqual(refused.code, 0);
  assert.ok(refused.said.includes(STOPPED), refused.said);
  assert.equal(refused.retries, 0, "told at once");
  assert.equal((await simulator.chats()).length, before, "nothing goes upstream");

  await tray.click("Start");
  await tray.shows(/^● Running · .*\nStop\n/);
  const again = await claude(scope, desktop, line);
  assert.deepEqual([again.code, again.said.startsWith(ANSWER)], [0, true], again.said);

  await tray.click("Quit");
  assert.equal(await tray.program.ended, 0, tray.program.errors);
  assert.equal(await place.status(), null, "its service has ended too");
});

/** Settings as a person writes them: nothing of it is laid out as a program would. */
const BEFORE = '{ "includeCoAuthoredBy":false,\r\n\t"env" : {"EDITOR": "vi"} ,\r\n\r\n  "cleanupPeriodDays": 30 }';

test("Connect Claude Code and Disconnect Claude Code change its settings, by what the window shows, and back to the byte", { timeout: 400_000 }, async (t) => {
  const { scope, simulator, desktop, place } = await startDesktop(t);
  Object.assign(place.env, await automation());
  const settings = path.join(desktop.home, ".claude/settings.json");
  fs.mkdirSync(path.dirname(settings));
  fs.writeFileSync(settings, BEFORE);
  const tray = place.start(scope);
  await tray.shows(/^Connect Claude Code…$/m);
  const window = await DrivenWindow.open(scope, tray, "Connect Claude Code…");
  await window.shows(["Claude Code stops using your Claude plan and bills OpenRouter.", "ANTHROPIC_BASE_URL"]);
  await window.picture("connect");
  assert.equal(fs.readFileSync(settings, "utf8"), BEFORE, "looking changes nothing");
  await window.click("//button[normalize-space()='Connect all']");
  await window.shows(["Claude Code is connected."]);
  const { data_plane: url } = await place.status();
  assert.equal(JSON.parse(fs.readFileSync(settings, "utf8")).env.ANTHROPIC_BASE_URL, url);
  const { code, said } = await claude(scope, desktop);
  assert.deepEqual([code, said.startsWith(ANSWER)], [0, true], said);
  assert.ok((await simulator.chats()).length > 0, "plain claude comes here");

  await tray.shows(/^Disconnect Claude Code$/m);
  await tray.click("Disconnect Claude Code");
  await tray.shows(/^Connect Claude Code…$/m);
  assert.equal(fs.readFileSync(settings, "utf8"), BEFORE);
});
