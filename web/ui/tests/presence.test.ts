import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { watchPresence } from "@/live/presence";

describe("presence", () => {
  let told: string[];
  let stop: () => void;
  let visibility: DocumentVisibilityState = "visible";

  beforeEach(() => {
    told = [];
    visibility = "visible";
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => visibility });
    const tell = (what: string) => () => void told.push(what);
    stop = watchPresence({
      hidden: tell("hidden"), shown: tell("shown"), blurred: tell("blurred"), focused: tell("focused"), input: tell("input"),
    });
  });

  afterEach(() => stop());

  it("tells hidden once, by whichever sign comes first", () => {
    window.dispatchEvent(new Event("pagehide"));
    visibility = "hidden";
    document.dispatchEvent(new Event("visibilitychange"));
    visibility = "visible";
    document.dispatchEvent(new Event("visibilitychange"));
    expect(told).toEqual(["hidden", "shown"]);
  });

  it("needs no visibilitychange, which WeChat and iOS may leave out: pagehide and pageshow, or the focus, do", () => {
    window.dispatchEvent(new Event("pagehide"));
    window.dispatchEvent(new Event("pageshow"));
    window.dispatchEvent(new Event("pagehide"));
    window.dispatchEvent(new Event("focus"));
    expect(told).toEqual(["hidden", "shown", "hidden", "shown"]);
  });

  it("isn't taken in by a focus that comes while the page is still hidden", () => {
    visibility = "hidden";
    document.dispatchEvent(new Event("visibilitychange"));
    window.dispatchEvent(new Event("focus"));
    window.dispatchEvent(new Event("pageshow"));
    expect(told).toEqual(["hidden"]);
  });

  it("tells blur and focus in pairs", () => {
    window.dispatchEvent(new Event("blur"));
    window.dispatchEvent(new Event("blur"));
    window.dispatchEvent(new Event("focus"));
    window.dispatchEvent(new Event("focus"));
    expect(told).toEqual(["blurred", "focused"]);
  });

  it("takes no script's event for the learner's hand", () => {
    document.dispatchEvent(new Event("pointerdown"));
    document.dispatchEvent(new Event("keydown"));
    expect(told).toEqual([]);
  });
});
