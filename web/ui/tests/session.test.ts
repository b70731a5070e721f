import { createPinia, setActivePinia } from "pinia";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { CLOSE, type CheckView, type FromPage } from "@/live/protocol";
import { useSession } from "@/live/session";
import { FakeVideo, LESSON, view } from "./cast";

vi.mock("@/live/sound", () => ({ chime: () => undefined, unlockSound: () => undefined }));

const CHECK: CheckView = {
  check_id: "c", kind: "drawn", deadline_ms: null, ready_at_ms: 0, tries_left: 3, total_steps: 3, acknowledged: false,
};
const TIMES = { total_ms: 9_000, counted_ms: 0, held_ms: 9_000, not_counted_ms: {} };

class Wire {
  static last: Wire;
  readyState = 1;
  seq = 0;
  sent: FromPage[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor() {
    Wire.last = this;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as FromPage);
  }

  close(): void {
    this.readyState = 3;
  }

  says(...messages: object[]): void {
    for (const message of messages) {
      const numbered = "seq" in message ? { ...message, seq: ++this.seq } : message;
      this.onmessage?.({ data: JSON.stringify(numbered) });
    }
  }

  types(): string[] {
    return this.sent.map((message) => message.type);
  }
}

describe("the session", () => {
  let session: ReturnType<typeof useSession>;
  let video: FakeVideo;
  let wire: Wire;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(0.9); // the first heartbeat of a page comes at a moment of its own
    vi.stubGlobal("WebSocket", Wire);
    setActivePinia(createPinia());
    session = useSession();
    video = new FakeVideo();
    session.enter("class");
    wire = Wire.last;
    wire.onopen?.();
    wire.says({
      type: "welcome", version: 1, now_ms: 0, seat_token: "t", heartbeat_ms: 5000, idle_warning_ms: 60000, blur_ms: 1500, ice_servers: [],
      stream: "s", after_seq: 0, resumed: false,
    });
    session.attachVideo(video).open(LESSON);
    wire.says(view(), LESSON);
    wire.sent.length = 0;
  });

  afterEach(() => {
    session.leave();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("beats every five seconds while a lesson is open", () => {
    vi.advanceTimersByTime(10_000);
    expect(wire.sent.filter((message) => message.type === "beat")).toEqual([
      { type: "beat", position_ms: 0, playing: false, interacted: false },
      { type: "beat", position_ms: 0, playing: false, interacted: false },
    ]);
  });

  it("shows only times that the server has committed", () => {
    wire.says({ type: "beaten", seq: 2, as_of_ms: 9_000, earned_to_ms: 29_000, times: TIMES, today_ms: 0, held_ms: 0, idle_at_ms: null });
    vi.advanceTimersByTime(4_000);
    expect([session.view?.times, session.lesson?.earned_to_ms]).toEqual([TIMES, 29_000]);
  });

  it("says that it is reconnecting after ten seconds without an answer, and stops the video", () => {
    video.paused = false;
    vi.advanceTimersByTime(9_000);
    expect(session.reconnecting).toBe(false);
    vi.advanceTimersByTime(2_000);
    expect([session.reconnecting, video.paused]).toEqual([true, true]);
  });

  it("plays on while its process hands it over to another one, and reports there with its next heartbeat", () => {
    video.paused = false;
    vi.advanceTimersByTime(4_000);
    wire.onclose?.({ code: CLOSE.RESTART });
    vi.advanceTimersByTime(300);
    expect([video.paused, session.reconnecting, session.view?.phase]).toEqual([false, false, "studying"]);
    const next = Wire.last;
    expect(next).not.toBe(wire);
    next.onopen?.();
    next.says({
      type: "welcome", version: 1, now_ms: 0, seat_token: "t", heartbeat_ms: 5000, idle_warning_ms: 60000, blur_ms: 1500, ice_servers: [],
      stream: "another", after_seq: 0, resumed: false,
    }, view());
    video.currentTime = 29;
    vi.advanceTimersByTime(5_000);
    expect(video.paused).toBe(false);
    expect(next.sent.filter((message) => message.type === "beat")).toEqual([
      { type: "beat", position_ms: 29_000, playing: true, interacted: false },
    ]);
  });

  it("stops the video soon after a line that is known to be broken, and not for one that is back at once", () => {
    video.paused = false;
    wire.onclose?.({ code: 1006 });
    vi.advanceTimersByTime(1_250);
    expect(video.paused).toBe(false);
    vi.advanceTimersByTime(750);
    expect([session.reconnecting, video.paused]).toEqual([false, true]);
  });

  it("closes its line at a page that the browser keeps for going back to, and is there again when it is shown", () => {
    const told = (type: string, persisted: boolean) => window.dispatchEvent(Object.assign(new Event(type), { persisted }));
    told("pagehide", false); // the browser closes the line by itself
    expect(wire.readyState).toBe(1);
    told("pagehide", true);
    expect([wire.readyState, Wire.last]).toEqual([3, wire]);
    told("pageshow", true);
    expect(Wire.last).not.toBe(wire);
    session.leave();
    const last = Wire.last;
    told("pageshow", true);
    expect(Wire.last).toBe(last);
  });

  it("stops the video and acknowledges a check at once, with the position", () => {
    video.currentTime = 21;
    video.paused = false;
    wire.says({ type: "check_pushed", seq: 2, check: CHECK });
    expect([video.paused, wire.sent[0]]).toEqual([true, { type: "check_ack", check_id: "c", position_ms: 21_000 }]);
  });

  it("takes the focus lost during a check for the camera's question", () => {
    wire.says({ type: "check_pushed", seq: 2, check: CHECK });
    window.dispatchEvent(new Event("blur"));
    expect(wire.types()).not.toContain("blurred");
    window.dispatchEvent(new Event("focus"));
  });

  it("says at once that the window lost its focus", () => {
    window.dispatchEvent(new Event("blur"));
    window.dispatchEvent(new Event("focus"));
    expect(wire.types()).toEqual(["blurred", "focused"]);
  });

  it("goes back where the server sends it and says why", () => {
    video.currentTime = 50;
    wire.says({ type: "seek", seq: 2, position_ms: 20_000, reason: "AHEAD" });
    expect([video.currentTime, session.note?.code]).toEqual([20, "AHEAD"]);
  });

  it("keeps the idle warning until the server has heard of the learner", () => {
    wire.says({ type: "idle_warning", seq: 2, sign_out_at_ms: 60_000 });
    expect(session.idleAtMs).toBe(60_000);
    wire.says(view({ idle_at_ms: 900_000 }));
    expect(session.idleAtMs).toBe(null);
  });

  it("offers the way back when another device has taken the session", () => {
    wire.says(view({ here: false, elsewhere: true, lesson_id: null }));
    expect([session.wasHere, session.opened]).toEqual([true, null]);
    session.begin();
    expect(wire.types()).toContain("begin");
  });

  it("steps out with the position, stops the video and doesn't play on by itself", () => {
    video.currentTime = 23;
    video.paused = false;
    session.stepOut();
    expect([video.paused, wire.sent[0]]).toEqual([true, { type: "leave", position_ms: 23_000 }]);
    wire.says(view({ phase: "paused", reason: "LEFT" }));
    expect([video.paused, session.note]).toEqual([true, null]);
    wire.says({ type: "refused", seq: 3, code: "CHECK_OPEN", message_type: "leave" });
    expect(session.note?.code).toBe("CHECK_OPEN");
  });

  it("leads to what the last check dropped, then to whatever else was dropped", () => {
    const lesson = (id: string, earned: number, dropped: number) =>
      ({ lesson_id: id, title: id, length_ms: 60_000, counted_to_ms: earned, earned_to_ms: earned, dropped_to_ms: dropped, finished: false });
    const lost = { at_ms: 5, reason: "VERIFICATION_MISSED" as const, stretches: [{ lesson_id: "two", from_ms: 0, to_ms: 9_000 }] };
    wire.says(view({ lessons: [lesson("one", 0, 4_000), lesson("two", 0, 9_000)], lost }));
    expect(session.makeUpLesson?.lesson_id).toBe("two");
    wire.says(view({ lessons: [lesson("one", 0, 4_000), lesson("two", 9_000, 9_000)], lost }));
    expect(session.makeUpLesson?.lesson_id).toBe("one");
    wire.says(view({ lessons: [lesson("one", 3_900, 4_000)], lost }));
    expect(session.makeUpLesson).toBe(null);
  });
});
