/** What the regulators' pages ask of the HTTP API. */

import { call, type LearnerRecord } from "@/api/client";

export interface Named {
  code: string;
  name: string;
}

export interface Places {
  path: Named[];
  regions: Named[];
  institutions: Named[];
  facets: Named[];
}

export interface Institution {
  id: string;
  name: string;
  city: Named;
  state: string;
  suspended: boolean;
  classes: Named[];
  courses: Named[];
}

export type Subject = "institution" | "course";

export interface Suspension {
  id: string;
  subject: Subject;
  subject_id: string;
  title: string;
  region: Named;
  reason: string;
  by: string;
  at_ms: number;
  lifted_at_ms: number | null;
  lifted_by: string | null;
  lifted_reason: string | null;
  mine: boolean;
}

export interface Point {
  at_ms: number;
  online_peak: number | null;
  online_mean: number | null;
  studying_peak: number | null;
  studying_mean: number | null;
}

export interface Curve {
  now_ms: number;
  step_ms: number;
  points: Point[];
}

export interface Wanted {
  name: string | null;
  id_number: string | null;
  gender: string | null;
  institution: string | null;
}

export interface Found {
  learner_id: string;
  class_id: string;
  display_name: string;
  gender: "male" | "female" | null;
  birth_year: number | null;
  id_masked: string | null;
  class_title: string;
  institution: string;
  region: Named;
  now: {
    phase: string;
    reason: string | null;
    connected: boolean;
    since_ms: number;
    as_of_ms: number;
    counted_ms: number;
    held_ms: number;
    not_counted_ms: number;
  } | null;
}

export interface LearnerSeen {
  learner: Found;
  record: LearnerRecord;
  pictures: string[];
}

export interface Operation {
  id: number;
  at_ms: number;
  actor: string | null;
  actor_name: string | null;
  role: string | null;
  institution: string | null;
  address: string;
  authenticated: string;
  act: string;
  touched: string;
  outcome: string;
  ref: string | null;
}

export interface Verified {
  at_ms: number;
  entries: number;
  findings: string[];
}

export const SPANS = ["hour", "day", "month"] as const;
export type Span = (typeof SPANS)[number];

/** An address' query without what isn't set. */
export function query(fields: Record<string, string | null | undefined>): string {
  const set = Object.entries(fields).filter((one): one is [string, string] => !!one[1]);
  return set.length === 0 ? "" : `?${new URLSearchParams(set).toString()}`;
}

export const oversight = {
  places: (region: string | null) => call<Places>("GET", `/oversight/places${query({ region_code: region })}`),
  institution: (id: string, region: string | null) =>
    call<Institution>("GET", `/oversight/institutions/${encodeURIComponent(id)}${query({ region_code: region })}`),
  search: (wanted: Wanted) => call<{ learners: Found[]; more: boolean }>("POST", "/oversight/learners/search", wanted),
  learner: (learner: string, id: string) =>
    call<LearnerSeen>("GET", `/oversight/learners/${encodeURIComponent(learner)}/classes/${encodeURIComponent(id)}`),
  evidence: (learner: string, id: string, check: string) =>
    call<{ picture: string }>(
      "GET",
      `/wall/classes/${encodeURIComponent(id)}/learners/${encodeURIComponent(learner)}/evidence/${encodeURIComponent(check)}`,
    ),
  operations: (wanted: Record<string, string | null>) =>
    call<{ entries: Operation[]; before: number | null }>("GET", `/oversight/operations${query(wanted)}`),
  suspensions: () => call<Suspension[]>("GET", "/oversight/suspensions"),
  suspend: (subject: Subject, subject_id: string, reason: string) =>
    call<{ id: string }>("POST", "/oversight/suspensions", { subject, subject_id, reason }),
  lift: (id: string, reason: string) => call<null>("POST", `/oversight/suspensions/${encodeURIComponent(id)}/lift`, { reason }),
  verify: () => call<Verified>("POST", "/oversight/operations/verification"),
  curve: (span: Span, region: string | null, facet: string, institution: string) =>
    call<Curve>("GET", `/oversight/curve${query({ span, region_code: region, facet, institution })}`),
};
