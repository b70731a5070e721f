import { beforeEach, describe, expect, it } from "vitest";

import { CLOSE, type ToPage } from "@/live/protocol";
import { backOff, ClassroomSocket, type SocketStatus, type SocketWorld } from "@/live/socket";

class FakeSocket {
  readyState = 1;
  sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
  }

  says(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const WELCOME = { type: "welcome", version: 1, now_ms: 0, seat_token: "seat-1", heartbeat_ms: 5000, idle_warning_ms: 60000, blur_ms: 1500, ice_servers: [], stream: "s", after_seq: 0, resumed: false };

describe("the classroom socket", () => {
  let opened: FakeSocket[];
  let later: { run: () => void; delayMs: number }[];
  let statuses: SocketStatus[];
  let messages: ToPage[];
  let socket: ClassroomSocket;

  beforeEach(() => {
    opened = [];
    later = [];
    statuses = [];
    messages = [];
    const kept = new Map<string, string>();
    const world: SocketWorld = {
      open: () => {
        const one = new FakeSocket();
        opened.push(one);
        return one as unknown as WebSocket;
      },
      random: () => 0.5,
      later: (run, delayMs) => later.push({ run, delayMs }),
      cancel: () => undefined,
      tokens: {
        getItem: (name) => kept.get(name) ?? null,
        setItem: (name, value) => void kept.set(name, value),
        removeItem: (name) => void kept.delete(name),
      },
    };
    socket = new ClassroomSocket("ws://here", "class", {
      message: (message) => messages.push(message), status: (status) => statuses.push(status),
    }, world);
    socket.connect();
    opened[0]?.onopen?.();
  });

  it("closes at a page that is kept for going back to, and opens when it is shown again", () => {
    opened[0]?.says(WELCOME);
    socket.rest();
    expect([opened[0]?.readyState, opened.length, later.length, statuses.at(-1)]).toEqual([3, 1, 0, "lost"]);
    socket.reconnect();
    expect([opened.length, statuses.at(-1)]).toEqual([2, "connecting"]);
    socket.stop();
    socket.rest();
    socket.reconnect();
    expect(opened.length).toBe(2);
  });

  it("says hello first, and nothing else before it was welcomed", () => {
    expect(socket.send({ type: "begin" })).toBe(false);
    expect(opened[0]?.sent).toEqual([{ type: "hello", version: 1, class_id: "class", seat_token: null, stream: null, last_seq: null }]);
    opened[0]?.says(WELCOME);
    expect(socket.send({ type: "begin" })).toBe(true);
  });

  it("comes back with its seat token after a loss", () => {
    opened[0]?.says(WELCOME);
    opened[0]?.onclose?.({ code: 1006 });
    expect(statuses.at(-1)).toBe("lost");
    expect(later[0]?.delayMs).toBe(500);
    later[0]?.run();
    opened[1]?.onopen?.();
    expect(opened[1]?.sent).toEqual([{ type: "hello", version: 1, class_id: "class", seat_token: "seat-1", stream: "s", last_seq: 0 }]);
  });

  it("says the last message that it saw, and goes on from there", () => {
    opened[0]?.says(WELCOME);
    opened[0]?.says({ type: "idle_warning", seq: 1, sign_out_at_ms: 1 });
    opened[0]?.onclose?.({ code: 1006 });
    later[0]?.run();
    opened[1]?.onopen?.();
    expect(opened[1]?.sent[0]).toMatchObject({ type: "hello", stream: "s", last_seq: 1 });
    opened[1]?.says({ ...WELCOME, after_seq: 1, resumed: true });
    opened[1]?.says({ type: "refused", seq: 2, code: "NOT_HERE", message_type: null });
    expect(messages.map((message) => message.type)).toEqual(["welcome", "idle_warning", "welcome", "refused"]);
    expect(later).toHaveLength(1);
  });

  it("takes the server's numbers anew when it couldn't go on", () => {
    opened[0]?.says(WELCOME);
    opened[0]?.says({ type: "idle_warning", seq: 1, sign_out_at_ms: 1 });
    opened[0]?.onclose?.({ code: 1006 });
    later[0]?.run();
    opened[1]?.says(WELCOME);
    opened[1]?.says({ type: "idle_warning", seq: 1, sign_out_at_ms: 2 });
    expect(messages.at(-1)).toMatchObject({ sign_out_at_ms: 2 });
    expect(later).toHaveLength(1);
  });

  it.each([1, 3])("connects anew when number 2 is owed and %i comes, and shows nothing of it", (seq) => {
    opened[0]?.says(WELCOME);
    opened[0]?.says({ type: "idle_warning", seq: 1, sign_out_at_ms: 1 });
    opened[0]?.says({ type: "idle_warning", seq, sign_out_at_ms: 9 });
    expect([opened[0]?.readyState, statuses.at(-1), messages.length]).toEqual([3, "lost", 2]);
    later[0]?.run();
    opened[1]?.onopen?.();
    expect(opened[1]?.sent[0]).toMatchObject({ last_seq: 1 });
  });

  it("asks for everything when the seat was given up", () => {
    opened[0]?.says(WELCOME);
    opened[0]?.says({ type: "idle_warning", seq: 1, sign_out_at_ms: 1 });
    socket.forgetSeat();
    socket.connect();
    opened[1]?.onopen?.();
    expect(opened[1]?.sent[0]).toMatchObject({ seat_token: null, last_seq: null });
  });

  it("waits longer each time, five seconds and its jitter at most", () => {
    expect([0, 1, 2, 3, 4, 9].map((attempt) => backOff(attempt, 0))).toEqual([250, 500, 1000, 2000, 2500, 2500]);
    expect(backOff(9, 1)).toBe(7500);
  });

  it.each([
    [CLOSE.VERSION, "version"], [CLOSE.UNAUTHENTICATED, "unauthenticated"], [CLOSE.NOT_ENROLLED, "not_enrolled"],
    [CLOSE.REPLACED, "replaced"],
  ])("stays away after close code %i", (code, status) => {
    opened[0]?.onclose?.({ code });
    expect(statuses.at(-1)).toBe(status);
    expect(later).toEqual([]);
  });

  it("comes back at once when the server restarts", () => {
    opened[0]?.says(WELCOME);
    opened[0]?.onclose?.({ code: CLOSE.RESTART });
    expect(later[0]?.delayMs).toBeLessThan(250);
  });
});
