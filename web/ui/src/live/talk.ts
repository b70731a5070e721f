/** A connection between two pages, picture and sound both ways: the learner's page offers, the proctor's answers. */

import { CameraRefused, codeOf } from "./camera";

const GATHERING_MS = 2_000;

/** Camera and microphone; raises CameraRefused. */
export async function openTalk(): Promise<MediaStream> {
  if (navigator.mediaDevices?.getUserMedia === undefined) throw new CameraRefused("NOT_FOUND");
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true },
      video: { facingMode: "user", width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 15, max: 30 } },
    });
  } catch (error) {
    throw new CameraRefused(codeOf(error));
  }
}

/** Shows the other one; true where the browser lets no sound play before a gesture: then the picture runs without it. */
export async function shown(video: HTMLVideoElement, stream: MediaStream | null): Promise<boolean> {
  video.srcObject = stream;
  if (stream === null) return false;
  video.muted = false;
  try {
    await video.play();
    return false;
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== "NotAllowedError") return false;
    video.muted = true;
    await video.play().catch(() => undefined);
    return true;
  }
}

/** One attempt to connect; what fails is closed and made anew. */
export class Talk {
  private readonly peer: RTCPeerConnection;

  constructor(
    iceServers: RTCIceServer[],
    private readonly mine: MediaStream | null,
    theirs: (stream: MediaStream) => void,
    failed: () => void,
  ) {
    this.peer = new RTCPeerConnection({ iceServers });
    const stream = new MediaStream();
    this.peer.ontrack = ({ track }) => {
      stream.addTrack(track);
      theirs(stream);
    };
    this.peer.onconnectionstatechange = () => {
      if (this.peer.connectionState === "failed") failed();
    };
  }

  /** With all candidates inside; the sockets carry no later ones. */
  async offer(): Promise<string> {
    for (const kind of ["audio", "video"] as const) {
      const track = this.mine?.getTracks().find((one) => one.kind === kind);
      this.peer.addTransceiver(track ?? kind, { direction: track === undefined ? "recvonly" : "sendrecv" });
    }
    await this.peer.setLocalDescription(await this.peer.createOffer());
    return this.described();
  }

  async accept(sdp: string): Promise<void> {
    if (this.peer.signalingState === "have-local-offer") await this.peer.setRemoteDescription({ type: "answer", sdp });
  }

  async answer(sdp: string): Promise<string> {
    await this.peer.setRemoteDescription({ type: "offer", sdp });
    for (const track of this.mine?.getTracks() ?? []) this.peer.addTrack(track);
    await this.peer.setLocalDescription(await this.peer.createAnswer());
    return this.described();
  }

  close(): void {
    this.peer.ontrack = null;
    this.peer.onconnectionstatechange = null;
    this.peer.close();
  }

  private async described(): Promise<string> {
    if (this.peer.iceGatheringState !== "complete") {
      await new Promise<void>((done) => {
        const timer = setTimeout(done, GATHERING_MS);
        this.peer.onicegatheringstatechange = () => {
          if (this.peer.iceGatheringState !== "complete") return;
          clearTimeout(timer);
          done();
        };
      });
    }
    return this.peer.localDescription?.sdp ?? "";
  }
}
