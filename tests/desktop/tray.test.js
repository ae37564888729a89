// The tray on a real desktop: panel, menu over D-Bus, clipboard, processes.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";

import { eventually } from "../e2e/harness/deadline.js";
import { turnpikeBinary } from "../e2e/harness/places.js";
import { Program } from "../e2e/harness/program.js";
import { mapAll } from "../e2e/harness/turnpike.js";
import { startDesktop } from "./harness/world.js";

/** A notification stays until a picture of it was taken, in seconds. */
const STAYING = [["xfce4-notifyd", "/expire-timeout", "int", "60"]];
const STOPPED = "Turnpike is stopped. Tray → Start, or run: turnpike start";
const CANARY = "sk-or-v1-canary7777777777777777777777777777777777777777777777777777777";
const MAPS = ["opus", "haiku"].map((role) => `[[map]]\nname = "*${role}*"\ntarget = "sim/text"\n`).join("");

test("the icon's menu starts, stops, copies and quits", { timeout: 180_000 }, async (t) => {
  const { scope, simulator, desktop, place } = await startDesktop(t, { config: MAPS });
  const tray = place.start(scope);
  const status = await place.up();
  const address = status.data_plane.replace("http://", "");
  const text = await tray.shows(/Preset/);
  await desktop.picture("running");
  assert.equal(
    text.split("\n").filter((line) => !line.startsWith(" ")).join("\n"),
    [
      `● Running · ${address}`,
      "Stop",
      "─",
      "Today $0.00 of $5.00",
      "─",
      "Opus → text ▸",
      "Sonnet → GPT-5.6 Luna ▸",
      "Haiku → text ▸",
      "Preset: Your own ▸",
      "─",
      "Connect Claude Code…",
      "Copy environment ▸",
      "Open Turnpike",
      "─",
      "Start at login",
      "Quit",
    ].join("\n"),
  );
  assert.match(text, /Copy environment ▸\n {4}bash\/zsh\n {4}fish\n {4}nushell\n {4}PowerShell\n {4}cmd\n/);

  // A role's model is switched in the menu, and is in the configuration then.
  await tray.click("Haiku > GPT-5.6 Luna");
  await tray.shows(/^Haiku → GPT-5.6 Luna ▸$/m);
  assert.match(fs.readFileSync(path.join(place.dataDir, "config.toml"), "utf8"), /target = "openai\/gpt-5.6-luna"/);

  await tray.click("Stop");
  await tray.shows(/^○ Stopped · .*\nStart\n/);
  await desktop.picture("stopped");
  const refused = await place.stream("claude-opus-4");
  assert.equal(refused.status, 503);
  assert.match(await refused.text, new RegExp(STOPPED));
  assert.deepEqual(await simulator.chats(), [], "nothing goes upstream");

  await tray.click("Start");
  await tray.shows(/^● Running · .*\nStop\n/);
  const answered = await place.stream("claude-opus-4");
  assert.equal(answered.status, 200);
  assert.match(await answered.text, /event: message_stop/);

  await tray.click("Copy environment > bash/zsh");
  const line = await desktop.clipboard(/turnpike/);
  const token = fs.readFileSync(path.join(place.dataDir, "token"), "utf8").trim();
  assert.ok(!line.includes(token), "the token is never on the clipboard");
  const script = `${line}\nprintf '%s %s' "$ANTHROPIC_BASE_URL" "$ANTHROPIC_AUTH_TOKEN"`;
  const shell = await desktop.run("bash", ["-c", script], { env: place.env });
  assert.equal(shell.stdout, `${status.data_plane} ${token}`, shell.stderr);

  await tray.click("Quit");
  assert.equal(await tray.program.ended, 0, tray.program.errors);
  assert.equal(await place.status(), null, "its service has ended too");
});

test("kill -9 of the tray with 32 streams cuts none, and the next tray adopts the service", { timeout: 180_000 }, async (t) => {
  const { scope, place } = await startDesktop(t, { config: "" });
  const first = place.start(scope);
  const status = await place.up();
  const streams = await Promise.all(Array.from({ length: 32 }, () => place.stream("sim/text+words=100+delay=200ms")));
  await first.shows(/^32 requests running/m);
  await first.program.kill();
  const second = place.start(scope);
  await second.shows(/^32 requests running|^\d+ requests? running/m);
  for (const stream of streams) assert.match(await stream.text, /event: message_stop/);
  assert.equal((await place.status()).instance, status.instance, "the same service");
  await second.click("Quit");
  assert.equal(await second.program.ended, 0, second.program.errors);
  assert.equal(await place.status(), null, "a tray has started it, so a tray ends it");
});

test("a service that somebody else has started goes on when the tray quits, and its menu says no other", { timeout: 180_000 }, async (t) => {
  const { scope, place } = await startDesktop(t, { config: mapAll("sim/text+words=3000+delay=50ms") });
  const service = new Program("turnpike", turnpikeBinary(), ["serve", "--data-dir", place.dataDir], { env: place.env, cwd: place.dataDir });
  scope.after(() => service.isRunning && service.kill());
  const { pid } = await place.up();
  const tray = place.start(scope);
  await tray.shows(/^● Running/);
  const stream = await place.stream("claude-opus-4");
  // It is cut with the test.
  stream.text.catch(() => undefined);
  await tray.shows(/\n1 request running[\s\S]*\nQuit$/);
  await tray.click("Quit");
  assert.equal(await tray.program.ended, 0, tray.program.errors);
  const status = await place.status();
  assert.deepEqual([status.pid, status.live.length], [pid, 1]);
});

test("kill -9 of the service: it is back, its ledger intact", { timeout: 120_000 }, async (t) => {
  const { scope, place } = await startDesktop(t);
  const tray = place.start(scope);
  const before = await place.up();
  await tray.shows(/^● Running/);
  process.kill(before.pid, "SIGKILL");
  const after = await place.up((status) => status.instance !== before.instance);
  assert.ok(after.ledger.is_ok);
  await tray.shows(/^● Running/);
});

test("a second start opens the window of the first", { timeout: 120_000 }, async (t) => {
  const { scope, desktop, place } = await startDesktop(t);
  const first = place.start(scope);
  await first.shows(/^● Running/);
  const second = place.start(scope);
  assert.equal(await second.program.ended, 0);
  assert.ok(first.program.isRunning);
  await desktop.window("^Turnpike$");
  await desktop.drawn("window");
});

/** What belongs to a process alone and its share of the rest (Pss), and all that it has in memory (Rss). */
function memory(pid) {
  let rollup;
  try {
    rollup = fs.readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  } catch {
    return "ended";
  }
  if (!rollup.includes("Pss:")) return "ended";
  const mib = (name) => (Number(new RegExp(`^${name}: +(\\d+)`, "m").exec(rollup)[1]) / 1024).toFixed(1);
  return `${mib("Pss")} MiB (Pss), ${mib("Rss")} MiB (Rss)`;
}

test("a closed window is gone with its memory, and the tray lives on", { timeout: 120_000 }, async (t) => {
  const { scope, desktop, place } = await startDesktop(t);
  const tray = place.start(scope);
  await tray.shows(/^● Running/);
  const measure = async (when) => {
    const others = (await desktop.run("pgrep", ["-l", "-P", String(tray.program.pid)])).stdout.trim().split("\n").filter((line) => /WebKit/.test(line));
    const beside = others.map((line) => `, ${line.split(" ")[1]} ${memory(line.split(" ")[0])}`).join("");
    t.diagnostic(`${when}: the tray ${memory(tray.program.pid)}${beside}, the service ${memory((await place.status()).pid)}`);
  };
  await measure("no window opened yet");
  const views = async () => (await desktop.run("pgrep", ["-P", String(tray.program.pid), "-f", "WebKitWebProcess"])).stdout.trim();
  await tray.click("Open Turnpike");
  const window = await desktop.window("^Turnpike$");
  await desktop.drawn("opened");
  assert.notEqual(await views(), "");
  await desktop.close(window);
  await eventually(async () => (await views()) === "", { what: "the web view's process to end", ms: 30_000, every: 100 });
  await tray.shows(/^● Running/);
  await measure("window closed");
});

test("without a tray the window opens and says why", { timeout: 120_000 }, async (t) => {
  const { scope, desktop, place } = await startDesktop(t, { without: ["panel"] });
  const tray = place.start(scope);
  await place.up();
  await desktop.window("^Turnpike$");
  await desktop.drawn("no-tray");
  assert.ok(tray.program.isRunning);
  assert.match(tray.program.errors, /no tray/);
});

test("a budget that is passed is told on the screen, once", { timeout: 120_000 }, async (t) => {
  const { scope, desktop, place } = await startDesktop(t, { config: "[budget]\ndaily_usd = 0.000001\nwarn_at = [0.5]\n", settings: STAYING });
  const told = await desktop.notifications(scope);
  const tray = place.start(scope);
  await tray.shows(/^● Running/);
  for (let request = 0; request < 3; request += 1) {
    const answer = await place.stream("sim/text");
    await answer.text;
  }
  await told.line((line) => /string "Budget"/.exec(line), "a notification", 30_000);
  await desktop.drawn("notification", "300x100+960+40");
  // Its own end is the sign that nothing more comes.
  await tray.click("Quit");
  assert.equal(await tray.program.ended, 0, tray.program.errors);
  assert.equal(told.count(/string "Budget"/), 1);
});

test("without a Secret Service the tray says so and goes on", { timeout: 120_000 }, async (t) => {
  const { scope, desktop, place } = await startDesktop(t, { without: ["keyring"], key: null });
  const tray = place.start(scope);
  const text = await tray.shows(/^✕ .*keychain/i);
  assert.match(text, /^Stop$/m);
  await desktop.picture("no-keychain");
});

test("a locked keyring: the tray says so, the service goes on, and once it is unlocked all is well", { timeout: 120_000 }, async (t) => {
  const { scope, desktop, place } = await startDesktop(t, { key: null });
  assert.equal((await place.cliWith(CANARY, "key", "set")).code, 0);
  assert.equal((await desktop.panel("lock")).length, 1);
  const tray = place.start(scope);
  const text = await tray.shows(/^✕ .*locked/i);
  assert.match(text, /^Stop$/m);
  await desktop.picture("locked-keyring");
  assert.equal((await place.up()).key.state, "locked");
  assert.equal((await place.stream("sim/text")).status, 503, "the client is told, at once, to come back");
  await desktop.panel("unlock", "pw");
  await tray.shows(/^● Running/);
  assert.equal((await place.stream("sim/text")).status, 200);
});

test("a keyring that hangs: the tray says so, the service goes on, and a key that was read stays in use", { timeout: 180_000 }, async (t) => {
  const { scope, desktop, place } = await startDesktop(t, { key: null });
  scope.after(() => desktop.keyring.isRunning && desktop.signalKeyring("SIGCONT"));
  assert.equal((await place.cliWith(CANARY, "key", "set")).code, 0);
  desktop.signalKeyring("SIGSTOP");
  const tray = place.start(scope);
  const text = await tray.shows(/^✕ .*does not answer/i);
  assert.match(text, /^Stop$/m);
  await desktop.picture("hanging-keyring");
  assert.equal((await place.stream("sim/text")).status, 503, "the client is told, at once, to come back");
  desktop.signalKeyring("SIGCONT");
  await tray.shows(/^● Running/);
  desktop.signalKeyring("SIGSTOP");
  assert.equal((await place.stream("sim/text")).status, 200, "the key is in memory");
  assert.match(await tray.text(), /^● Running/);
});

test("a first start asks for a key, and a key in the keychain ends that", { timeout: 120_000 }, async (t) => {
  const { scope, desktop, place } = await startDesktop(t, { key: null });
  const tray = place.start(scope);
  const text = await tray.shows(/^○ Set up needed/);
  assert.equal(text, "○ Set up needed\nAdd OpenRouter key…\nTry the demo\nQuit");
  const { code, stderr } = await place.cliWith(CANARY, "key", "set");
  assert.equal(code, 0, stderr);
  await tray.shows(/^● Running/);
  const items = await desktop.panel("keyring", "service=turnpike");
  assert.equal(items.length, 1, "the keychain has one item");
  for (const [what, bytes] of place.everything(tray)) assert.ok(!bytes.includes(CANARY), `the key is in ${what}`);
});

test("a 429 is told on the screen, once", { timeout: 120_000 }, async (t) => {
  const { scope, desktop, place } = await startDesktop(t, { config: "", settings: STAYING });
  const told = await desktop.notifications(scope);
  const tray = place.start(scope);
  await tray.shows(/^● Running/);
  for (let request = 0; request < 2; request += 1) await (await place.stream("sim/error-429+retry-after=300")).text;
  await told.line((line) => /string "A model is limited"/.exec(line), "a notification", 30_000);
  await desktop.drawn("limited", "300x100+960+40");
  const text = await tray.shows(/^⚠ Limited · /);
  assert.match(text, /^⚠ .* limited until \d\d:\d\d$/m);
  await tray.click("Quit");
  assert.equal(await tray.program.ended, 0, tray.program.errors);
  assert.equal(told.count(/string "A model is limited"/), 1);
});
