/** The messages of the classroom socket, mirroring realtime/protocol.py: instants are epoch ms of the server, positions are media ms. */

export const VERSION = 1;

export type Phase = "browsing" | "awaiting_login_check" | "studying" | "challenged" | "paused" | "signed_out";
export type CheckKind = "login" | "resume" | "drawn" | "closing" | "asked" | "person" | "practice" | "enrol";
export type Action = "turn_left" | "turn_right" | "nod" | "open_mouth" | "close_eyes";
export type CameraErrorCode = "NOT_ALLOWED" | "NOT_FOUND" | "IN_USE" | "ICE_FAILED" | "OTHER";

export interface LessonView {
  lesson_id: string;
  title: string;
  length_ms: number;
  counted_to_ms: number;
  earned_to_ms: number;
  dropped_to_ms: number;
  finished: boolean;
}

export interface Times {
  total_ms: number;
  counted_ms: number;
  held_ms: number;
  not_counted_ms: Record<string, number>;
}

export interface CheckView {
  check_id: string;
  kind: CheckKind;
  deadline_ms: number | null;
  ready_at_ms: number;
  tries_left: number;
  total_steps: number;
  acknowledged: boolean;
}

// ---------------------------------------------------------------- from the page

export type FromPage =
  | { type: "hello"; version: number; class_id: string; seat_token: string | null }
  | { type: "begin" }
  | { type: "open_lesson"; lesson_id: string }
  | { type: "play"; position_ms: number }
  | { type: "beat"; position_ms: number; playing: boolean; interacted: boolean }
  | { type: "pause"; position_ms: number }
  | { type: "hidden"; position_ms: number }
  | { type: "shown" }
  | { type: "blurred"; position_ms: number }
  | { type: "focused" }
  | { type: "interacted" }
  | { type: "sign_out"; position_ms: number | null }
  | { type: "check_ack"; check_id: string; position_ms: number | null }
  | { type: "check_offer"; check_id: string; sdp: string }
  | { type: "camera_error"; check_id: string; code: CameraErrorCode }
  | { type: "rehearse"; purpose: "practice" | "enrol" }
  | { type: "rehearse_end" };

// ---------------------------------------------------------------- to the page

export interface Welcome {
  type: "welcome";
  version: number;
  now_ms: number;
  seat_token: string;
  heartbeat_ms: number;
  idle_warning_ms: number;
  blur_ms: number;
  ice_servers: RTCIceServer[];
}

export interface View {
  type: "view";
  seq: number;
  as_of_ms: number;
  phase: Phase;
  reason: string | null;
  here: boolean;
  elsewhere: boolean;
  portrait: "none" | "pending" | "active";
  session_id: string | null;
  started_at_ms: number | null;
  lesson_id: string | null;
  lessons: LessonView[];
  times: Times | null;
  today_ms: number;
  cap_ms: number;
  held_ms: number;
  idle_at_ms: number | null;
  failures_left: number;
  check: CheckView | null;
  retry_after_ms: number | null;
  last_outcome: string | null;
  last_outcome_reason: string | null;
  last_cost_ms: number;
}

export interface Beaten {
  type: "beaten";
  seq: number;
  as_of_ms: number;
  earned_to_ms: number;
  times: Times;
  today_ms: number;
  held_ms: number;
  idle_at_ms: number | null;
}

export interface LessonOpened {
  type: "lesson_opened";
  seq: number;
  lesson_id: string;
  master_url: string;
  resume_ms: number;
  length_ms: number;
}

export interface CheckPrompt {
  type: "check_prompt";
  seq: number;
  check_id: string;
  try_no: number;
  index: number;
  total: number;
  action: Action;
  within_ms: number;
}

export interface CheckEnded {
  type: "check_ended";
  seq: number;
  check_id: string;
  kind: CheckKind;
  outcome: string;
  reason: string | null;
  cost_ms: number;
}

export type ToPage =
  | Welcome
  | View
  | Beaten
  | LessonOpened
  | { type: "seek"; seq: number; position_ms: number; reason: string }
  | { type: "check_pushed"; seq: number; check: CheckView }
  | { type: "check_answer"; seq: number; check_id: string; sdp: string }
  | CheckPrompt
  | { type: "check_step_seen"; seq: number; check_id: string; index: number }
  | { type: "check_hint"; seq: number; check_id: string; reason: string | null }
  | { type: "check_try_failed"; seq: number; check_id: string; reason: string; tries_left: number }
  | CheckEnded
  | { type: "idle_warning"; seq: number; sign_out_at_ms: number }
  | { type: "refused"; seq: number; code: string; message_type: string | null };

/** Close codes of the socket. */
export const CLOSE = {
  VERSION: 4000,
  UNAUTHENTICATED: 4001,
  MALFORMED: 4002,
  TOO_FAST: 4003,
  TOO_LARGE: 4004,
  REPLACED: 4005,
  RESTART: 4006,
  LOST_SEAT: 4007,
  NOT_ENROLLED: 4008,
} as const;
