/** What the operators' page makes of the readings (row 25). */

import { describe, expect, it } from "vitest";

import type { Alarm, Gauge, Process, Standing } from "@/operations/api";
import { ageMs, amount, inOrder, since } from "@/operations/reading";

const gauge = (change: Partial<Gauge>): Gauge => ({ resource: "cpu", place: "a", used: 1, limit: 2, percent: 50, alarm: false, ...change });
const entry = (change: Partial<Alarm>): Alarm => ({ resource: "cpu", place: "a", at_ms: 5, kind: "raised", used: 2, limit: 2, ...change });
const process = (at_ms: number): Process => ({ id: "p", place: "a", version: "1", started_at_ms: 0, at_ms, learners: 0 });
const said = (processes: Process[]): Standing => ({ now_ms: 10_000, version: "1", gauges: [], alarms: [], processes });

describe("readings", () => {
  it("stand in the order of row 25, machine by machine", () => {
    const mixed = [gauge({ resource: "disk" }), gauge({ place: "b" }), gauge({}), gauge({ resource: "learners", place: "" })];
    expect(inOrder(mixed).map((one) => `${one.resource} ${one.place}`)).toEqual(["learners ", "cpu a", "cpu b", "disk a"]);
  });

  it("are as old as the oldest process', and of no age where none reports", () => {
    expect(ageMs(said([process(9_500), process(7_000)]))).toBe(3_000);
    expect(ageMs(said([]))).toBeNull();
  });

  it("have their unit", () => {
    expect(amount("learners", 3_500)).toEqual({ text: "3,500", unit: "people" });
    expect(amount("cpu", 1.256)).toEqual({ text: "1.26", unit: "cores" });
    expect(amount("memory", 900.4)).toEqual({ text: "900", unit: "mib" });
    expect(amount("disk", 102_400)).toEqual({ text: "100", unit: "gib" });
  });
});

describe("an alarm", () => {
  it("stands since its own last entry of the log", () => {
    const log = [entry({ at_ms: 9, place: "b" }), entry({ at_ms: 7 }), entry({ at_ms: 6, kind: "recovered" })];
    expect(since(gauge({}), log)).toBe(7);
    expect(since(gauge({ resource: "disk" }), log)).toBeNull();
    expect(since(gauge({}), log.slice(2))).toBeNull();
  });
});
