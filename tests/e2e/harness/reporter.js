// A line of JSON for each test that ended; scripts/check-holds reads them.

import path from "node:path";

const TOP = path.resolve(import.meta.dirname, "../../..");

export default async function* report(events) {
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (!data.file || data.name === data.file || path.resolve(data.name) === data.file) continue; // the file as a whole
    const file = path.relative(TOP, data.file);
    const skipped = data.skip !== undefined || data.todo !== undefined;
    yield `${JSON.stringify({ file, name: data.name, passed: type === "test:pass" && !skipped })}\n`;
  }
}
