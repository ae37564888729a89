// A program that a test started: its lines, its end, and the promise that it does not outlive the test.

import { spawn } from "node:child_process";
import { once } from "node:events";
import readline from "node:readline";

import { within } from "./deadline.js";

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
// A run that is broken off ends through "exit" too, and with it what it started.
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

export class Program {
  #child;
  #lines = [];
  #watchers = new Set();

  /** Starts it with `env` as its whole environment. `input`: its standard input is written to by {@link say}. */
  constructor(name, file, args, { env, cwd, input = false }) {
    this.name = name;
    this.errors = ""; // all it said on standard error
    this.#child = spawn(file, args, { env, cwd, stdio: [input ? "pipe" : "ignore", "pipe", "pipe"] });
    running.add(this.#child);
    this.#child.stderr.setEncoding("utf8").on("data", (text) => (this.errors += text));
    readline.createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.#lines.push(line);
      this.#watchers.forEach((watch) => watch());
    });
    this.ended = once(this.#child, "close").then(([code, signal]) => {
      running.delete(this.#child);
      this.#watchers.forEach((watch) => watch());
      return signal ?? code;
    });
  }

  get pid() {
    return this.#child.pid;
  }

  get isRunning() {
    return running.has(this.#child);
  }

  /** The first line of standard output for which `pick` gives something: what it gave. */
  async line(pick, what, ms = 20_000) {
    let watch;
    const seen = new Promise((resolve, reject) => {
      watch = () => {
        const found = this.#lines.map(pick).find(Boolean);
        if (found) resolve(found);
        else if (!this.isRunning) reject(new Error(`${this.name} ended without ${what}:\n${this.errors}`));
      };
      this.#watchers.add(watch);
      watch();
    });
    try {
      return await within(seen, ms, () => `${what} from ${this.name}; it said:\n${this.#lines.join("\n")}\n${this.errors}`);
    } finally {
      this.#watchers.delete(watch);
    }
  }

  /** All lines of standard output so far. */
  get lines() {
    return [...this.#lines];
  }

  /** Writes a line to its standard input. */
  say = (line) => this.#child.stdin.write(`${line}\n`);

  /** How many lines of standard output fit so far. */
  count = (pattern) => this.#lines.filter((line) => pattern.test(line)).length;

  /** Asks it to end (SIGTERM) and waits until it has; a program that does not end is an error. */
  async stop() {
    this.#child.kill("SIGTERM");
    try {
      return await within(this.ended, 15_000, `${this.name} to end after SIGTERM`);
    } catch (late) {
      await this.kill();
      throw late;
    }
  }

  /** `kill -9`: no chance to tidy up. */
  async kill() {
    this.#child.kill("SIGKILL");
    return this.ended;
  }
}

/** Runs a program to its end: `{code, stdout, stderr}`. `input` is its standard input, else empty. */
export async function run(file, args, { env, cwd, input = "", ms = 60_000 }) {
  const child = spawn(file, args, { env, cwd, stdio: ["pipe", "pipe", "pipe"] });
  running.add(child);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  child.stdin.on("error", () => {}); // it may end without having read its input
  child.stdin.end(input);
  try {
    const [code, signal] = await within(once(child, "close"), ms, () => `${file} to end; it said:\n${stdout}\n${stderr}`);
    return { code: signal ?? code, stdout, stderr };
  } finally {
    child.kill("SIGKILL");
    running.delete(child);
  }
}
