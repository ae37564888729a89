// A desktop for one test: a screen, a session bus, a panel with a tray, a notification daemon, a keyring. All of it private.

import fs from "node:fs";
import path from "node:path";

import { emptyEnvironment, freshFolder } from "../../e2e/harness/places.js";
import { Program, run } from "../../e2e/harness/program.js";
import { eventually } from "../../e2e/harness/deadline.js";
import { startBus, startDaemon } from "../../e2e/harness/keyring.js";

const TOP = path.resolve(import.meta.dirname, "../../..");
const PANEL = path.join(import.meta.dirname, "panel.py");
const NOTIFIED = path.join(import.meta.dirname, "notified.py");
/** Debian's own Python: it has the D-Bus module. */
const PYTHON = "/usr/bin/python3";
const NOTIFYD = "/usr/lib/x86_64-linux-gnu/xfce4/notifyd/xfce4-notifyd";
const XFCONFD = "/usr/lib/x86_64-linux-gnu/xfce4/xfconf/xfconfd";
/** Where pictures of the screen are kept, to be looked at. */
export const SHOTS = path.join(TOP, "target/desktop");

export class Desktop {
  /**
   * Starts one. `without` leaves parts out: `panel`, `keyring`, `notifyd`. `settings` are Xfce's own, by channel and property, with the type and
   * the value of each.
   */
  static async start(scope, { without = [], settings = [] } = {}) {
    const desktop = new Desktop();
    const home = freshFolder(scope, "desktop");
    const runtime = path.join(home, "run");
    fs.mkdirSync(runtime, { mode: 0o700 });
    const screen = new Program("Xvfb", "Xvfb", ["-displayfd", "1", "-screen", "0", "1280x860x24", "-nolisten", "tcp"], {
      env: emptyEnvironment(home),
    });
    scope.after(() => screen.stop());
    const display = await screen.line((line) => /^\d+$/.exec(line)?.[0], "the number of its display");
    desktop.home = home;
    desktop.env = {
      ...emptyEnvironment(home),
      XDG_RUNTIME_DIR: runtime,
      DISPLAY: `:${display}`,
      NO_AT_BRIDGE: "1",
      GDK_BACKEND: "x11",
      LIBGL_ALWAYS_SOFTWARE: "1",
      XDG_CURRENT_DESKTOP: "XFCE",
    };
    desktop.env.DBUS_SESSION_BUS_ADDRESS = await startBus(scope, home, desktop.env);
    desktop.#begin(scope, "xfconfd", XFCONFD, []);
    if (!without.includes("notifyd")) desktop.#begin(scope, "xfce4-notifyd", NOTIFYD, []);
    if (!without.includes("keyring")) desktop.keyring = await startDaemon(scope, home, desktop.env);
    if (!without.includes("panel")) {
      desktop.#begin(scope, "xfce4-panel", "xfce4-panel", ["--disable-wm-check"]);
      await desktop.panel("ready");
    }
    // The panel writes its own at its first start.
    for (const [channel, property, type, value] of settings) await desktop.set(channel, property, type, value);
    return desktop;
  }

  #begin(scope, name, file, args) {
    const program = new Program(name, file, args, { env: this.env, cwd: this.home });
    scope.after(() => program.kill());
    return program;
  }

  /** Changes a setting of Xfce's, whose daemon may still be starting. */
  set = (channel, property, type, value) =>
    eventually(
      async () => (await this.run("xfconf-query", ["-c", channel, "-p", property, "--create", "-t", type, "-s", value])).code === 0,
      { what: `${channel} ${property} to be set`, ms: 30_000, every: 100 },
    );

  /** Runs a program on this desktop to its end. */
  run(file, args, options = {}) {
    return run(file, args, { env: this.env, cwd: this.home, ...options });
  }

  /** What `panel.py` answers. */
  async panel(...args) {
    const { code, stdout, stderr } = await this.run(PYTHON, [PANEL, ...args.map(String)]);
    if (code !== 0) throw new Error(`panel.py ${args.join(" ")}: ${code}\n${stderr}`);
    return stdout.trim() ? JSON.parse(stdout) : null;
  }

  /** Sends the keyring's daemon a signal. */
  signalKeyring = (signal) => process.kill(this.keyring.pid, signal);

  /** Listens to notifications: a program whose lines tell each of them, and that counts them. */
  async notifications(scope) {
    const match = "interface='org.freedesktop.Notifications',member='Notify'";
    const monitor = this.#begin(scope, "dbus-monitor", "dbus-monitor", ["--session", match]);
    // Its own connection is the first thing it tells of: from then on it listens.
    await monitor.line((line) => line.includes("NameAcquired"), "its first line");
    return monitor;
  }

  /** A daemon in the place of Xfce's (`without: ["notifyd"]`), which tells what it is shown and clicks what it is told to. */
  async notified(scope) {
    const daemon = new Program("notified", PYTHON, [NOTIFIED], { env: this.env, cwd: this.home, input: true });
    scope.after(() => daemon.kill());
    await daemon.line((line) => line.includes("ready"), "its name on the bus");
    const told = () => daemon.lines.map((line) => JSON.parse(line)).filter(({ id }) => id);
    return {
      /** All notifications so far. */
      told,
      /** The first one for which `fits` holds, once it is there. */
      one: (fits, what) =>
        eventually(() => told().find(fits), { what: () => `${what} among ${JSON.stringify(told())}`, ms: 60_000, every: 50 }),
      /** Clicks a button by what stands on it, or the notification itself. */
      click: ({ id, buttons }, title) => {
        const key = title === undefined ? "default" : Object.keys(buttons).find((key) => buttons[key] === title);
        if (key === undefined || !(key in buttons)) throw new Error(`no ${title} among ${JSON.stringify(buttons)}`);
        daemon.say(`click ${id} ${key}`);
      },
    };
  }

  /** Waits until a window of that title is on the screen. */
  window = (title, ms = 30_000) =>
    eventually(async () => (await this.run("xdotool", ["search", "--onlyvisible", "--name", title])).stdout.trim(), {
      what: `a window ${title}`,
      ms,
      every: 100,
    });

  /** Asks a window to close; there is no window manager here that would. */
  async close(window) {
    const { code, stderr } = await this.run(PYTHON, [path.join(import.meta.dirname, "close_window.py"), window]);
    if (code !== 0) throw new Error(`close_window.py: ${stderr}`);
  }

  /** Waits until something is drawn in that part of the screen, and keeps the picture. */
  drawn = (name, part = "900x260+20+20") =>
    eventually(async () => {
      const file = await this.picture(name);
      const seen = ["-crop", part, "-format", "%[fx:standard_deviation>0.03&&mean>0.1]", "info:"];
      return (await this.run("convert", [file, ...seen])).stdout.trim() === "1";
    }, { what: `something on the screen (${name})`, ms: 30_000, every: 200 });

  /** Keeps a picture of the screen. */
  async picture(name) {
    fs.mkdirSync(SHOTS, { recursive: true });
    const file = path.join(SHOTS, `${name}.png`);
    const { code, stderr } = await this.run("import", ["-window", "root", file]);
    if (code !== 0) throw new Error(`import: ${stderr}`);
    return file;
  }

  /** What the clipboard holds, once that fits. */
  clipboard = (pattern) =>
    eventually(async () => {
      const { stdout } = await this.run("xclip", ["-selection", "clipboard", "-out"]);
      return pattern.test(stdout) && stdout;
    }, { what: `${pattern} on the clipboard`, ms: 30_000, every: 100 });
}
