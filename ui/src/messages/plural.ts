// A count with its word.

export const plural = (count: number, one: string, more: string): string => `${count.toLocaleString("en-US")} ${count === 1 ? one : more}`;
