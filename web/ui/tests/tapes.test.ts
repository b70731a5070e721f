/** The session on tapes that tests/realtime/test_resume.py recorded from a real seat: it knows what a new page would be told. */

import { readFileSync } from "node:fs";

import { createPinia, setActivePinia } from "pinia";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { View } from "@/live/protocol";
import { useSession } from "@/live/session";
import { FakeVideo } from "./cast";

vi.mock("@/live/sound", () => ({ chime: () => undefined, unlockSound: () => undefined }));

interface Frame {
  connect?: number | null;
  reloaded?: boolean;
  says?: { type: string };
  cut?: true;
  expect?: View;
  ignored?: (keyof View)[];
}

class Wire {
  static last: Wire;
  readyState = 1;
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor() {
    Wire.last = this;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.readyState = 3;
  }
}

const file = process.env["TAPES"];
const tapes = file === undefined ? [] : (JSON.parse(readFileSync(file, "utf8")) as Frame[][]);

describe.skipIf(file === undefined)("the session on the tapes of a real seat", () => {
  let session: ReturnType<typeof useSession> | undefined;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", Wire);
  });

  afterEach(() => {
    session?.leave();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  function load(): void {
    session?.leave(); // the page before is gone
    setActivePinia(createPinia());
    session = useSession();
    session.enter("room");
    session.attachVideo(new FakeVideo());
  }

  function connect(frame: Frame): void {
    if (frame.reloaded === true) load();
    else vi.advanceTimersByTime(10_000); // until the page comes back by itself
    Wire.last.onopen?.();
    expect(Wire.last.sent[0]).toMatchObject({ type: "hello", last_seq: frame.connect });
  }

  it.each(tapes.map((tape, number) => ({ number, tape })))("tape $number", ({ tape }) => {
    tape.forEach((frame, at) => {
      if (frame.connect !== undefined) connect(frame);
      else if (frame.cut) Wire.last.onclose?.({ code: 1006 });
      else if (frame.says) Wire.last.onmessage?.({ data: JSON.stringify(frame.says) });
      else if (frame.expect) {
        const known: Partial<View> = { ...session?.view }, fresh: Partial<View> = { ...frame.expect };
        for (const name of frame.ignored ?? []) {
          delete known[name];
          delete fresh[name];
        }
        expect(known, `after frame ${at}`).toEqual(fresh);
        const open = frame.expect.here ? (frame.expect.check?.check_id ?? null) : null;
        expect(session?.check.view?.check_id ?? null, `the check after frame ${at}`).toEqual(open);
      }
    });
  });
});

it("has tapes to play when it is asked by pytest", () => {
  expect(file === undefined || tapes.length > 0).toBe(true);
});
