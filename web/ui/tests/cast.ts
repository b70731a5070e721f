/** The fixed persons of the tests: a lesson, a View of a learner who is studying it, a video that only obeys. */

import type { LessonOpened, View } from "@/live/protocol";
import type { Video } from "@/live/playback";

export const LESSON: LessonOpened = {
  type: "lesson_opened", seq: 1, lesson_id: "one", master_url: "/media/ticket/one/master.m3u8", resume_ms: 20_000, length_ms: 60_000,
  has_poster: false, has_captions: false,
};

export function view(changes: Partial<View> = {}): View {
  return {
    type: "view", seq: 1, as_of_ms: 0, phase: "studying", reason: null, here: true, elsewhere: false, portrait: "active",
    session_id: "session", started_at_ms: 0, ended_at_ms: null, lesson_id: "one",
    lessons: [
      { lesson_id: "one", title: "第一课", length_ms: 60_000, counted_to_ms: 10_000, earned_to_ms: 20_000, dropped_to_ms: 0, finished: false },
    ],
    times: null, today_ms: 0, cap_ms: 28_800_000, held_ms: 0, drawn_only: false, idle_at_ms: null, failures_left: 6, by_person: null, check: null,
    retry_after_ms: null, last_check_id: null, last_outcome: null, last_outcome_reason: null, last_cost_ms: 0, lost: null, ...changes,
  };
}

export class FakeVideo implements Video {
  currentTime = 0;
  paused = true;
  ended = false;
  readyState = 4;
  playbackRate = 1;
  refuses = false;

  play(): Promise<void> {
    if (this.refuses) return Promise.reject(new DOMException("no gesture", "NotAllowedError"));
    this.paused = false;
    return Promise.resolve();
  }

  pause(): void {
    this.paused = true;
  }
}
