/** The camera during a check: opened late, sent to the media process over WebRTC, closed as soon as the check ends. */

import type { CameraErrorCode } from "./protocol";

const GATHERING_MS = 2_000;
const FRAMES_A_SECOND = 10;

export class CameraRefused extends Error {
  constructor(readonly code: CameraErrorCode) {
    super(code);
  }
}

/** Opens the camera; raises CameraRefused with the code that the server and the sentence on the page want. */
export async function openCamera(): Promise<MediaStream> {
  if (navigator.mediaDevices?.getUserMedia === undefined) throw new CameraRefused("NOT_FOUND");
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: {
        facingMode: "user",
        width: { ideal: 640 },
        height: { ideal: 480 },
        frameRate: { ideal: FRAMES_A_SECOND, max: 30 },
      },
    });
  } catch (error) {
    throw new CameraRefused(codeOf(error));
  }
}

export function codeOf(error: unknown): CameraErrorCode {
  switch (error instanceof Error || error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return "NOT_ALLOWED";
    case "NotFoundError":
    case "OverconstrainedError":
      return "NOT_FOUND";
    case "NotReadableError":
    case "AbortError":
      return "IN_USE";
    default:
      return "OTHER";
  }
}

export function closeCamera(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** Whether an offer names any address at all: none where the browser or the network forbids UDP. */
export function reachable(sdp: string): boolean {
  return sdp.includes("a=candidate:");
}

/** One peer connection that sends the camera's picture and nothing else. */
export class CameraLink {
  private readonly peer: RTCPeerConnection;

  constructor(iceServers: RTCIceServer[], failed: () => void, connected: () => void) {
    this.peer = new RTCPeerConnection({ iceServers });
    this.peer.onconnectionstatechange = () => {
      if (this.peer.connectionState === "failed") failed();
      if (this.peer.connectionState === "connected") connected();
    };
  }

  get connected(): boolean {
    return this.peer.connectionState === "connected";
  }

  get alive(): boolean {
    return ["new", "connecting", "connected", "disconnected"].includes(this.peer.connectionState);
  }

  /** The offer with all candidates inside (the socket carries no later ones). */
  async offer(stream: MediaStream): Promise<string> {
    const track = stream.getVideoTracks()[0];
    if (track === undefined) throw new CameraRefused("NOT_FOUND");
    this.peer.addTransceiver(track, {
      direction: "sendonly",
      streams: [stream],
      sendEncodings: [{ maxFramerate: FRAMES_A_SECOND, maxBitrate: 900_000 }],
    });
    await this.peer.setLocalDescription(await this.peer.createOffer());
    await this.gathered();
    return this.peer.localDescription?.sdp ?? "";
  }

  async accept(sdp: string): Promise<void> {
    if (this.peer.signalingState === "have-local-offer") await this.peer.setRemoteDescription({ type: "answer", sdp });
  }

  close(): void {
    this.peer.onconnectionstatechange = null;
    this.peer.close();
  }

  private gathered(): Promise<void> {
    if (this.peer.iceGatheringState === "complete") return Promise.resolve();
    return new Promise((done) => {
      const timer = setTimeout(done, GATHERING_MS);
      this.peer.onicegatheringstatechange = () => {
        if (this.peer.iceGatheringState !== "complete") return;
        clearTimeout(timer);
        done();
      };
    });
  }
}
