#!/usr/bin/env node
// Checks that every test named in tests/HOLDS.md and tests/FAULTS.md ran and passed, by the reports that `make test` left in target/.
// (That each of them exists at all is checked by the structure test, without running anything.)

import fs from "node:fs";
import path from "node:path";

const TOP = path.resolve(import.meta.dirname, "..");
const read = (file) => fs.readFileSync(path.join(TOP, file), "utf8");
const isThere = (file) => fs.existsSync(path.join(TOP, file));

const JUNIT = { unit: "target/nextest/ci/junit.xml", recordings: "target/nextest/recordings/junit.xml" };
const E2E = "target/e2e-report.jsonl";
const UI = "target/ui-report.jsonl";
const DESKTOP = "target/desktop-report.jsonl";
const PACKAGE = "target/package-report.jsonl";
const COUNTS = "target/counts-report.jsonl";
const FUZZ = "target/fuzz-report.jsonl";

const TABLES = ["tests/HOLDS.md", "tests/FAULTS.md"];

/** "place test" of every list line of the tables that names one, each once. */
function named() {
  const lines = TABLES.flatMap((table) => read(table).split("\n"));
  return [...new Set(lines.flatMap((line) => /^\s*- `([^` ]+ [^`]+)`/.exec(line)?.[1] ?? []))];
}

const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const decode = (text) => text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name) => ENTITIES[name]);

/** The tests in one of nextest's reports: name → whether it passed. */
function fromJunit(file) {
  const cases = read(file).matchAll(/<testcase name="([^"]*)" classname="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g);
  const passed = (inside) => !/<(failure|error|skipped)\b/.test(inside ?? "");
  return [...cases].map(([, name, place, inside]) => [`${decode(place)} ${decode(name)}`, passed(inside)]);
}

function fromE2e(file) {
  const rows = read(file).trim().split("\n").map((line) => JSON.parse(line));
  return rows.map((row) => [`${row.file} ${row.name}`, row.passed]);
}

function fromFuzz(file) {
  const rows = read(file).trim().split("\n").map((line) => JSON.parse(line));
  return rows.map((row) => [`fuzz ${row.target}`, row.passed]);
}

function main() {
  for (const file of [JUNIT.unit, E2E, UI, DESKTOP, PACKAGE, COUNTS, FUZZ]) {
    if (!isThere(file)) throw new Error(`${file} is not there: run "make test", which runs the tests first`);
  }
  const withRecordings = isThere(JUNIT.recordings);
  const ran = new Map([
    ...fromJunit(JUNIT.unit),
    ...(withRecordings ? fromJunit(JUNIT.recordings) : []),
    ...fromE2e(E2E),
    ...fromE2e(UI),
    ...fromE2e(DESKTOP),
    ...fromE2e(PACKAGE),
    ...fromE2e(COUNTS),
    ...fromFuzz(FUZZ),
  ]);
  const needsRecordings = (test) => test.split(/ |::/).at(-1).startsWith("recorded_");
  const waiting = withRecordings ? [] : named().filter(needsRecordings);
  const wrong = named()
    .filter((test) => !waiting.includes(test) && ran.get(test) !== true)
    .map((test) => `${ran.has(test) ? "did not pass" : "did not run"}: ${test}`);
  if (wrong.length > 0) throw new Error(`of the tests that ${TABLES.join(" and ")} name:\n  ${wrong.join("\n  ")}`);
  console.log(`holds: all ${named().length - waiting.length} tests that ${TABLES.join(" and ")} name ran and passed`);
  if (waiting.length > 0) console.log(`holds: ${waiting.length} more need the recordings, which are not here`);
}

try {
  main();
} catch (error) {
  console.error(`check-holds: ${error.message}`);
  process.exitCode = 1;
}
