/** The camera as JPEG frames over the classroom socket, for networks that let no WebRTC through. */

const EVERY_MS = 110; // nine frames a second; the media process judges ten at most
const WIDTH = 640;
const QUALITY = [0.7, 0.5, 0.3]; // a lower one when a picture is too large
const MAX_BYTES = 48_000;
const BACKLOG_BYTES = 60_000; // of the socket: more frames would only be late

export interface StillsOwner {
  /** Hands one frame (base64) to the socket. */
  frame(jpeg: string): void;
  /** Bytes that the socket hasn't passed on yet. */
  backlog(): number;
}

export class StillsLink {
  private readonly video = document.createElement("video");
  private readonly canvas = document.createElement("canvas");
  private readonly timer: number;
  private busy = false;
  private closed = false;

  constructor(stream: MediaStream, private readonly owner: StillsOwner) {
    // In the page, though not to be seen: iOS shows no frame of a video that isn't.
    Object.assign(this.video, { muted: true, playsInline: true, srcObject: stream });
    this.video.setAttribute("playsinline", "");
    Object.assign(this.video.style, { position: "fixed", width: "1px", height: "1px", opacity: "0", pointerEvents: "none" });
    document.body.append(this.video);
    void this.video.play().catch(() => undefined); // it plays by itself once it may
    this.timer = window.setInterval(() => void this.shoot(), EVERY_MS);
  }

  close(): void {
    this.closed = true;
    window.clearInterval(this.timer);
    this.video.srcObject = null;
    this.video.remove();
  }

  private async shoot(): Promise<void> {
    if (this.busy || this.owner.backlog() > BACKLOG_BYTES) return;
    this.busy = true;
    try {
      const jpeg = await this.picture();
      if (jpeg !== null && !this.closed) this.owner.frame(jpeg);
    } finally {
      this.busy = false;
    }
  }

  private async picture(): Promise<string | null> {
    const { videoWidth, videoHeight } = this.video;
    if (videoWidth === 0 || videoHeight === 0) return null;
    const scale = Math.min(1, WIDTH / Math.max(videoWidth, videoHeight));
    this.canvas.width = Math.round(videoWidth * scale);
    this.canvas.height = Math.round(videoHeight * scale);
    const pen = this.canvas.getContext("2d", { alpha: false });
    if (pen === null) return null;
    pen.drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    for (const quality of QUALITY) {
      const blob = await new Promise<Blob | null>((done) => this.canvas.toBlob(done, "image/jpeg", quality));
      if (blob !== null && blob.size <= MAX_BYTES) return base64(new Uint8Array(await blob.arrayBuffer()));
    }
    return null;
  }
}

export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(text);
}
