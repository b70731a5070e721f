/** The letters of 2.2.2 (regulation.md 1.3) beside the reasons why a second isn't counted. */

const LETTERS: Record<string, string> = {
  BROWSING: "a",
  ONLINE_TESTING: "a",
  VERIFICATION_FAILED: "b",
  VERIFICATION_MISSED: "b",
  INTERACTION_TIMEOUT: "c",
  DAILY_LIMIT: "d",
  TEST_INCOMPLETE: "e",
};

/** The letter of 2.2.2, or null where the reason is technical. */
export function letterOf(reason: string): string | null {
  return LETTERS[reason] ?? null;
}
