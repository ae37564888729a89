// What was told, beside what holds just now.

/** Whether what was told says what holds now. It may say more: which model answers instead. */
const isOf = (said: string, now: string) => said === now || said.startsWith(`${now};`);

/** What holds now and is not among what is shown of what was told. */
export function standing(holding: readonly string[], shown: readonly { text: string }[]): string[] {
  return holding.filter((now) => !shown.some((notice) => isOf(notice.text, now)));
}

/** Whether what was told at that place still holds. Of what was told twice, the newest alone. */
export function holds(holding: readonly string[], told: readonly { text: string }[], at: number): boolean {
  return holding.some((now) => told.findIndex((notice) => isOf(notice.text, now)) === at);
}
