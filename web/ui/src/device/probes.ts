/** The measurements of the device check: light of the picture, way to the server. */

export type Light = "dark" | "right" | "bright";

const DARK = 55; // mean of the green-weighted grey, 0 to 255
const BRIGHT = 215;
const ROUNDS = 3;

export function lightOf(grey: number): Light {
  return grey < DARK ? "dark" : grey > BRIGHT ? "bright" : "right";
}

/** The mean grey of the picture's middle, where the face is. */
export function meanGrey(video: HTMLVideoElement): number | null {
  const [width, height] = [64, 48];
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (pen === null || video.videoWidth === 0) return null;
  const { videoWidth: w, videoHeight: h } = video;
  pen.drawImage(video, w * 0.2, h * 0.1, w * 0.6, h * 0.8, 0, 0, width, height);
  const pixels = pen.getImageData(0, 0, width, height).data;
  let sum = 0;
  for (let at = 0; at < pixels.length; at += 4) {
    sum += 0.3 * (pixels[at] ?? 0) + 0.59 * (pixels[at + 1] ?? 0) + 0.11 * (pixels[at + 2] ?? 0);
  }
  return sum / (pixels.length / 4);
}

/** The median time of a small answer in ms; null when the server can't be reached. */
export async function roundTrip(): Promise<number | null> {
  const taken: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const from = performance.now();
    try {
      const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(5_000) });
      await answer.text();
    } catch {
      return null;
    }
    taken.push(performance.now() - from);
  }
  return Math.round(taken.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0);
}
