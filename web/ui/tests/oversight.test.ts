/** What a regulator's page makes of what it is told. */

import { describe, expect, it } from "vitest";

import { csv } from "@/oversight/csv";
import type { OversightSums } from "@/oversight/protocol.gen";
import { fold } from "@/oversight/socket";

const said = (change: Partial<OversightSums>): OversightSums => ({
  type: "sums", look: 1, region: "440000", whole: false, now_ms: 2, as_of_ms: 1, total: [3, 2, 1],
  regions: {}, institutions: {}, facets: {}, classes: {}, ...change,
});

describe("counts", () => {
  it("keep what didn't change, take what did, and forget who has nobody any more", () => {
    const known = said({ whole: true, regions: { "440100": [2, 1, 0], "440300": [1, 1, 1] } });
    const next = fold(known, said({ total: [5, 2, 1], regions: { "440300": [0, 0, 0], "440600": [3, 0, 0] } }));
    expect(next?.total).toEqual([5, 2, 1]);
    expect(next?.regions).toEqual({ "440100": [2, 1, 0], "440600": [3, 0, 0] });
    expect(known.regions["440300"]).toEqual([1, 1, 1]);
  });

  it("are asked for anew where a change comes of what isn't known", () => {
    expect(fold(null, said({}))).toBeNull();
    expect(fold(null, said({ whole: true }))?.total).toEqual([3, 2, 1]);
  });
});

describe("the export", () => {
  it("is no formula, keeps numbers as they are, quotes what must be", () => {
    expect(csv([["名称", "在线"], ["=1+1", -5], ['甲,"乙"', null]])).toBe('\ufeff名称,在线\r\n\'=1+1,-5\r\n"甲,""乙""",\r\n');
  });
});
