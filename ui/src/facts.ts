// Facts of requests in the address: `#/spend?model=z-ai/glm-5.2&project=-`.

import type { Fact } from "./api/types.ts";

/** The facts one can narrow by, as the service names them. */
export const FACTS = ["model", "project", "branch", "session", "agent", "class", "client", "provider"] as const;

/** Stands for requests that do not tell the fact. */
const NOT_TOLD = "-";

/** The facts that an address names. */
export function read(query: Readonly<Record<string, string>>): Fact[] {
  return FACTS.flatMap((by) => {
    const text = query[by];
    return text === undefined || text === "" ? [] : [{ by, is: text === NOT_TOLD ? "" : text }];
  });
}

/** A fact's text as the address has it. */
export const write = (key: string | null): string => (key === null || key === "" ? NOT_TOLD : key);

/** Facts as parts of an address. */
export function query(facts: readonly Fact[]): Record<string, string> {
  return Object.fromEntries(facts.map((fact) => [fact.by, write(fact.is)]));
}
