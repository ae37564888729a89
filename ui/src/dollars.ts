// Dollars as people type them, in whole nano-dollars and back, without a float in between.

/** Nano-dollars of `5`, `12.50`, `$0.5`, `1,000`; NaN for what is no amount. */
export function nanos(text: string): number {
  const match = /^\$?\s*(\d{1,3}(?:,\d{3})+|\d{1,7})(?:\.(\d{0,9}))?$/.exec(text.trim());
  if (!match) return Number.NaN;
  const whole = Number((match[1] ?? "").replaceAll(",", ""));
  return whole * 1_000_000_000 + Number((match[2] ?? "").padEnd(9, "0"));
}

/** As one would type it: `5`, `12.5`, `0.000001`. */
export function dollars(nano: number): string {
  const whole = Math.floor(nano / 1_000_000_000);
  const rest = String(nano % 1_000_000_000).padStart(9, "0").replace(/0+$/, "");
  return rest ? `${whole}.${rest.padEnd(2, "0")}` : String(whole);
}
