// Which model answers Claude's own names: the maps in their order, as the service reads them.

import type { MapEntry } from "./api/types.ts";

export interface Role {
  /** `opus`, `sonnet`, `haiku`. */
  id: string;
  /** A name by which Claude Code asks. */
  example: string;
  /** The map that the page writes for it. */
  pattern: string;
  /** Where it goes when no map fits, as the service itself decides. */
  fallsTo: string;
}

export const ROLES: readonly Role[] = [
  { id: "opus", example: "claude-opus-5", pattern: "*opus*", fallsTo: "openai/gpt-5.6-terra" },
  { id: "sonnet", example: "claude-sonnet-5", pattern: "*sonnet*", fallsTo: "openai/gpt-5.6-luna" },
  { id: "haiku", example: "claude-haiku-4-5", pattern: "*haiku*", fallsTo: "openai/gpt-5.6-luna" },
];

/** Whether a name fits a pattern in which `*` stands for any signs; letters count without their case. */
export function fits(pattern: string, name: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "is").test(name);
}

/** The first map that fits, if one does. */
export function mapFor(role: Role, maps: readonly MapEntry[]): MapEntry | null {
  return maps.find((map) => fits(map.name, role.example)) ?? null;
}

/** The slug that answers. */
export function answers(role: Role, maps: readonly MapEntry[]): string {
  return mapFor(role, maps)?.target ?? role.fallsTo;
}

/** A slug without its author: what people call a model. */
export function shortName(slug: string): string {
  return slug.split("/").at(-1) ?? slug;
}
