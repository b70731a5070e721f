import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { CheckRoom } from "@/live/check";
import type { CheckView, FromPage } from "@/live/protocol";
import { base64 } from "@/live/stills";

const CHECK: CheckView = {
  check_id: "c", kind: "drawn", deadline_ms: null, ready_at_ms: 0, tries_left: 3, total_steps: 3, acknowledged: false,
};

class Track extends EventTarget {
  readyState = "live";
  kind = "video";
  stop(): void {
    this.readyState = "ended";
  }
}

class Peer {
  static last: Peer;
  static candidates = true;
  connectionState = "new";
  signalingState = "have-local-offer";
  iceGatheringState = "complete";
  localDescription = { sdp: "" };
  onconnectionstatechange: (() => void) | null = null;

  constructor() {
    Peer.last = this;
    this.localDescription.sdp = Peer.candidates ? "a=candidate:1 1 udp 1 127.0.0.1 9 typ host" : "v=0";
  }

  addTransceiver(): void {}
  createOffer = () => Promise.resolve({});
  setLocalDescription = () => Promise.resolve();
  setRemoteDescription = () => Promise.resolve();
  close(): void {
    this.connectionState = "closed";
  }

  becomes(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

describe("the camera of a check", () => {
  let sent: FromPage[];
  let room: CheckRoom;
  let tracks: Track[];

  const types = () => sent.map((message) => message.type);
  const settle = () => vi.advanceTimersByTimeAsync(0);

  beforeEach(() => {
    vi.useFakeTimers();
    Peer.candidates = true;
    sent = [];
    tracks = [];
    vi.stubGlobal("RTCPeerConnection", Peer);
    Object.defineProperty(navigator, "mediaDevices", {
      configurable: true,
      value: {
        getUserMedia: () => {
          const track = new Track();
          tracks.push(track);
          return Promise.resolve({ getTracks: () => [track], getVideoTracks: () => [track] });
        },
      },
    });
    Object.defineProperty(HTMLMediaElement.prototype, "srcObject", { configurable: true, writable: true, value: null });
    vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue(undefined);
    room = new CheckRoom((message) => sent.push(message) > 0, () => []);
  });

  afterEach(() => {
    room.vanish();
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it("gives WebRTC up four seconds after an answer that brings no connection, by its own clock", async () => {
    room.begin(CHECK, null);
    await settle();
    expect(types()).toEqual(["check_ack", "check_offer"]);
    room.receive({ type: "check_answer", seq: 1, check_id: "c", sdp: "v=0" });
    await vi.advanceTimersByTimeAsync(3_900);
    expect(room.state.way).toBe("webrtc");
    await vi.advanceTimersByTimeAsync(200);
    expect([room.state.way, room.state.camera]).toEqual(["jpeg", "live"]);
  });

  it("stays with a connection that was made in time, and leaves it when it breaks", async () => {
    room.begin(CHECK, null);
    await settle();
    room.receive({ type: "check_answer", seq: 1, check_id: "c", sdp: "v=0" });
    Peer.last.becomes("connected");
    await vi.advanceTimersByTimeAsync(10_000);
    expect([room.state.way, room.state.camera]).toEqual(["webrtc", "live"]);
    Peer.last.becomes("failed");
    expect(room.state.way).toBe("jpeg");
  });

  it("sends no offer that names no address, and doesn't wait again at the next check of this page", async () => {
    Peer.candidates = false;
    room.begin(CHECK, null);
    await settle();
    expect([types(), room.state.way]).toEqual([["check_ack"], "jpeg"]);
    room.vanish();
    room.begin({ ...CHECK, check_id: "d" }, null);
    await settle();
    expect([types(), room.state.way]).toEqual([["check_ack", "check_ack"], "jpeg"]);
  });

  it("shows its pictures in a video that iOS plays inside the page, muted", async () => {
    Peer.candidates = false;
    room.begin(CHECK, null);
    await settle();
    const video = document.body.querySelector("video");
    expect([video?.hasAttribute("playsinline"), video?.muted]).toEqual([true, true]);
    room.vanish();
    expect(document.body.querySelector("video")).toBe(null);
  });

  it("says that the camera is gone when its track ends, and goes on with a new one", async () => {
    room.begin(CHECK, null);
    await settle();
    tracks[0]?.dispatchEvent(new Event("ended"));
    expect([room.state.camera, room.state.cameraError]).toEqual(["refused", "NOT_FOUND"]);
    expect(sent.at(-1)).toEqual({ type: "camera_error", check_id: "c", code: "NOT_FOUND" });
    await room.connectCamera();
    expect([tracks.length, types().at(-1)]).toEqual([2, "check_offer"]);
  });

  it("codes bytes as the server reads them", () => {
    expect(base64(new Uint8Array([0xff, 0xd8, 0xff, 0xd9]))).toBe("/9j/2Q==");
    expect(base64(new Uint8Array(20_000)).length).toBe(26_668);
  });
});
