/** Both languages say the same things, and nothing is said outside of them. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { instant, spoken } from "@/clock";
import { firstSentence, i18n, preferred, speak, worded } from "@/i18n";
import en from "@/locales/en";
import zhCN from "@/locales/zh-CN";

type Words = { [key: string]: Words } | Words[] | string;

/** Every sentence under its path. */
function sentences(words: Words, path = ""): Map<string, string> {
  if (typeof words === "string") return new Map([[path, words]]);
  return new Map(Object.entries(words).flatMap(([key, one]) => [...sentences(one, path === "" ? key : `${path}.${key}`)]));
}

const chinese = sentences(zhCN);
const english = sentences(en);
const filled = (text: string | undefined): string[] => [...new Set(text?.match(/\{\w+\}/g) ?? [])].sort();
const HAN = /[\p{Script=Han}\u3000-\u303f\uff00-\uffef]/u;

/** The sources that are shown or say something; without comments, which may quote. */
function sources(folder: string): [string, string][] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((one): [string, string][] => {
    const path = join(folder, one.name);
    if (one.isDirectory()) return one.name === "locales" ? [] : sources(path);
    if (!/\.(vue|ts)$/.test(one.name)) return [];
    return [[path, readFileSync(path, "utf8").replace(/\/\*[^]*?\*\/|<!--[^]*?-->|(?<!["':])\/\/.*$/gm, "")]];
  });
}

describe("the words", () => {
  it("are there in English for each in Chinese, and for no other", () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort());
  });

  it("leave room for the same names and numbers", () => {
    const differ = [...chinese].filter(([path, text]) => filled(text).join() !== filled(english.get(path)).join());
    expect(differ.map(([path]) => path)).toEqual([]);
  });

  it("are empty in neither language alone, and English has no Chinese in it but what is sent to learners", () => {
    const empty = [...chinese].filter(([path, text]) => (text === "") !== (english.get(path) === ""));
    expect(empty).toEqual([]);
    expect([...english].filter(([path, text]) => HAN.test(text) && !path.startsWith("acts.canned")).map(([path]) => path)).toEqual([]);
  });

  it("stand in the locales and nowhere else", () => {
    const said = sources("src").flatMap(([path, text]) =>
      text.split("\n").filter((line) => HAN.test(line) && !line.includes("LANGUAGES = {")).map((line) => `${path}: ${line.trim()}`));
    expect(said).toEqual([]);
  });
});

describe("the language", () => {
  beforeEach(() => window.localStorage.clear());
  afterEach(() => speak("zh-CN"));

  it("is Chinese, unless the browser asks for English and not for Chinese", () => {
    expect([["zh-CN", "en"], ["en-US", "en", "zh"], ["fr"], []].map((asked) => preferred(asked))).toEqual(["zh-CN", "zh-CN", "zh-CN", "zh-CN"]);
    expect(preferred(["en-GB", "fr"])).toBe("en");
  });

  it("is the one chosen here before, if there is such a one", () => {
    window.localStorage.setItem("language", "en");
    expect(preferred(["zh-CN"])).toBe("en");
    window.localStorage.setItem("language", "tlh");
    expect(preferred(["zh-CN"])).toBe("zh-CN");
  });

  it("is that of words, durations and dates alike", async () => {
    const moment = Date.UTC(2026, 10, 26, 6, 5, 4);
    expect([worded("reason", "PAGE_HIDDEN"), spoken(303_000), instant(moment)]).toEqual(["页面隐藏", "5 分 3 秒", "11/26 14:05:04"]);
    await speak("en");
    expect(document.documentElement.lang).toBe("en");
    expect([worded("reason", "PAGE_HIDDEN"), spoken(303_000), instant(moment)]).toEqual(["page hidden", "5 min 3 s", "26 Nov, 14:05:04"]);
    expect([0, 1, 2].map((n) => i18n.global.t("courseware.left", { n }))).toEqual([
      "0 faults aren't confirmed yet.", "1 fault isn't confirmed yet.", "2 faults aren't confirmed yet.",
    ]);
  });

  it("knows where a sentence ends", () => {
    expect(["没有看到您的脸。请正对摄像头。", "Not passed.", "It was 2.5 m away. Come closer."].map(firstSentence)).toEqual([
      "没有看到您的脸", "Not passed", "It was 2.5 m away",
    ]);
  });
});
