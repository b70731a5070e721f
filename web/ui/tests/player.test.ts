/** What the player shows beside the video: whose it is, and which quality a playlist is of. */

import { describe, expect, it } from "vitest";

import { renditionOf } from "@/classroom/hls";
import { maskedName } from "@/classroom/masked";

describe("the watermark's name", () => {
  it.each([
    ["张小安", "张*安"], ["李四", "李*"], ["欧阳小安", "欧**安"], ["A", "A*"], ["", "*"], ["John Smith", "J***h"], ["𠮷田一", "𠮷*一"],
  ])("%s is shown as %s", (name, shown) => expect(maskedName(name)).toBe(shown));
});

describe("a rendition", () => {
  it("is known by its folder, whatever its size", () => {
    const at = (name: string) => renditionOf(`http://127.0.0.1:8900/media/ticket/lesson/${name}/index.m3u8`);
    expect(["smooth", "standard", "high", "other"].map(at)).toEqual(["smooth", "standard", "high", undefined]);
  });
});
