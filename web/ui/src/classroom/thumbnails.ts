/** The small pictures of a lesson's bar: one sheet, and a WebVTT that says which part of it shows which time. */

export interface Thumbnail {
  fromMs: number;
  sheet: string; // its address
  x: number;
  y: number;
  width: number;
  height: number;
}

const PATIENCE_MS = 10_000;
const CUE = /(\d+):(\d\d):(\d\d)\.(\d{3}) --> [^\n]+\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)/g;

/** Of the lesson with this master playlist, by time; none where there are none. */
export async function thumbnailsOf(masterUrl: string): Promise<Thumbnail[]> {
  const beside = (name: string) => masterUrl.replace(/[^/]+$/, name);
  try {
    const answer = await fetch(beside("thumbs.vtt"), { signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.ok ? read(await answer.text(), beside) : [];
  } catch {
    return []; // the lesson plays without them
  }
}

function read(text: string, beside: (name: string) => string): Thumbnail[] {
  return [...text.matchAll(CUE)].map(([, hours, minutes, seconds, ms, name, ...box]) => {
    const [x, y, width, height] = box.map(Number) as [number, number, number, number];
    const fromMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(ms);
    return { fromMs, sheet: beside(name ?? ""), x, y, width, height };
  });
}

/** What shows this position. */
export function shownAt(thumbnails: Thumbnail[], positionMs: number): Thumbnail | undefined {
  const after = thumbnails.findIndex((one) => one.fromMs > positionMs);
  return thumbnails[(after === -1 ? thumbnails.length : after) - 1];
}
