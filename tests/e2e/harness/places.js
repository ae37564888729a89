// Where things are: the binaries under test, the client, Python with its SDK.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const TOP = path.resolve(import.meta.dirname, "../../..");
const E2E = path.resolve(import.meta.dirname, "..");

function existing(file, remedy) {
  if (!fs.existsSync(file)) throw new Error(`${file} is not there: ${remedy}`);
  return file;
}

/** The service and command line under test. */
export const turnpikeBinary = () =>
  existing(process.env.TURNPIKE_BIN ?? path.join(TOP, "target/debug/turnpike"), "run: make build");

/** The simulated OpenRouter. */
export const simulatorBinary = () =>
  existing(process.env.TURNPIKE_SIM_BIN ?? path.join(TOP, "target/debug/turnpike-sim"), "run: make build");

/** Claude Code, pinned in package.json. */
export const claudeBinary = () => existing(path.join(E2E, "node_modules/.bin/claude"), "run: make e2e-setup");

/** Claude Flow, pinned in claude-flow/package.json. */
export const claudeFlowBinary = () =>
  existing(path.join(E2E, "claude-flow/node_modules/.bin/claude-flow"), "run: make e2e-setup");

/** A Python that has what requirements.txt pins. */
export const python = () => existing(path.join(TOP, "target/e2e-venv/bin/python"), "run: make e2e-setup");

/** What a file holds, or nothing where it has gone meanwhile: what runs writes its files anew. */
export function readIfThere(file) {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
}

/** A new empty folder that goes when the test ends. */
export function freshFolder(t, name) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `turnpike-e2e-${name}-`));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  return fs.realpathSync(folder);
}

/** The least environment that programs need; nothing of the machine's own gets in. */
export const emptyEnvironment = (home) => ({ HOME: home, PATH: process.env.PATH, LANG: "C.UTF-8" });
