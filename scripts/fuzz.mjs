#!/usr/bin/env node
// Runs every fuzz target for a while: `node scripts/fuzz.mjs SECONDS [TARGET…]`. Built with the stable toolchain, whose
// unstable options (coverage, address sanitizer) RUSTC_BOOTSTRAP allows, so that nobody needs a second one.
// A line for each target goes to target/fuzz-report.jsonl, which scripts/check-holds.mjs reads.

import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const TOP = path.resolve(import.meta.dirname, "..");
const BUILT = path.join(TOP, "target/fuzz");
const REPORT = path.join(TOP, "target/fuzz-report.jsonl");
const PAIRS = path.join(TOP, "crates/translate/tests/requests");
const ALL = fs.readdirSync(path.join(TOP, "fuzz/fuzz_targets")).map((file) => path.basename(file, ".rs")).sort();

/** Inputs longer than this find nothing that shorter ones do not. */
const LONGEST = 8192;
/** An input that takes so many seconds is a finding of its own; a busy machine must not make one. */
const SLOWEST = 60;

function build() {
  const host = /^host: (.+)$/m.exec(execFileSync("rustc", ["-vV"], { encoding: "utf8" }))[1];
  const env = { ...process.env, RUSTC_BOOTSTRAP: "1", CARGO_TARGET_DIR: BUILT };
  execFileSync("cargo", ["fuzz", "build", "--target", host], { cwd: path.join(TOP, "fuzz"), env, stdio: "inherit" });
  return path.join(BUILT, host, "release");
}

/** The requests of the golden pairs are the best seeds there are: `prefix` and each of them, as files of a folder. */
function requestSeeds(target, prefix) {
  const folder = path.join(BUILT, "seeds", target);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  for (const file of fs.readdirSync(PAIRS).filter((name) => name.endsWith(".in.json"))) {
    const { request } = JSON.parse(fs.readFileSync(path.join(PAIRS, file), "utf8"));
    fs.writeFileSync(path.join(folder, file), prefix + JSON.stringify(request));
  }
  return folder;
}

function seedFolders(target) {
  const own = path.join(TOP, "fuzz/seeds", target);
  const folders = fs.existsSync(own) ? [own] : [];
  if (target === "request_translation") folders.push(requestSeeds(target, ""));
  if (target === "native_mode") folders.push(requestSeeds(target, "0"));
  return folders;
}

/** One target for so many seconds: its row of the report. What it learns is kept for the next run. */
async function fuzz(binaries, target, seconds) {
  const learnt = path.join(BUILT, "learnt", target);
  const findings = path.join(BUILT, "findings", target);
  for (const folder of [learnt, findings]) fs.mkdirSync(folder, { recursive: true });
  const options = {
    max_total_time: seconds, max_len: LONGEST, timeout: SLOWEST, rss_limit_mb: 2048, detect_leaks: 0, print_final_stats: 1,
    artifact_prefix: `${findings}/`, dict: path.join(TOP, "fuzz/json.dict"),
  };
  const args = [learnt, ...seedFolders(target), ...Object.entries(options).map(([name, value]) => `-${name}=${value}`)];
  const env = { PATH: process.env.PATH, ASAN_OPTIONS: "detect_leaks=0" };
  const child = spawn(path.join(binaries, target), args, { env, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (said = (said + text).slice(-20_000)));
  // Reading the seeds comes before the time is looked at; a target that does not end by itself is ended.
  const late = setTimeout(() => child.kill("SIGKILL"), (seconds * 2 + 120) * 1000);
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on("error", reject).on("close", (...end) => resolve(end));
  });
  clearTimeout(late);
  const runs = Number(/^stat::number_of_executed_units:\s*(\d+)/m.exec(said)?.[1] ?? 0);
  const passed = code === 0 && runs > 0;
  console.log(`fuzz ${target}: ${runs} inputs in ${seconds} s: ${passed ? "no finding" : `A FINDING (${signal ?? code})`}`);
  const last = said.split("\n").filter((line) => !/^#\d+\s/.test(line)).join("\n");
  if (!passed) console.error(`${last}\nfuzz ${target}: the input is in ${findings}; turn it into a test of the crate that it broke.`);
  return { target, seconds, runs, passed };
}

async function main() {
  const seconds = Number(process.argv[2]);
  const targets = process.argv.length > 3 ? process.argv.slice(3) : ALL;
  if (!(seconds > 0) || !targets.every((target) => ALL.includes(target))) {
    throw new Error(`usage: fuzz.mjs SECONDS [TARGET…], with targets of ${ALL.join(", ")}`);
  }
  fs.rmSync(REPORT, { force: true });
  const binaries = build();
  const waiting = [...targets];
  const rows = [];
  const work = async () => {
    for (let target = waiting.shift(); target; target = waiting.shift()) rows.push(await fuzz(binaries, target, seconds));
  };
  const sideBySide = Number(process.env.FUZZ_JOBS ?? Math.min(2, os.availableParallelism()));
  await Promise.all(Array.from({ length: sideBySide }, work));
  fs.writeFileSync(REPORT, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  if (!rows.every((row) => row.passed)) throw new Error("there are findings, see above");
}

try {
  await main();
} catch (error) {
  console.error(`fuzz: ${error.message}`);
  process.exitCode = 1;
}
