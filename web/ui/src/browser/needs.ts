/** What the platform needs of a browser, and what this one has (row 37); `docs/browsers.md` says what was tried. */

import { roundTrip } from "@/device/probes";

export type Finding = "good" | "weak" | "bad"; // weak: studying works, but less well
export interface Line {
  need: Need;
  finding: Finding;
  about?: string; // what was measured
}

/** In the order in which a page comes to need them. */
export const NEEDS = ["version", "secure", "cookies", "server", "socket", "video", "visibility", "camera", "device", "webrtc", "codec", "storage", "sound", "screen"] as const;
export type Need = (typeof NEEDS)[number];

const SLOW_MS = 400;
const LEAST_WIDTH_PX = 320; // the narrowest layout that is looked at
const H264 = 'video/mp4; codecs="avc1.4d401f,mp4a.40.2"'; // what courseware is encoded as
// AbortSignal.timeout and inert are the newest things the page uses; other engines aren't known.
const LEAST = [
  { name: "Edge", pattern: /\bEdg(?:A|iOS)?\/(\d+)/, least: 103 },
  { name: "Firefox", pattern: /\bFirefox\/(\d+)/, least: 112 },
  { name: "Chrome", pattern: /\b(?:Headless)?Chrom(?:e|ium)\/(\d+)/, least: 103 },
  { name: "Safari", pattern: /\bVersion\/(\d+)[\d.]* (?:Mobile\/\w+ )?Safari\//, least: 16 },
];

/** The browser's name and version, and whether it is new enough; unknown ones may do. */
export function versionOf(agent: string): { about: string; finding: Finding } {
  for (const { name, pattern, least } of LEAST) {
    const version = pattern.exec(agent)?.[1];
    if (version !== undefined) return { about: `${name} ${version}`, finding: Number(version) < least ? "bad" : "good" };
  }
  return { about: "", finding: "weak" };
}

const has = (there: boolean, otherwise: Finding = "bad"): Finding => (there ? "good" : otherwise);

function plays(): boolean {
  const source: { isTypeSupported(type: string): boolean } | undefined =
    window.MediaSource ?? (window as { ManagedMediaSource?: typeof MediaSource }).ManagedMediaSource;
  return source?.isTypeSupported(H264) === true || document.createElement("video").canPlayType("application/vnd.apple.mpegurl") !== "";
}

function stores(): boolean {
  try {
    window.localStorage.setItem("probe", "1");
    window.localStorage.removeItem("probe");
    return true;
  } catch {
    return false;
  }
}

/** What the camera's picture can be sent as; both are taken by the server. */
function codecs(): string[] {
  const known = window.RTCRtpSender?.getCapabilities?.("video")?.codecs.map((one) => one.mimeType.slice("video/".length).toUpperCase());
  return ["H264", "VP8"].filter((one) => known?.includes(one));
}

/** What can be told at once, without asking anybody. */
export function atOnce(): Line[] {
  const sends = codecs();
  return [
    { need: "version", ...versionOf(navigator.userAgent) },
    { need: "secure", finding: has(window.isSecureContext) },
    { need: "cookies", finding: has(navigator.cookieEnabled) },
    { need: "socket", finding: has("WebSocket" in window) },
    { need: "video", finding: has(plays()) },
    { need: "visibility", finding: has("hidden" in document, "weak") }, // focus is heard beside it
    { need: "camera", finding: has(navigator.mediaDevices?.getUserMedia !== undefined) },
    { need: "webrtc", finding: has("RTCPeerConnection" in window, "weak") }, // else pictures are sent
    { need: "codec", finding: has(sends.length > 0, "weak"), about: sends.join(" · ") },
    { need: "storage", finding: has(stores(), "weak") },
    { need: "sound", finding: has("AudioContext" in window, "weak") },
    { need: "screen", finding: has(window.innerWidth >= LEAST_WIDTH_PX, "weak"), about: `${window.innerWidth} × ${window.innerHeight}` },
  ];
}

/** The same with what takes a moment: the way to the server, and whether a camera is there. No permission is asked for. */
export async function all(): Promise<Line[]> {
  const [ms, devices] = await Promise.all([
    roundTrip(),
    navigator.mediaDevices?.enumerateDevices?.().catch(() => undefined) ?? undefined,
  ]);
  const lines: Line[] = [
    ...atOnce(),
    { need: "server", finding: ms === null ? "bad" : ms > SLOW_MS ? "weak" : "good", about: ms === null ? "" : `${ms} ms` },
    { need: "device", finding: has(devices?.some((one) => one.kind === "videoinput") === true) },
  ];
  return lines.sort((one, other) => NEEDS.indexOf(one.need) - NEEDS.indexOf(other.need));
}
