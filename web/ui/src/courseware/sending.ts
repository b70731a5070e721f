/** Sends a file part by part, and goes on where the server's copy ends after every loss of the line. */

import { ApiError } from "@/api/client";

export interface Line {
  part(offset: number, content: Blob): Promise<number>; // how much is there now
  received(): Promise<number>;
  patience(tries: number): Promise<void>; // before it is tried again
}

/** What is worth another try: no line, a busy server, a part that somebody else sent. Everything else ends it. */
const isPassing = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || error.code === "WRONG_OFFSET" || [429, 500, 502, 503, 504].includes(error.status));

/** Raises ApiError; `told` hears of every part, and whether the line is lost. */
export async function send(
  file: Blob, from: number, partBytes: number, line: Line, told: (received: number, lost: boolean) => void, stopped: () => boolean,
): Promise<void> {
  let received = from;
  let tries = 0;
  while (received < file.size && !stopped()) {
    try {
      if (tries > 0) received = await line.received();
      told(received, false);
      if (received < file.size) received = await line.part(received, file.slice(received, received + partBytes));
      tries = 0;
      told(received, false);
    } catch (error) {
      if (!isPassing(error)) throw error;
      tries += 1;
      told(received, true);
      await line.patience(tries);
    }
  }
}

/** Says that all of it is there, as often as it takes. That somebody has said so already may be our own lost answer. */
export async function finish(say: () => Promise<unknown>, line: Pick<Line, "patience">): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await say();
      return;
    } catch (error) {
      if (tries > 1 && error instanceof ApiError && error.code === "WRONG_STATE") return;
      if (!isPassing(error)) throw error;
      await line.patience(tries);
    }
  }
}

const EDGE_BYTES = 64 * 1024;

/** Tells whether a file that is chosen again is the same: its name, size, date, first and last bytes. */
export async function fingerprintOf(file: File): Promise<string> {
  const about = `${file.name}|${file.size}|${file.lastModified}`;
  const whole = new Blob([about, file.slice(0, EDGE_BYTES), file.slice(Math.max(0, file.size - EDGE_BYTES))]);
  const bytes = new Uint8Array(await whole.arrayBuffer());
  if (globalThis.crypto?.subtle === undefined) return `f-${fnv(bytes)}-${file.size}`; // a page without HTTPS
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (one) => one.toString(16).padStart(2, "0")).join("");
}

function fnv(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const one of bytes) hash = Math.imul(hash ^ one, 0x01000193);
  return (hash >>> 0).toString(16);
}
