import { beforeEach, describe, expect, it, vi } from "vitest";

import { Playback } from "@/live/playback";
import type { FromPage } from "@/live/protocol";
import { FakeVideo, LESSON, view } from "./cast";

describe("the video follows the server", () => {
  let video: FakeVideo;
  let sent: FromPage[];
  let asked: number;
  let settled: number;
  let playback: Playback;

  beforeEach(() => {
    vi.useFakeTimers();
    video = new FakeVideo();
    sent = [];
    asked = 0;
    settled = 0;
    playback = new Playback(video, (message) => sent.push(message) > 0, () => (asked += 1), () => (settled += 1));
    playback.open(LESSON);
    playback.follow(view({ phase: "paused", reason: "PAUSED_BY_LEARNER" }));
    video.currentTime = 20;
  });

  it("says play only once the picture moves", async () => {
    await playback.start();
    expect(sent).toEqual([]);
    playback.playing();
    expect(sent).toEqual([{ type: "play", position_ms: 20_000 }]);
  });

  it("goes back to the furthest earned point before it starts", async () => {
    video.currentTime = 31;
    await playback.start();
    expect(video.currentTime).toBe(20);
  });

  it("keeps running when a View from before the play arrives, and stops when no answer comes", async () => {
    await playback.start();
    playback.playing();
    playback.follow(view({ phase: "paused", reason: "PAUSED_BY_LEARNER" }));
    expect(video.paused).toBe(false);
    vi.advanceTimersByTime(4_000);
    expect(video.paused).toBe(true);
  });

  it("stops at once when the answer is another pause", async () => {
    await playback.start();
    playback.playing();
    playback.follow(view({ phase: "paused", reason: "AWAITING_CHECK" }));
    expect([video.paused, settled]).toEqual([true, 1]);
  });

  it("goes on by itself after a check", async () => {
    await playback.start();
    playback.playing();
    playback.follow(view());
    playback.follow(view({ phase: "challenged" }));
    expect(video.paused).toBe(true);
    playback.stopped();
    playback.follow(view());
    expect(video.paused).toBe(false);
  });

  it("does not go on by itself after the page was hidden", async () => {
    await playback.start();
    playback.playing();
    playback.follow(view());
    playback.hidden();
    expect(video.paused).toBe(true);
    playback.follow(view());
    expect(video.paused).toBe(true);
  });

  it("tells the server when the learner or a media key pauses, and not when the page does", async () => {
    await playback.start();
    playback.playing();
    playback.follow(view());
    sent.length = 0;
    playback.follow(view({ phase: "challenged" }));
    playback.stopped();
    expect(sent).toEqual([]);
    playback.follow(view());
    video.paused = true;
    playback.stopped();
    expect(sent).toEqual([{ type: "pause", position_ms: 20_000 }]);
  });

  it("asks for a click when the browser refuses to play", async () => {
    video.refuses = true;
    await playback.start();
    expect(asked).toBe(1);
    expect(sent).toEqual([]);
  });

  it("allows no jump ahead of what is earned", () => {
    playback.seek(50_000);
    expect(video.currentTime).toBe(20);
    expect(playback.allows(50_000)).toBe(false);
    expect(playback.allows(19_000)).toBe(true);
  });

  it("lets the last second run out when the server has all of it", async () => {
    await playback.start();
    playback.playing();
    playback.follow(view());
    video.currentTime = 59.2;
    playback.follow(view({ phase: "browsing" }));
    expect(video.paused).toBe(false);
  });

  it("reports the whole length at the end", () => {
    video.ended = true;
    video.currentTime = 59.96;
    expect(playback.positionMs).toBe(60_000);
  });
});
