/** The HTTP API: JSON in and out, the CSRF token in its header, refusals as ApiError with their code. */

export const ACTION_CODES = ["turn_left", "turn_right", "nod", "open_mouth", "close_eyes"] as const;
export type ActionCode = (typeof ACTION_CODES)[number];
export const ALTERNATIVE_REASONS = ["OWN_STATEMENT", "SEEN_BY_STAFF", "DOCUMENT_SHOWN", "EQUIPMENT"] as const;
export type AlternativeReason = (typeof ALTERNATIVE_REASONS)[number];
export const REQUEST_REASONS = ["IT_IS_ME", "CANNOT_DO_ACTION", "NO_CAMERA", "NOT_BY_FACE", "OTHER"] as const;
export type RequestReason = (typeof REQUEST_REASONS)[number];
export const REQUEST_OUTCOMES = [
  "CONFIRMED_IN_PERSON", "MAY_TRY_AGAIN", "MAY_ENROL_AGAIN", "ALTERNATIVE_SET", "NOT_THE_LEARNER", "NOTHING_TO_DO",
] as const;
export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];

export interface PersonRequest {
  id: string;
  reason: RequestReason;
  check_id: string | null;
  requested_at_ms: number;
  handled_at_ms: number | null;
  outcome: RequestOutcome | "PASSED_BY_PERSON" | "REFUSED_BY_PERSON" | "WITHDRAWN" | null; // the last three: of a call, or the learner's own
  place: number | null;
  about_ms: number | null;
}

export interface StaffPersonRequest extends Omit<PersonRequest, "check_id" | "place" | "about_ms"> {
  learner_id: string;
  display_name: string;
  class_title: string | null;
  check: { kind: string; pushed_at_ms: number; outcome: string | null; reason: string | null; tries: number; dropped_ms: number } | null;
}

export interface Me {
  account: { id: string; account: string; role: "learner" | "staff" | "proctor" | "operator" | "regulator"; display_name: string } | null;
  csrf: string;
  consent: { version: string; given_at_ms: number } | null;
  notice_version: string;
  portrait: "none" | "pending" | "active";
  portrait_refused_reason: string | null;
  may_enrol: boolean;
  checked_by: "face" | "person";
  not_asked: ActionCode[];
  classes: { id: string; title: string; institution: string }[];
  demo: boolean;
  second_factor: "no" | "enrol" | "code";
}

export interface Notice {
  version: string;
  title: string;
  paragraphs: { heading: string; text: string }[];
}

export interface CourseClass {
  id: string;
  title: string;
  institution: string;
  lessons: { id: string; title: string; length_ms: number }[];
}

export interface WatchedClass extends CourseClass {
  region_code: string;
}

export interface RecordInterval {
  from_ms: number;
  to_ms: number;
  state: "counted" | "held" | "not_counted";
  reason: string | null;
  lesson_id: string | null;
}

export interface RecordSession {
  id: string;
  started_at_ms: number;
  ended_at_ms: number | null;
  ended_reason: string | null;
  total_ms: number;
  counted_ms: number;
  held_ms: number;
  not_counted_ms: Record<string, number>;
  intervals: RecordInterval[];
}

export interface RecordCheck {
  id: string;
  session_id: string | null;
  kind: string;
  pushed_at_ms: number;
  ended_at_ms: number | null;
  outcome: string | null;
  reason: string | null;
  tries: number;
  dropped_ms: number;
}

/** A pause by staff or a suspension. */
export interface RecordBar {
  bar: "PAUSED_BY_STAFF" | "SUSPENDED";
  from_ms: number;
  to_ms: number | null;
  reason: string;
}

/** An appeal that two persons granted. */
export interface RecordCorrection {
  at_ms: number;
  about: string;
  given_ms: number;
}

export interface LearnerRecord {
  sessions: RecordSession[];
  checks: RecordCheck[];
  bars: RecordBar[];
  corrections: RecordCorrection[];
  lessons: { lesson_id: string; earned_to_ms: number; dropped_to_ms: number }[];
}

export interface Portrait {
  learner_id: string;
  display_name: string;
  submitted_at_ms: number;
  picture: string;
}

export interface StaffLearner {
  learner_id: string;
  display_name: string;
  portrait: string;
  failed_checks_today: number;
  may_enrol: boolean;
  checked_by: "face" | "person";
  not_asked: ActionCode[];
  not_asked_reason: AlternativeReason | null;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly ref: string | null,
  ) {
    super(code);
  }
}

const TIMEOUT_MS = 15_000;
const FILE_TIMEOUT_MS = 120_000; // a part of a file on a slow line
let csrf = "";

export async function call<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrf;
  const file = body instanceof Blob;
  if (body !== undefined) headers["Content-Type"] = file ? "application/octet-stream" : "application/json";
  let answer: Response;
  try {
    answer = await fetch(`/api${path}`, {
      method,
      headers,
      credentials: "same-origin",
      signal: AbortSignal.timeout(file ? FILE_TIMEOUT_MS : TIMEOUT_MS),
      ...(body === undefined ? {} : { body: file ? body : JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError(0, "NETWORK", null);
  }
  const json: unknown = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) {
    const { code, ref } = (json ?? {}) as { code?: string; ref?: string };
    throw new ApiError(answer.status, code ?? `HTTP_${answer.status}`, ref ?? null);
  }
  if (json !== null && typeof json === "object" && "csrf" in json) csrf = String(json.csrf);
  return json as T;
}

export const api = {
  me: () => call<Me>("GET", "/me"),
  login: (account: string, password: string) => call<Me>("POST", "/login", { account, password }),
  loginCode: (code: string) => call<Me>("POST", "/login/code", { code }),
  newSecondFactor: () => call<{ secret: string; picture: string }>("POST", "/second-factor/new"),
  confirmSecondFactor: (code: string) => call<Me>("POST", "/second-factor", { code }),
  logout: () => call<null>("POST", "/logout"),
  notice: () => call<Notice>("GET", "/notice"),
  consent: (version: string) => call<Me>("POST", "/consent", { version }),
  withdraw: () => call<Me>("DELETE", "/consent"),
  watchedClasses: () => call<WatchedClass[]>("GET", "/wall/classes"),
  courseClass: (id: string) => call<CourseClass>("GET", `/classes/${encodeURIComponent(id)}`),
  record: (id: string) => call<LearnerRecord>("GET", `/classes/${encodeURIComponent(id)}/record`),
  portraits: () => call<Portrait[]>("GET", "/staff/portraits"),
  confirmPortrait: (id: string) => call<unknown>("POST", `/staff/portraits/${encodeURIComponent(id)}/confirm`),
  refusePortrait: (id: string, reason: string) =>
    call<unknown>("POST", `/staff/portraits/${encodeURIComponent(id)}/refuse`, { reason }),
  learners: () => call<StaffLearner[]>("GET", "/staff/learners"),
  allow: (id: string) => call<unknown>("POST", `/staff/learners/${encodeURIComponent(id)}/allow`),
  personRequests: () => call<PersonRequest[]>("GET", "/person-requests"),
  askForPerson: (reason: RequestReason, class_id: string | null, check_id: string | null) =>
    call<PersonRequest>("POST", "/person-requests", { reason, class_id, check_id }),
  withdrawRequest: (id: string) => call<PersonRequest>("POST", `/person-requests/${encodeURIComponent(id)}/withdraw`),
  chooseCheckedBy: (by: "face" | "person") => call<Me>("POST", "/checked-by", { by }),
  staffRequests: () => call<StaffPersonRequest[]>("GET", "/staff/person-requests"),
  handleRequest: (id: string, outcome: RequestOutcome) =>
    call<unknown>("POST", `/staff/person-requests/${encodeURIComponent(id)}/handle`, { outcome }),
  setActions: (id: string, not_asked: ActionCode[], reason: AlternativeReason) =>
    call<unknown>("POST", `/staff/learners/${encodeURIComponent(id)}/actions`, { not_asked, reason }),
  allowEnrolment: (id: string) => call<unknown>("POST", `/staff/learners/${encodeURIComponent(id)}/allow-enrolment`),
};
