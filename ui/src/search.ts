// Models of the catalogue by words.

import type { Model } from "./api/types.ts";

/** Those that have all words in slug, name or abilities; free ones alone where that is asked for. */
export function found(models: readonly Model[], words: string, isFree: boolean): Model[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return models.filter((model) => {
    if (isFree && !model.is_free) return false;
    const text = `${model.slug} ${model.name} ${model.abilities.join(" ")}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
