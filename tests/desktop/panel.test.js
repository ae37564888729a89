// The icon on dark and light panels, as the panel reads it over D-Bus.

import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";

import { eventually } from "../e2e/harness/deadline.js";
import { startDesktop } from "./harness/world.js";

const ICONS = path.resolve(import.meta.dirname, "../../icons/tray");
const DARK = ["xfce4-panel", "/panels/dark-mode", "bool"];
const THEME = ["xsettings", "/Net/ThemeName", "string"];

const PANELS = [
  { name: "the icon is the one for its panel and its state: Xfce as it comes", shows: "dark", settings: [] },
  { name: "the icon is the one for its panel and its state: Xfce with light panels", shows: "light", settings: [[...DARK, "false"], [...THEME, "Adwaita"]] },
  { name: "the icon is the one for its panel and its state: Xfce with a dark theme", shows: "dark", settings: [[...DARK, "false"], [...THEME, "Adwaita-dark"]] },
];

/** What tells a picture's pixels from all others. */
async function pixels(desktop, file) {
  const { code, stdout, stderr } = await desktop.run("identify", ["-format", "%#", file]);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** Waits until the panel is given the icon of that file. A file of one before may be gone while it is looked at. */
async function isGiven(desktop, tray, name) {
  const wanted = await pixels(desktop, path.join(ICONS, `${name}.png`));
  const look = async () => {
    const { stdout } = await desktop.run("identify", ["-format", "%#", await tray.icon()]);
    return stdout === wanted;
  };
  await eventually(look, { what: `the icon ${name}`, ms: 30_000, every: 100 });
}

test("the icon follows a panel that becomes light and dark again, and has Turnpike's name", { timeout: 180_000 }, async (t) => {
  const { scope, desktop, place } = await startDesktop(t, { settings: [[...THEME, "Adwaita"]] });
  const tray = place.start(scope);
  await tray.shows(/^● Running/);
  assert.equal(await tray.title(), "Turnpike");
  await isGiven(desktop, tray, "dark-running");
  await desktop.set(...DARK, "false");
  await isGiven(desktop, tray, "light-running");
  await desktop.picture("panel-became-light");
  await desktop.set(...THEME, "Adwaita-dark");
  await isGiven(desktop, tray, "dark-running");
});

for (const { name, shows, settings } of PANELS) {
  test(name, { timeout: 180_000 }, async (t) => {
    const { scope, desktop, place } = await startDesktop(t, { config: "", settings });
    const tray = place.start(scope);
    const isShown = (state) => isGiven(desktop, tray, `${shows}-${state}`);
    await tray.shows(/^● Running/);
    await isShown("running");
    await tray.click("Stop");
    await isShown("stopped");
    await tray.click("Start");
    await isShown("running");
    const stream = await place.stream("sim/error-429+retry-after=300");
    assert.equal(stream.status, 429);
    await isShown("limited");
    await desktop.picture(`panel-${name.split(": ")[1].toLowerCase().replaceAll(" ", "-")}`);
    await tray.click("Quit");
    assert.equal(await tray.program.ended, 0, tray.program.errors);
  });
}
