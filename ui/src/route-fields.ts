// What can be written in a map or a rule, and how a form shows it.

import type { Route, RouteList, RouteValue } from "./api/types.ts";

export type FieldKind = "text" | "slug" | "slugs" | "list" | "number" | "switch" | "choice";

export interface Field {
  /** Its place in the map or rule, as `params.temperature`. */
  name: string;
  kind: FieldKind;
  choices?: readonly string[];
}

export interface FieldGroup {
  id: "when" | "to" | "params" | "provider" | "more";
  fields: readonly Field[];
}

const field = (kind: FieldKind) => (name: string): Field => ({ name, kind });
const choice = (name: string, ...choices: string[]): Field => ({ name, kind: "choice", choices });
const numbers = (...names: string[]) => names.map(field("number"));
const switches = (...names: string[]) => names.map(field("switch"));
const texts = (...names: string[]) => names.map(field("text"));
const lists = (...names: string[]) => names.map(field("list"));

export const CLASSES = ["main", "subagent", "workflow", "compaction", "auxiliary", "side_reply", "safety_check"] as const;

const WHEN: FieldGroup = {
  id: "when",
  fields: [
    choice("when.class", ...CLASSES),
    ...texts("when.model", "when.agent_type", "when.project"),
    ...numbers("when.min_tokens"),
    ...switches("when.has_image", "when.thinking", "when.web_search"),
    ...texts("when.client"),
  ],
};

const SHARED: readonly FieldGroup[] = [
  {
    id: "params",
    fields: [
      choice("params.effort", "none", "minimal", "low", "medium", "high", "xhigh", "max"),
      ...numbers("params.reasoning_max_tokens", "params.max_tokens", "params.temperature", "params.top_p", "params.top_k", "params.min_p", "params.top_a"),
      ...numbers("params.frequency_penalty", "params.presence_penalty", "params.repetition_penalty", "params.seed"),
      choice("params.verbosity", "low", "medium", "high", "xhigh", "max"),
    ],
  },
  {
    id: "provider",
    fields: [
      choice("provider.sort", "price", "throughput", "latency", "exacto"),
      ...lists("provider.order", "provider.only", "provider.ignore", "provider.quantizations"),
      choice("provider.data_collection", "allow", "deny"),
      ...switches("provider.zdr", "provider.allow_fallbacks", "provider.require_parameters"),
      ...numbers("provider.max_price.prompt", "provider.max_price.completion"),
    ],
  },
  {
    id: "more",
    fields: [choice("mode", "auto", "translate", "native"), ...switches("cache"), ...numbers("timeout_seconds", "price.prompt", "price.completion")],
  },
];

const TO: FieldGroup = { id: "to", fields: [field("slug")("target"), field("slugs")("fallback")] };

/** The form of a map or of a rule, group by group. */
export const groups = (list: RouteList): readonly FieldGroup[] =>
  list === "map" ? [{ id: "to", fields: [field("text")("name"), ...TO.fields] }, ...SHARED] : [{ ...WHEN, fields: [field("text")("name"), ...WHEN.fields] }, TO, ...SHARED];

/** A value as JSON says it; null when it is none. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return null;
  }
}

/** A value as a form's field shows it. */
export function shown(json: string): string {
  const value = parsed(json);
  if (Array.isArray(value)) return value.map(String).join(", ");
  return typeof value === "string" ? value : json;
}

/** What stands between the commas. */
export const listed = (text: string | undefined): string[] => (text ?? "").split(",").map((item) => item.trim()).filter(Boolean);

/** The same list with one item at another place; the very same where there is no such place. */
export function moved<T>(list: readonly T[], from: number, to: number): readonly T[] {
  const item = list[from];
  if (item === undefined || from === to || to < 0 || to >= list.length) return list;
  const others = list.filter((_, n) => n !== from);
  return [...others.slice(0, to), item, ...others.slice(to)];
}

/** What a person typed, as JSON; null for nothing. What is no number goes as text: the service says what it must be. */
export function typed(field: Field, text: string): string | null {
  const told = text.trim();
  if (told === "") return null;
  switch (field.kind) {
    case "number":
      return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(told) ? told : JSON.stringify(told);
    case "switch":
      return told;
    case "list":
    case "slugs":
      return JSON.stringify(listed(told));
    default:
      return JSON.stringify(told);
  }
}

/** The values of a form: what it shows is as it was typed, what it does not show stays as it was. */
export function values(list: RouteList, before: readonly RouteValue[], texts: Readonly<Record<string, string>>): RouteValue[] {
  const fields = groups(list).flatMap((group) => group.fields);
  const known = new Set(fields.map((field) => field.name));
  const kept = before.filter((value) => !known.has(value.name));
  const told = fields.flatMap((field) => {
    const text = texts[field.name] ?? "";
    const old = before.find((value) => value.name === field.name);
    // What nobody has touched is sent as it came.
    const json = old && shown(old.json) === text ? old.json : typed(field, text);
    return json === null ? [] : [{ name: field.name, json }];
  });
  return [...told, ...kept];
}

/** One value of a route in plain words; empty when it is not there. */
export function text(route: Route, name: string): string {
  const value = route.values.find((value) => value.name === name);
  return value ? shown(value.json) : "";
}

/** Slugs of a route's fallback, in order. */
export function fallback(route: Route): string[] {
  const value = parsed(route.values.find((value) => value.name === "fallback")?.json ?? "[]");
  return Array.isArray(value) ? value.map(String) : [];
}

/** What else is asked of the target, in few words: `temperature 0.2`, `sort price`. */
export function extras(route: Route): string[] {
  const plain = new Set(["name", "target", "fallback", "preset"]);
  const told = route.values.filter((value) => !plain.has(value.name) && !value.name.startsWith("when."));
  return told.map((value) => `${value.name.replace(/^(?:params|provider)\./, "").replaceAll(/[._]/g, " ")} ${shown(value.json)}`);
}

/** What else is asked of the target in one group of the form, each value by its name. */
export function asked(route: Route, group: FieldGroup["id"]): [string, string][] {
  const fields = SHARED.find(({ id }) => id === group)?.fields ?? [];
  const isIn = (name: string) => fields.some((field) => field.name === name) || (group !== "more" && name.startsWith(`${group}.`));
  return route.values.filter(({ name }) => isIn(name)).map(({ name, json }) => [name, shown(json)]);
}

/** When a rule decides, in few words: `class main`, `has image`. */
export function conditions(route: Route): string[] {
  const told = route.values.filter((value) => value.name.startsWith("when."));
  return told.map(({ name, json }) => {
    const what = name.slice("when.".length).replaceAll("_", " ");
    if (json === "true") return what;
    return json === "false" ? `not ${what}` : `${what} ${shown(json)}`;
  });
}
