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

for (const { name, shows, settings } of PANELS) {
  test(name, { timeout: 180_000 }, async (t) => {
    const { scope, desktop, place } = await startDesktop(t, { config: "", settings });
    const tray = place.start(scope);
    /** The panel is given the icon of that state. A file of one before may be gone while it is looked at. */
    const isShown = async (state) => {
      const wanted = await pixels(desktop, path.join(ICONS, `${shows}-${state}.png`));
      const look = async () => {
        const { stdout } = await desktop.run("identify", ["-format", "%#", await tray.icon()]);
        return stdout === wanted;
      };
      await eventually(look, { what: `the icon ${shows}-${state}`, ms: 30_000, every: 100 });
    };
    await tray.shows(/^● Running/);
    await isShown("running");
    await tray.click("Stop");
    await isShown("stopped");
    await tray.click("Start");
    const stream = await place.stream("sim/error-429+retry-after=300");
    assert.equal(stream.status, 429);
    await isShown("limited");
    await desktop.picture(`panel-${name.split(": ")[1].toLowerCase().replaceAll(" ", "-")}`);
    await tray.click("Quit");
    assert.equal(await tray.program.ended, 0, tray.program.errors);
  });
}
