import { describe, expect, it } from "vitest";

import { clock, exactClock, spoken, wholeSeconds } from "@/clock";

describe("durations", () => {
  it("shows a second only when it is whole", () => {
    expect([0, 999, 61_000, 3_723_000].map(clock)).toEqual(["00:00", "00:00", "01:01", "1:02:03"]);
    expect(exactClock(14_290)).toBe("00:14.2");
  });

  it("says them in words", () => {
    expect([8_900, 300_000, 303_000, 28_800_000].map(spoken)).toEqual(["8 秒", "5 分钟", "5 分 3 秒", "8 小时"]);
  });

  it("rounds the parts so that they sum to the whole", () => {
    expect(wholeSeconds([33_407, 8_771, 32_116], 74_294)).toEqual([33_000, 9_000, 32_000]);
    expect(wholeSeconds([500, 500, 1_000], 2_000)).toEqual([1_000, 0, 1_000]);
  });
});
