/** Keeps the video and the server's word in step: the learner asks, the server decides, the video follows. */

import type { FromPage, LessonOpened, View } from "./protocol";

/** The part of a `<video>` that is used here. */
export type Video = Pick<
  HTMLVideoElement,
  "currentTime" | "paused" | "ended" | "readyState" | "playbackRate" | "play" | "pause"
>;

const ANSWER_MS = 4_000; // how long a Play may stay unanswered before the video stops again
const TOLERANCE_MS = 150;
const END_MS = 1_500;
const HAVE_FUTURE_DATA = 3;

export class Playback {
  private lesson: LessonOpened | null = null;
  private view: View | null = null;
  private wanted = false; // the learner wants it to run; a check or a fault doesn't change that
  private asked = false; // Play is on its way, the server hasn't answered yet
  private askedIn = ""; // what the server said when the learner asked
  private announce = false; // the next time the picture moves, the server must hear Play
  private ownPause = false;
  private runToMs = 0; // how far the video ran by itself since it was opened or sent back
  private answerTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly video: Video,
    private readonly send: (message: FromPage) => boolean,
    private readonly needsGesture: () => void,
    private readonly interrupted: () => void,
  ) {}

  open(lesson: LessonOpened): void {
    this.lesson = lesson;
    this.wanted = false;
    this.runToMs = lesson.resume_ms;
  }

  close(): void {
    this.stop();
    this.lesson = null;
    this.settle();
  }

  get positionMs(): number {
    const lengthMs = this.lesson?.length_ms ?? Infinity;
    if (this.video.ended) return Number.isFinite(lengthMs) ? lengthMs : 0;
    return Math.max(0, Math.min(lengthMs, Math.round(this.video.currentTime * 1000)));
  }

  get running(): boolean {
    return !this.video.paused && !this.video.ended && this.video.readyState >= HAVE_FUTURE_DATA;
  }

  /** How far the learner may go: what the server has confirmed as earned. */
  get limitMs(): number {
    const seen = this.view?.lessons.find((one) => one.lesson_id === this.lesson?.lesson_id);
    return seen?.earned_to_ms ?? this.lesson?.resume_ms ?? 0;
  }

  /** Where a jump may land: up to what is earned, or what has just run past in front of the learner. */
  allows(positionMs: number): boolean {
    return positionMs <= Math.max(this.limitMs, this.runToMs) + 1_000;
  }

  /** The picture moved on by itself. */
  moved(): void {
    if (!this.video.paused) this.runToMs = Math.max(this.runToMs, this.allows(this.positionMs) ? this.positionMs : 0);
  }

  /** A jump has landed: a running video goes on from there, the server must know. */
  landed(): void {
    if (!this.video.paused && this.announce) this.playing();
  }

  /** The learner pressed play, or the way is free again after a check. */
  async start(): Promise<void> {
    if (this.lesson === null) return;
    this.wanted = true;
    this.asked = true;
    this.askedIn = saying(this.view);
    this.announce = true;
    if (this.video.ended) return this.settle(); // nothing left to show; the beats go on until all of it is earned
    if (this.positionMs > this.limitMs + TOLERANCE_MS) this.video.currentTime = this.limitMs / 1000;
    try {
      await this.video.play();
    } catch (error) {
      this.settle();
      if (error instanceof DOMException && error.name === "NotAllowedError") this.needsGesture();
    }
  }

  /** The picture moves: now the server may hear of it. */
  playing(): void {
    this.video.playbackRate = 1;
    if (!this.announce) return;
    this.announce = false;
    this.send({ type: "play", position_ms: this.positionMs });
    this.answerTimer ??= setTimeout(() => {
      this.settle();
      if (this.view !== null) this.follow(this.view);
    }, ANSWER_MS);
  }

  learnerPaused(): void {
    this.wanted = false;
    this.stop();
    this.settle();
    this.send({ type: "pause", position_ms: this.positionMs });
  }

  /** The video stopped; when nobody here asked for it (a media key, the system), it's the learner's pause. */
  stopped(): void {
    if (this.ownPause || this.video.ended) {
      this.ownPause = false;
      return;
    }
    if (this.lesson !== null && this.wanted) this.learnerPaused();
  }

  /** Stops the picture for the page's own reasons; tells nobody. */
  stop(): void {
    if (this.video.paused) return;
    this.ownPause = true;
    this.video.pause();
  }

  hidden(): void {
    this.wanted = false;
    this.stop();
    this.settle();
  }

  /** The learner moves within what is earned. */
  seek(positionMs: number): void {
    this.video.currentTime = Math.max(0, Math.min(positionMs, this.limitMs)) / 1000;
    if (!this.video.paused) this.announce = true;
  }

  /** The server sends the page back. */
  sentBack(positionMs: number): void {
    this.runToMs = positionMs;
    this.video.currentTime = positionMs / 1000;
    if (!this.video.paused) this.announce = true;
  }

  refused(): void {
    this.wanted = false;
    this.stop();
    this.settle();
  }

  /** A View came: run only while the server says so. */
  follow(view: View): void {
    this.view = view;
    if (this.lesson === null) return;
    if (view.phase === "studying" && view.here) {
      this.settle();
      if (this.wanted && this.video.paused && !this.video.ended) void this.start();
      return;
    }
    if (this.asked && view.here && saying(view) === this.askedIn) return; // said before our Play was heard
    this.settle();
    const atEnd = view.phase === "browsing" && this.positionMs >= this.lesson.length_ms - END_MS;
    if (atEnd) return; // all of it is earned: let the last second run out
    if (!this.video.paused) {
      this.stop();
      this.interrupted(); // the last position settles what was earned until here
    }
    if (!view.here || view.phase === "signed_out") this.wanted = false;
  }

  private settle(): void {
    this.asked = false;
    if (this.answerTimer !== null) clearTimeout(this.answerTimer);
    this.answerTimer = null;
  }
}

function saying(view: View | null): string {
  return view === null ? "" : `${view.phase} ${view.reason ?? ""}`;
}
