// Names of models as people call them.

/** A slug without its author. */
export function shortName(slug: string): string {
  return slug.split("/").at(-1) ?? slug;
}
