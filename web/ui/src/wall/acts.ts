/** Which acts the side panel offers, under which key and with which reasons; the server decides again. */

import type { Act, ActReason, DoneAct, Look } from "./api";

export const REASONS: Record<Act, ActReason[]> = {
  message: ["CLASS_MATTER", "NOT_ATTENTIVE", "CAMERA", "TECHNICAL", "OTHER"],
  ask_check: ["SOMEONE_ELSE", "SUSPICIOUS", "NOT_ATTENTIVE", "CLASS_MATTER", "OTHER"],
  pause: ["NOT_ATTENTIVE", "SUSPICIOUS", "CAMERA", "TECHNICAL", "LEARNER_ASKED", "CLASS_MATTER", "OTHER"],
  resume: ["MATTER_SETTLED", "BY_MISTAKE", "OTHER"],
  sign_out: ["SOMEONE_ELSE", "SUSPICIOUS", "NOT_ATTENTIVE", "LEARNER_ASKED", "OTHER"],
  block_device: ["SOMEONE_ELSE", "SUSPICIOUS", "OTHER"],
  unblock_device: ["MATTER_SETTLED", "BY_MISTAKE", "OTHER"],
  allow_checks: ["TECHNICAL", "CAMERA", "LEARNER_ASKED", "MATTER_SETTLED", "OTHER"],
  allow_enrolment: ["LEARNER_ASKED", "CAMERA", "TECHNICAL", "MATTER_SETTLED", "OTHER"],
  set_actions: ["LEARNER_ASKED"],
};

/** What takes an act back. */
export const UNDO: Partial<Record<Act, Act>> = { pause: "resume", block_device: "unblock_device" };

export const needsWords = (act: Act, reason: ActReason): boolean => act === "message" || reason === "OTHER";

export const mayAct = (role: string | undefined): boolean => role === "staff" || role === "proctor";

/** The acts that are offered now, in the order of their keys 1 to 6; what follows has none. */
export function offered(role: string | undefined, look: Look | null, acts: DoneAct[]): Act[] {
  if (!mayAct(role)) return [];
  const paused = look?.bars.some((one) => one.bar === "PAUSED_BY_STAFF" && one.to_ms === null) === true;
  const blocked = acts.some((one) => one.act === "block_device" && one.outcome === "DONE" && one.undone_at_ms === null);
  const keyed: Act[] = ["message", "ask_check", paused ? "resume" : "pause", "sign_out", blocked ? "unblock_device" : "block_device", "allow_checks"];
  return role === "staff" ? [...keyed, "allow_enrolment", "set_actions"] : keyed;
}

export type Happened =
  | { at: number; kind: "began" | "bar" | "barEnded"; code: string | null }
  | { at: number; kind: "ended"; code: string | null }
  | { at: number; kind: "check"; code: string; check: Look["checks"][number] };

/** What happened in the hour, the newest first; what began before it isn't news. */
export function happenings(look: Look): Happened[] {
  const all: Happened[] = [];
  for (const one of look.sessions) {
    all.push({ at: one.started_at_ms, kind: "began", code: null });
    if (one.ended_at_ms !== null) all.push({ at: one.ended_at_ms, kind: "ended", code: one.ended_reason });
  }
  for (const one of look.bars) {
    all.push({ at: one.from_ms, kind: "bar", code: one.bar });
    if (one.to_ms !== null) all.push({ at: one.to_ms, kind: "barEnded", code: one.bar });
  }
  for (const check of look.checks) all.push({ at: check.ended_at_ms ?? check.pushed_at_ms, kind: "check", code: check.kind, check });
  return all.filter((one) => one.at >= look.from_ms).sort((one, other) => other.at - one.at);
}
