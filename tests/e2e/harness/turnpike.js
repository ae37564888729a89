// Turnpike as a user runs it: the service on a data folder of its own, and the command line beside it.

import fs from "node:fs";
import path from "node:path";

import { eventually } from "./deadline.js";
import { emptyEnvironment, freshFolder, turnpikeBinary } from "./places.js";
import { Program, run } from "./program.js";

/** Made up, and shaped like a key of OpenRouter. */
export const UPSTREAM_KEY = "sk-or-v1-test0000000000000000000000000000000000000000000000000000000";

/** Every model name goes to the simulator's model `target`. */
export const mapAll = (target) => `[[map]]\nname = "*"\ntarget = "${target}"\n`;

export class Turnpike {
  #program;

  /**
   * A data folder with `config` (text of config.toml) in it; nothing runs yet. `isDefault`: it is the folder that the service takes
   * when nobody names one, of a user with a fresh home. `isInstalled`: a terminal finds the program by its name.
   */
  constructor(t, { upstream, config = "", env = { OPENROUTER_API_KEY: UPSTREAM_KEY }, isDefault = false, isInstalled = true }) {
    this.upstream = upstream;
    const empty = emptyEnvironment(freshFolder(t, "home"));
    const PATH = isInstalled ? `${path.dirname(turnpikeBinary())}:${empty.PATH}` : empty.PATH;
    this.env = { ...empty, PATH, ...env };
    this.dataDir = isDefault ? path.join(this.env.HOME, ".local/share/turnpike") : freshFolder(t, "data");
    fs.mkdirSync(this.dataDir, { recursive: true });
    if (config) fs.writeFileSync(path.join(this.dataDir, "config.toml"), config);
  }

  /** Starts the service, on a free port if none is given, and waits until it listens. */
  async start({ port = 0, control } = {}) {
    const args = ["serve", "--listen", `127.0.0.1:${port}`, "--upstream", this.upstream, "--data-dir", this.dataDir];
    if (control) args.push("--control-listen", control);
    this.#program = new Program("turnpike", turnpikeBinary(), args, { env: this.env, cwd: this.dataDir });
    this.url = await this.#program.line(
      (line) => /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1],
      "a line that says where it listens",
    );
    this.control = JSON.parse(fs.readFileSync(path.join(this.dataDir, "control.json"), "utf8")).address;
    this.token ??= (await this.cli("token")).stdout.trim();
  }

  get pid() {
    return this.#program.pid;
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  /** All that the service printed as its log. */
  get log() {
    return this.#program.errors;
  }

  /** Runs `turnpike …args` on the same data folder: `{code, stdout, stderr}`. */
  cli(...args) {
    const env = { ...this.env, TURNPIKE_DATA_DIR: this.dataDir };
    return run(turnpikeBinary(), args, { env, cwd: this.dataDir, ms: 30_000 });
  }

  /** A request to the data plane, with the local token unless `headers` say otherwise. */
  ask(pathname, { method = "POST", headers = {}, body, signal } = {}) {
    const all = { authorization: `Bearer ${this.token}`, "content-type": "application/json", ...headers };
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    return fetch(this.url + pathname, { method, headers: all, body: text, signal });
  }

  /** A plain Messages request. */
  messages(body, options = {}) {
    const whole = { max_tokens: 100, messages: [{ role: "user", content: "Hello" }], ...body };
    return this.ask("/v1/messages", { ...options, body: whole });
  }

  /** The ledger's rows, oldest first, read from its file as any SQLite tool reads it; only those after row `after`. */
  async ledger({ after = 0 } = {}) {
    const file = path.join(this.dataDir, "ledger.sqlite");
    const args = ["-readonly", "-json", file, `SELECT * FROM request WHERE id > ${after} ORDER BY id`];
    const { code, stdout, stderr } = await run("sqlite3", args, { env: this.env });
    if (code !== 0) throw new Error(`sqlite3 ${file}: ${code}\n${stderr}`);
    return stdout.trim() ? JSON.parse(stdout) : [];
  }

  /** The ledger's rows once they are at least `count` and none of them is open. */
  settledLedger(count) {
    const settled = async () => {
      const rows = await this.ledger();
      return rows.length >= count && rows.every((row) => row.status !== "open") && rows;
    };
    return eventually(settled, { what: `${count} settled rows` });
  }

  stop = () => this.#program?.isRunning && this.#program.stop();

  kill = () => this.#program.kill();
}
