// Runs a program under valgrind's callgrind and reads what it counted.

import fs from "node:fs";
import path from "node:path";

import { run } from "../e2e/harness/program.js";

/** Calls that take memory, as our own code makes them. */
const ALLOCATIONS = /^(malloc|calloc|realloc|posix_memalign|aligned_alloc)$/;
/** Which of these functions runs is chosen by the processor's features. */
const BY_PROCESSOR = /^memchr::/;

/**
 * Instructions and allocations of doing `name` so often, beyond those of doing it once less: what comes before does not
 * count, nor what only the first time takes. Only the program's own instructions do, since those of the system's
 * libraries are other ones on another system.
 */
export async function count(program, name, times, folder) {
  const [once, all] = [await callgrind(program, [name, "1"], folder), await callgrind(program, [name, String(times + 1)], folder)];
  const { given, made } = all;
  return { given, made, instructions: all.instructions - once.instructions, allocations: all.allocations - once.allocations };
}

async function callgrind(program, args, folder) {
  const out = path.join(folder, `callgrind-${args.join("-")}.out`);
  const valgrind = ["--tool=callgrind", "--collect-atstart=no", "--toggle-collect=counted::measured*", `--callgrind-out-file=${out}`];
  const env = { PATH: process.env.PATH, LANG: "C.UTF-8" };
  const { code, stdout, stderr } = await run("valgrind", [...valgrind, program, ...args], { env, ms: 120_000 });
  if (code !== 0) throw new Error(`valgrind ended with ${code}: ${stderr}`);
  return { ...JSON.parse(stdout), ...read(fs.readFileSync(out, "utf8"), program) };
}

/** Sums up a file in callgrind's format: https://valgrind.org/docs/manual/cl-format.html */
export function read(text, program) {
  const names = new Map();
  // "(3) name" gives the name that "(3)" stands for from there on; objects and functions have numbers of their own.
  const named = (kind, value) => {
    const [, number, name] = /^(\(\d+\)) ?(.*)$/.exec(value) ?? [];
    const key = kind + number;
    if (name) names.set(key, name);
    return names.get(key) ?? value;
  };
  let [object, name, callee] = ["", "", ""];
  let isCall = false;
  const counts = { instructions: 0, allocations: 0 };
  for (const line of text.split("\n")) {
    const [, key, value] = /^([a-z]+)=(.*)$/.exec(line) ?? [];
    if (key === "ob") object = named("object", value);
    else if (key === "cob") named("object", value);
    else if (key === "fn") name = named("function", value);
    else if (key === "cfn") callee = named("function", value);
    else if (key === "calls") {
      // The line after it tells what the called function took, which is counted where it stands itself.
      isCall = true;
      if (object === program && ALLOCATIONS.test(callee)) counts.allocations += Number(value.split(" ")[0]);
    } else if (/^[0-9+*-]/.test(line)) {
      const isOwn = object === program && !BY_PROCESSOR.test(name);
      if (isOwn && !isCall) counts.instructions += Number(line.split(" ")[1]);
      isCall = false;
    }
  }
  return counts;
}
