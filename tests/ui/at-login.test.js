// Setup's switch for starting at login: its effect is the unit of the system, here of a systemctl that links units as the real one.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { eventually } from "../e2e/harness/deadline.js";
import { freshFolder } from "../e2e/harness/places.js";
import { Scope } from "../e2e/harness/scope.js";
import { UPSTREAM_KEY } from "../e2e/harness/turnpike.js";
import { startWorld } from "../e2e/harness/world.js";
import { letIn, startBrowser, tabTo, visit } from "./harness/browser.js";
import { violations } from "./harness/look.js";

const SYSTEMCTL = `#!/bin/sh
units="$HOME/.config/systemd/user"
case "$2" in
  show|daemon-reload) ;;
  enable) mkdir -p "$units/default.target.wants" && ln -sf "$units/$3" "$units/default.target.wants/$3" ;;
  disable) rm -f "$units/default.target.wants/$3" ;;
  *) exit 1 ;;
esac
`;

/** A service on the default data folder, with these tools of the system before all others. */
async function world(t, tools) {
  const scope = Scope.of(t);
  const folder = freshFolder(scope, "tools");
  for (const [name, text] of Object.entries(tools)) fs.writeFileSync(path.join(folder, name), text, { mode: 0o700 });
  const env = { OPENROUTER_API_KEY: UPSTREAM_KEY, PATH: `${folder}:${process.env.PATH}` };
  const { turnpike } = await startWorld(scope, { env, isDefault: true });
  return { turnpike, unit: path.join(turnpike.env.HOME, ".config/systemd/user/turnpike.service") };
}

describe("start at login", () => {
  const scope = new Scope();
  after(() => scope.end());
  let browser;
  before(async () => (browser = await startBrowser(scope)));

  test("the button makes the unit, takes it away, and each is undone", async (t) => {
    const { turnpike, unit } = await world(t, { systemctl: SYSTEMCTL, loginctl: "#!/bin/sh\necho no\n" });
    const { page, complaints } = await letIn(browser, turnpike);
    await visit(page, "Setup");
    const on = page.getByRole("button", { name: "Start at login", exact: true });
    const off = page.getByRole("button", { name: "Do not start at login" });
    const undo = page.getByRole("button", { name: "Undo" });
    await page.getByText("turnpike service install").waitFor();
    assert.ok(!fs.existsSync(unit), "looking changes nothing");

    await on.click();
    await off.waitFor();
    assert.match(fs.readFileSync(unit, "utf8"), /^ExecStart=".*turnpike" serve$/m);
    assert.ok(fs.lstatSync(path.join(path.dirname(unit), "default.target.wants/turnpike.service")).isSymbolicLink());
    await page.getByText("It ends when you log out.").waitFor();
    await undo.click();
    await on.waitFor();
    assert.ok(!fs.existsSync(unit), "undone");
    assert.deepEqual(await violations(page), []);

    // By keyboard.
    await page.reload();
    await on.waitFor();
    await tabTo(page, "Start at login");
    await page.keyboard.press("Enter");
    await eventually(async () => (await off.count()) === 1 && (await off.isEnabled()), { what: "the change to be over" });
    await off.press("Enter");
    await page.getByText("What runs goes on.").waitFor();
    await on.waitFor();
    assert.ok(!fs.existsSync(unit));
    await undo.click();
    await off.waitFor();
    assert.ok(fs.existsSync(unit), "undone");
    assert.match((await turnpike.cli("status")).stdout, /running/i);
    assert.deepEqual(complaints, []);
  });

  test("a change that the system refuses says why, and one made elsewhere is shown", async (t) => {
    const masked = SYSTEMCTL.replace('  enable) ', '  enable) test -e "$HOME/masked" && echo "Unit is masked." >&2 && exit 1; ');
    const { turnpike, unit } = await world(t, { systemctl: masked });
    fs.writeFileSync(path.join(turnpike.env.HOME, "masked"), "");
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Setup");
    await page.getByRole("button", { name: "Start at login", exact: true }).click();
    await page.getByText("Unit is masked").waitFor();
    assert.ok(!fs.existsSync(unit), "nothing is half done");
    fs.rmSync(path.join(turnpike.env.HOME, "masked"));
    assert.equal((await turnpike.cli("service", "install")).code, 0);
    await visit(page, "Overview");
    await visit(page, "Setup");
    await page.getByRole("button", { name: "Do not start at login" }).waitFor();
  });

  test("where nothing starts units, the page says what to do instead", async (t) => {
    const { turnpike } = await world(t, { systemctl: '#!/bin/sh\necho "System has not been booted with systemd as init system (PID 1)." >&2\nexit 1\n' });
    const { page } = await letIn(browser, turnpike);
    await visit(page, "Setup");
    await page.getByText(/let what starts programs here run .*turnpike serve/).waitFor();
    assert.equal(await page.getByRole("button", { name: "Start at login", exact: true }).count(), 0);
  });
});
