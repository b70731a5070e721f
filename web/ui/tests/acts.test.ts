import { describe, expect, it } from "vitest";

import { happenings, needsWords, offered } from "@/wall/acts";
import type { DoneAct, Look } from "@/wall/api";

const LOOK: Look = {
  learner_id: "l", display_name: "张小安", from_ms: 1_000, as_of_ms: 9_000, sessions: [], intervals: [], checks: [], bars: [],
};
const DONE: DoneAct = {
  id: "a", act: "block_device", reason: "SUSPICIOUS", words: null, by: "王老师", at_ms: 2_000, outcome: "DONE", undone_at_ms: null, seen_at_ms: null,
};

describe("what the side panel offers", () => {
  it("offers nothing to who only looks on", () => {
    for (const role of ["operator", "regulator", "learner", undefined]) expect(offered(role, LOOK, [])).toEqual([]);
  });

  it("keeps the keys where they are, whatever the learner's state", () => {
    const paused = { ...LOOK, bars: [{ bar: "PAUSED_BY_STAFF" as const, from_ms: 2_000, to_ms: null, reason: "CAMERA" }] };
    expect(offered("proctor", LOOK, [])).toEqual(["message", "ask_check", "pause", "sign_out", "block_device", "allow_checks"]);
    expect(offered("proctor", paused, [DONE])).toEqual(["message", "ask_check", "resume", "sign_out", "unblock_device", "allow_checks"]);
  });

  it("offers a pause again once it is over, and a block once it was lifted or refused", () => {
    const over = { ...LOOK, bars: [{ bar: "PAUSED_BY_STAFF" as const, from_ms: 2_000, to_ms: 3_000, reason: "CAMERA" }] };
    for (const done of [{ ...DONE, undone_at_ms: 5_000 }, { ...DONE, outcome: "NO_SESSION" }]) {
      expect(offered("proctor", over, [done])).toEqual(["message", "ask_check", "pause", "sign_out", "block_device", "allow_checks"]);
    }
  });

  it("gives class managers two more, without a key", () => {
    expect(offered("staff", LOOK, []).slice(6)).toEqual(["allow_enrolment", "set_actions"]);
  });

  it("asks for words where a code says nothing", () => {
    expect([needsWords("message", "CLASS_MATTER"), needsWords("pause", "OTHER"), needsWords("pause", "CAMERA")]).toEqual([true, true, false]);
  });
});

describe("what happened in the hour", () => {
  it("is told newest first, without what began before it", () => {
    const look: Look = {
      ...LOOK,
      sessions: [{ id: "s", started_at_ms: 500, ended_at_ms: 8_000, ended_reason: "BY_STAFF" }],
      bars: [{ bar: "PAUSED_BY_STAFF", from_ms: 3_000, to_ms: 4_000, reason: "CAMERA" }],
      checks: [{ id: "c", kind: "drawn", pushed_at_ms: 5_000, ended_at_ms: 6_000, outcome: "passed", reason: null, tries: 1, dropped_ms: 0, picture: true }],
    };
    expect(happenings(look).map((one) => [one.at, one.kind])).toEqual([[8_000, "ended"], [6_000, "check"], [4_000, "barEnded"], [3_000, "bar"]]);
  });
});
