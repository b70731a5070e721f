import { afterEach, describe, expect, it, vi } from "vitest";

import { all, atOnce, NEEDS, versionOf } from "@/browser/needs";

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";

describe("what the page needs of a browser", () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each([
    [`Mozilla/5.0 (Windows NT 10.0) ${WEBKIT} Chrome/120.0.0.0 Safari/537.36 Edg/120.0.1`, "Edge 120", "good"],
    [`Mozilla/5.0 (Windows NT 6.1) ${WEBKIT} Chrome/86.0.4240.198 Safari/537.36`, "Chrome 86", "bad"],
    [`Mozilla/5.0 (Linux; Android 12) ${WEBKIT} Version/4.0 Chrome/107.0 Mobile Safari/537.36 MicroMessenger/8.0`, "Chrome 107", "good"],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140", "good"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 15_4) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.4 Mobile/15E148 Safari/604.1", "Safari 15", "bad"],
    ["Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko", "", "weak"],
  ])("tells the version of %s", (agent, about, finding) => {
    expect(versionOf(agent)).toEqual({ about, finding });
  });

  it("says what is missing, and whether one can do without", () => {
    vi.stubGlobal("navigator", { userAgent: "", cookieEnabled: false, mediaDevices: undefined });
    vi.stubGlobal("isSecureContext", false);
    vi.stubGlobal("RTCPeerConnection", undefined);
    const found = Object.fromEntries(atOnce().map((one) => [one.need, one.finding]));
    expect(found).toMatchObject({ secure: "bad", cookies: "bad", camera: "bad", video: "bad", codec: "weak", visibility: "good", storage: "good" });
  });

  it("looks at each need once, and finds neither server nor camera where there is none", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new Error("no network")));
    const lines = await all();
    expect(lines.map((one) => one.need)).toEqual([...NEEDS]);
    expect(lines.filter((one) => ["server", "device"].includes(one.need)).map((one) => one.finding)).toEqual(["bad", "bad"]);
  });
});
