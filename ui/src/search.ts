// Models of the catalogue: by words, by what they must be able to do, and in which order.

import type { Model } from "./api/types.ts";

export interface Wanted {
  words: string;
  isFree: boolean;
  /** Abilities that it must have. */
  abilities: readonly string[];
  sort: Sort;
}

export const SORTS = ["name", "price", "week", "window", "latency"] as const;
export type Sort = (typeof SORTS)[number];

/** Those that have all words in slug, name or abilities, in the order asked for; what is not known comes last. */
export function found(models: readonly Model[], wanted: Wanted): Model[] {
  const words = wanted.words.toLowerCase().split(/\s+/).filter(Boolean);
  const fit = models.filter((model) => {
    if (wanted.isFree && !model.is_free) return false;
    if (!wanted.abilities.every((ability) => model.abilities.includes(ability))) return false;
    const text = `${model.slug} ${model.name} ${model.abilities.join(" ")}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const figure = FIGURES[wanted.sort];
  return figure === null ? fit : fit.toSorted((a, b) => (figure(a) ?? Infinity) - (figure(b) ?? Infinity));
}

const FIGURES: Record<Sort, ((model: Model) => number | null) | null> = {
  name: null,
  price: (model) => model.output_nanos_per_million,
  week: (model) => model.last_week_nanos,
  window: (model) => (model.window === null ? null : -model.window),
  latency: (model) => model.first_token_ms,
};
