// The page in the tray's own window, driven by WebKit's WebDriver: the same web view that a user looks at.

import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";

import { eventually } from "../../e2e/harness/deadline.js";
import { Program } from "../../e2e/harness/program.js";
import { SHOTS } from "./desktop.js";

const DRIVER = "/usr/bin/WebKitWebDriver";
/** The name under which WebDriver hands elements over (W3C WebDriver, "web element identifier"). */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
/** How long one thing on the page may take on a loaded machine. */
const PATIENCE = 60_000;

/**
 * What a tray needs in its environment for its window to be driven. The web view wants its port told; it is one below those that
 * the system gives out, so that nobody gets it between this look and the window.
 */
export async function automation() {
  for (;;) {
    const port = 16_384 + Math.floor(Math.random() * 16_384);
    const server = net.createServer().listen(port, "127.0.0.1");
    const isFree = await Promise.race([once(server, "listening").then(() => true), once(server, "error").then(() => false)]);
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return { TAURI_WEBVIEW_AUTOMATION: "true", WEBKIT_INSPECTOR_SERVER: `127.0.0.1:${port}` };
  }
}

/** The port of 127.0.0.1 that a process listens on, once it does. */
const portOf = (pid, what) =>
  eventually(() => {
    const inodes = new Set(
      fs.readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
        } catch {
          return []; // closed meanwhile
        }
      }),
    );
    for (const line of fs.readFileSync(`/proc/${pid}/net/tcp`, "utf8").split("\n").slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === "0A" && inodes.has(inode)) return Number.parseInt(local.split(":")[1], 16);
    }
    return null;
  }, { what: `${what} to listen`, ms: PATIENCE, every: 20 });

/** The tray's window under the driver's hands. */
export class DrivenWindow {
  #base;
  #session;

  /**
   * Opens the window of a running tray by an entry of its menu, or by what `entry` does, as a user does, and takes hold of it. The tray must have been started
   * with {@link automation} in its environment.
   */
  static async open(scope, tray, entry = "Open Turnpike") {
    const window = new DrivenWindow();
    window.tray = tray;
    await (typeof entry === "function" ? entry() : tray.click(entry));
    await portOf(tray.program.pid, "the web view");
    const args = ["--port=0", `--target=${tray.place.env.WEBKIT_INSPECTOR_SERVER}`];
    const driver = new Program("WebKitWebDriver", DRIVER, args, { env: tray.place.desktop.env, cwd: tray.place.dataDir });
    scope.after(() => driver.kill());
    window.#base = `http://127.0.0.1:${await portOf(driver.pid, "WebKitWebDriver")}`;
    const { sessionId } = await window.#ask("POST", "/session", { capabilities: {} });
    window.#session = `/session/${sessionId}`;
    return window;
  }

  async #ask(method, where, body) {
    const answer = await fetch(this.#base + where, {
      method,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`WebDriver: ${method} ${where}: ${value?.error}: ${value?.message}\n${this.tray.program.errors}`);
    return value;
  }

  /** What a script says in the page; `arguments` are what is handed over. */
  evaluate = (script, ...args) => this.#ask("POST", `${this.#session}/execute/sync`, { script, args });

  /** Waits until a script says something that counts as true, and gives it. */
  until = (script, what, ...args) =>
    eventually(() => this.evaluate(script, ...args), { what: `${what} in the window`, ms: PATIENCE, every: 50 });

  /** The element that an XPath finds, once it is there. */
  find = (xpath) =>
    eventually(
      async () => (await this.#ask("POST", `${this.#session}/elements`, { using: "xpath", value: xpath }))[0]?.[ELEMENT],
      { what: `${xpath} in the window`, ms: PATIENCE, every: 50 },
    );

  /** Clicks it, as a pointer does. */
  click = (xpath) => this.#touch(xpath, "click", {});

  /** Types into it, as a keyboard does. */
  type = (xpath, text) => this.#touch(xpath, "value", { text });

  /** Does something to an element once nothing loads that could move it, and again to what is in its place where it was drawn anew. */
  async #touch(xpath, how, what) {
    const touched = async () => {
      await this.shows([]);
      const element = await this.find(xpath);
      try {
        await this.#ask("POST", `${this.#session}/element/${element}/${how}`, what);
        return true;
      } catch (error) {
        if (/stale element/.test(error.message)) return false;
        throw error;
      }
    };
    await eventually(touched, { what: `${xpath} to be touched`, ms: PATIENCE, every: 50 });
  }

  /** Waits until the window shows each of these texts, and does not wait for anything itself. */
  async shows(texts) {
    let shown = "";
    const look = async () => {
      shown = await this.evaluate("return document.body.innerText");
      return texts.every((text) => shown.includes(text)) && !/Loading…|Checking…/.test(shown);
    };
    await eventually(look, { what: () => `${texts} in the window, which shows\n${shown}`, ms: PATIENCE, every: 50 });
  }

  /** Notes from now on what the page complains of. */
  async listen() {
    await this.find("//nav");
    await this.evaluate(`
      const complaints = (window.complaints = []);
      addEventListener("error", (event) => complaints.push("error: " + event.message));
      addEventListener("unhandledrejection", (event) => complaints.push("rejected: " + event.reason));
      addEventListener("securitypolicyviolation", (event) => complaints.push("policy: " + event.effectiveDirective));
      const error = console.error;
      console.error = (...words) => (complaints.push(words.join(" ")), error(...words));`);
  }

  /** What it complained of so far, and where it went beside its own service, since it was loaded. */
  complaints = () =>
    this.evaluate(`
      const elsewhere = performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => !name.startsWith(location.origin + "/"));
      return [...window.complaints, ...elsewhere];`);

  /** Keeps a picture of what the window shows. */
  async picture(name) {
    fs.mkdirSync(SHOTS, { recursive: true });
    fs.writeFileSync(path.join(SHOTS, `${name}.png`), Buffer.from(await this.#ask("GET", `${this.#session}/screenshot`), "base64"));
  }
}
