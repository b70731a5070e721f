/** What a wall knows: each class as of its newest version, folded from the socket's messages. */

import type { Row, Since, ToWall } from "./protocol.gen";

export interface ClassRows {
  since: Since;
  asOfMs: number;
  rows: Map<number, Row>;
}

/** False where a version is missing: the page must ask for the class anew. */
export function fold(known: Map<string, ClassRows>, message: ToWall): boolean {
  if (message.type === "wall_class") {
    const since = { board: message.board, version: message.version };
    known.set(message.class_id, { since, asOfMs: message.as_of_ms, rows: new Map(message.rows.map((row) => [row.n, row])) });
    return true;
  }
  if (message.type !== "wall_delta") return true;
  const one = known.get(message.class_id);
  if (one === undefined || one.since.board !== message.board || one.since.version + 1 !== message.version) return false;
  one.since = { board: message.board, version: message.version };
  one.asOfMs = message.as_of_ms;
  for (const row of message.rows) one.rows.set(row.n, row);
  for (const [n, asOf, position, held, notCounted] of message.ticks) {
    const row = one.rows.get(n);
    if (row === undefined) continue;
    one.rows.set(n, { ...row, as_of_ms: asOf, position_ms: position, held_ms: held, not_counted_ms: notCounted });
  }
  return true;
}

export type Urgency = "red" | "amber" | "plain" | "grey";

/** Who needs a look first: a wrong or failed face, then what was missed or can't be vouched for; who is offline comes last. */
export function urgency(row: Row): Urgency {
  if (row.reason === "CHECK_FAILED" || row.reason === "VERIFICATION_FAILED") return "red";
  if (row.stale_since_ms !== null) return "amber";
  if (row.phase === "signed_out" && ["CHECK_MISSED", "IDLE", "TAKEN_OVER"].includes(row.reason ?? "")) return "amber";
  if (!row.connected) return "grey";
  if (row.phase === "paused" && ["SYSTEM_ERROR", "PROVIDER_DOWN", "PAUSED_BY_STAFF", "SUSPENDED"].includes(row.reason ?? "")) return "amber";
  return "plain";
}

const ORDER: Record<Urgency, number> = { red: 0, amber: 1, plain: 2, grey: 3 };

/** The order of the list; of the same urgency whoever changed last comes first. */
export function byNeed(one: Row, other: Row): number {
  return ORDER[urgency(one)] - ORDER[urgency(other)] || (other.since_ms ?? 0) - (one.since_ms ?? 0) || one.n - other.n;
}
