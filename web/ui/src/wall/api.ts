/** What a wall asks for beside its socket: one learner's last hour, acts, alerts, appeals. */

import { call, type ActionCode, type AlternativeReason, type RecordBar, type RecordInterval, type RequestReason } from "@/api/client";

export const ACTS = [
  "message", "ask_check", "pause", "resume", "sign_out", "block_device", "unblock_device", "allow_checks", "allow_enrolment", "set_actions",
] as const;
export type Act = (typeof ACTS)[number];
export type ActReason =
  | "NOT_ATTENTIVE" | "SOMEONE_ELSE" | "SUSPICIOUS" | "CAMERA" | "TECHNICAL" | "LEARNER_ASKED" | "CLASS_MATTER" | "MATTER_SETTLED" | "BY_MISTAKE"
  | "OTHER";
export const ALERT_OUTCOMES = [
  "SPOKE_WITH_LEARNER", "IDENTITY_CONFIRMED", "NOT_THE_LEARNER", "MEASURES_TAKEN", "TECHNICAL_FAULT", "FALSE_ALARM", "NOTHING_TO_DO",
] as const;
export type AlertOutcome = (typeof ALERT_OUTCOMES)[number];
export const DECISIONS = [
  "IDENTITY_CONFIRMED", "TECHNICAL_FAULT", "PLATFORM_FAULT", "BENEFIT_OF_DOUBT", "NOT_THE_LEARNER", "NO_FAULT_FOUND", "RULES_WERE_FOLLOWED", "OTHER",
] as const;
export type Decision = (typeof DECISIONS)[number];

export interface CheckLook {
  id: string;
  kind: string;
  pushed_at_ms: number;
  ended_at_ms: number | null;
  outcome: string | null;
  reason: string | null;
  tries: number;
  dropped_ms: number;
  picture: boolean;
}

export interface Look {
  learner_id: string;
  display_name: string;
  from_ms: number;
  as_of_ms: number;
  sessions: { id: string; started_at_ms: number; ended_at_ms: number | null; ended_reason: string | null }[];
  intervals: RecordInterval[];
  checks: CheckLook[];
  bars: RecordBar[];
}

export interface DoneAct {
  id: string;
  act: Act;
  reason: ActReason;
  words: string | null;
  by: string;
  at_ms: number;
  outcome: string | null;
  undone_at_ms: number | null;
  seen_at_ms: number | null;
}

export interface DoAct {
  act: Act;
  reason: ActReason;
  words?: string | null;
  not_asked?: ActionCode[];
  not_asked_reason?: AlternativeReason;
}

export interface Alert {
  id: string;
  class_id: string;
  learner_id: string;
  display_name: string;
  kind: string;
  severity: "low" | "medium" | "high" | "critical";
  at_ms: number;
  about: string | null;
  reason: string | null;
  cost_ms: number;
  state: "found" | "handling" | "solved" | "ignored";
  claimed_by_name: string | null;
  mine: boolean;
  closed_by_name: string | null;
  closed_at_ms: number | null;
  outcome: AlertOutcome | null;
}

export const REFUSED_BECAUSE = ["NOT_THE_LEARNER", "NOT_ALONE", "OTHER"] as const;
export type RefusedBecause = (typeof REFUSED_BECAUSE)[number];

export interface Waiting {
  id: string;
  class_id: string;
  learner_id: string;
  display_name: string;
  reason: RequestReason;
  requested_at_ms: number;
  due_at_ms: number | null;
  taken_by_name: string | null;
  mine: boolean;
  check_id: string | null;
}

export interface CalledLearner {
  display_name: string;
  id_masked: string | null;
  portrait: string | null;
}

export interface StaffAppeal {
  id: string;
  class_id: string;
  learner_id: string;
  display_name: string;
  matter: "check" | "session";
  about: string;
  kind: string | null;
  outcome: string;
  outcome_reason: string | null;
  happened_at_ms: number;
  cost_ms: number;
  reason: string;
  words: string | null;
  filed_at_ms: number;
  due_at_ms: number;
  state: "filed" | "proposed" | "granted" | "refused";
  decided_at_ms: number | null;
  given_ms: number;
  overdue: boolean;
  may_second: boolean;
  steps: { step: string; by: string; at_ms: number; reason: Decision | null; words: string | null }[];
}

const ofClasses = (ids: readonly string[]) => ids.map((id) => `class_id=${encodeURIComponent(id)}`).join("&");
const ofLearner = (classId: string, learnerId: string) => `/wall/classes/${encodeURIComponent(classId)}/learners/${encodeURIComponent(learnerId)}`;

export const wallApi = {
  look: (classId: string, learnerId: string) => call<Look>("GET", ofLearner(classId, learnerId)),
  picture: (classId: string, learnerId: string, checkId: string) =>
    call<{ picture: string }>("GET", `${ofLearner(classId, learnerId)}/evidence/${encodeURIComponent(checkId)}`),
  acts: (classId: string, learnerId: string) => call<DoneAct[]>("GET", `${ofLearner(classId, learnerId)}/acts`),
  act: (classId: string, learnerId: string, body: DoAct) => call<{ outcome: "DONE" | "LATER" }>("POST", `${ofLearner(classId, learnerId)}/act`, body),
  alerts: (classes: readonly string[]) => call<Alert[]>("GET", `/wall/alerts?${ofClasses(classes)}`),
  claim: (id: string) => call<null>("POST", `/wall/alerts/${encodeURIComponent(id)}/claim`),
  release: (id: string) => call<null>("POST", `/wall/alerts/${encodeURIComponent(id)}/release`),
  close: (id: string, outcome: AlertOutcome) => call<null>("POST", `/wall/alerts/${encodeURIComponent(id)}/close`, { outcome }),
  colleagues: (classes: readonly string[]) => call<{ id: string; display_name: string; role: string }[]>("GET", `/wall/colleagues?${ofClasses(classes)}`),
  handOver: (to: string | null) => call<{ given: number; back: number }>("POST", "/wall/handover", { to }),
  persons: (classes: readonly string[]) => call<Waiting[]>("GET", `/wall/persons?${ofClasses(classes)}`),
  take: (id: string) => call<{ check_id: string }>("POST", `/wall/persons/${encodeURIComponent(id)}/take`),
  putBack: (id: string) => call<null>("POST", `/wall/persons/${encodeURIComponent(id)}/put-back`),
  decide: (id: string, reason: RefusedBecause | null) =>
    call<null>("POST", `/wall/persons/${encodeURIComponent(id)}/decide`, { passed: reason === null, reason }),
  called: (id: string) => call<CalledLearner>("GET", `/wall/persons/${encodeURIComponent(id)}/learner`),
  appeals: (classes: readonly string[]) => call<StaffAppeal[]>("GET", `/wall/appeals?${ofClasses(classes)}`),
  propose: (id: string, grant: boolean, reason: Decision, words: string | null) =>
    call<null>("POST", `/wall/appeals/${encodeURIComponent(id)}/propose`, { grant, reason, words }),
  second: (id: string, agree: boolean) => call<{ given_ms: number }>("POST", `/wall/appeals/${encodeURIComponent(id)}/second`, { agree }),
};
