// What is kept of a change beside its subject, in words.

import { json } from "./decision.ts";
import { money } from "./format.ts";

/** `period daily, cap $7.50`; `name *opus*, target a/b`. */
export function details(kept: string | null): string {
  const told = json(kept);
  if (typeof told !== "object" || told === null) return "";
  return Object.entries(told).map(([name, value]) => pair(name, value)).join(", ");
}

function pair(name: string, value: unknown): string {
  if (name.endsWith("_nanos") && typeof value === "number") return `${name.slice(0, -"_nanos".length)} ${money(value)}`;
  if (name === "values" && Array.isArray(value)) return value.map(entry).join(", ");
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return Object.entries(value).map(([inner, of]) => pair(inner, of)).join(", ");
  return `${name.replaceAll("_", " ")} ${Array.isArray(value) ? value.map(String).join(" ") : String(value)}`;
}

/** One value of a map or a rule, which is JSON in JSON. */
function entry(value: unknown): string {
  const { name = "", json: text = "" } = (value ?? {}) as { name?: string; json?: string };
  const said = json(text);
  return `${name} ${Array.isArray(said) ? said.map(String).join(" ") : String(said ?? text)}`;
}
