// The tray as a user meets it: its process, its icon, its menu.

import fs from "node:fs";
import path from "node:path";

import { eventually } from "../../e2e/harness/deadline.js";
import { freshFolder, readIfThere, turnpikeBinary } from "../../e2e/harness/places.js";
import { Program, run } from "../../e2e/harness/program.js";
import { UPSTREAM_KEY } from "../../e2e/harness/turnpike.js";

/** The tray lies beside the service, as it is installed. */
export const trayBinary = () => path.join(path.dirname(turnpikeBinary()), "turnpike-tray");

/** A data folder on which trays are started one after another. */
export class TrayPlace {
  constructor(scope, desktop, { upstream, config = "", key = UPSTREAM_KEY, isDefault = false }) {
    this.desktop = desktop;
    // The default folder is that of a user who names none.
    this.dataDir = isDefault ? path.join(desktop.home, ".local/share/turnpike") : freshFolder(scope, "data");
    fs.mkdirSync(this.dataDir, { recursive: true });
    const listen = '[proxy]\nlisten = "127.0.0.1:0"\n';
    const base = `[upstream]\nbase_url = "${upstream}"\n`;
    fs.writeFileSync(path.join(this.dataDir, "config.toml"), `${listen}${base}${config}`);
    this.env = { ...desktop.env, ...(isDefault ? {} : { TURNPIKE_DATA_DIR: this.dataDir }), ...(key ? { OPENROUTER_API_KEY: key } : {}) };
    // The service outlives its tray: whatever still runs ends with the test.
    scope.after(() => this.endService());
  }

  /** Starts a tray. */
  start(scope, more = []) {
    const tray = new Tray(this, new Program("turnpike-tray", trayBinary(), more, { env: this.env, cwd: this.dataDir }));
    scope.after(() => tray.program.isRunning && tray.program.kill());
    return tray;
  }

  /** Runs `turnpike …args` on the data folder. */
  cli = (...args) => run(turnpikeBinary(), args, { env: this.env, cwd: this.dataDir, ms: 30_000 });

  /** The same, with something on its standard input. */
  cliWith = (input, ...args) => run(turnpikeBinary(), args, { env: this.env, cwd: this.dataDir, input, ms: 30_000 });

  /**
   * All that is kept and shown where a key must not be: files, logs, arguments and environments of all processes on this desktop.
   */
  *everything(tray) {
    for (const folder of [this.dataDir, this.desktop.home]) {
      for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const file = path.join(entry.parentPath ?? entry.path, entry.name);
        // The keychain's own file holds it encrypted.
        const text = entry.isFile() ? readIfThere(file) : null;
        if (text) yield [file, text];
      }
    }
    yield ["the tray's words", Buffer.from(tray.program.errors)];
    for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const environ = fs.readFileSync(`/proc/${pid}/environ`);
        if (!environ.includes(`HOME=${this.desktop.home}\0`)) continue;
        yield [`environ of ${pid}`, environ];
        yield [`cmdline of ${pid}`, fs.readFileSync(`/proc/${pid}/cmdline`)];
      } catch (error) {
        // It has ended meanwhile, or is none that may be looked at.
        if (!["ENOENT", "ESRCH", "EACCES"].includes(error.code)) throw error;
      }
    }
  }

  async status() {
    const { code, stdout } = await this.cli("status", "--json");
    return code === 0 ? JSON.parse(stdout) : null;
  }

  /** Waits until the service answers and gives what it says. */
  up = (isNew = () => true) =>
    eventually(async () => {
      const status = await this.status();
      return status && isNew(status) ? status : null;
    }, { what: "a service that answers", ms: 30_000, every: 50 });

  async endService() {
    const file = path.join(this.dataDir, "control.json");
    if (!fs.existsSync(file)) return;
    try {
      process.kill(JSON.parse(fs.readFileSync(file, "utf8")).pid, "SIGKILL");
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
  }

  /** A streamed request; the promise of its whole text. */
  async stream(model) {
    const status = await this.up();
    const token = (await this.cli("token")).stdout.trim();
    const answer = await fetch(`${status.data_plane}/v1/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ model, max_tokens: 100, stream: true, messages: [{ role: "user", content: "Go." }] }),
    });
    return { status: answer.status, text: answer.text() };
  }
}

/** A running tray. */
export class Tray {
  constructor(place, program) {
    this.place = place;
    this.program = program;
  }

  /** Its menu now. */
  menu = async () => (await this.place.desktop.panel("menu", this.program.pid)).entries.filter((entry) => entry.visible);

  /** The file of its icon now. */
  icon = async () => (await this.place.desktop.panel("menu", this.program.pid)).icon;

  /** What a panel shows of it where the pointer rests. */
  title = async () => (await this.place.desktop.panel("menu", this.program.pid)).title;

  /** Its menu as lines of text, submenus indented. */
  async text() {
    const draw = (entries, indent) =>
      entries.flatMap((entry) => {
        if (entry.separator) return [`${indent}─`];
        const tick = entry.checked ? " ✓" : "";
        const below = draw(entry.entries, `${indent}    `);
        return [`${indent}${entry.label}${tick}${below.length > 0 ? " ▸" : ""}`, ...below];
      });
    return draw(await this.menu(), "").join("\n");
  }

  /** Waits until the menu's text fits. */
  async shows(pattern) {
    let text;
    return eventually(async () => {
      text = await this.text();
      return pattern.test(text) ? text : null;
    }, { what: () => `${pattern} in the menu, which is\n${text}\n${this.program.errors}`, ms: 30_000, every: 100 });
  }

  /** Clicks an entry by the beginning of its label; a submenu's entry as "menu > entry". */
  click = (label) => this.place.desktop.panel("click", this.program.pid, label);
}
