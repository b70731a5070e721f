/** One classroom socket that says hello, comes back by itself after a loss, and tells its owner what arrived. */

import { CLOSE, VERSION, type FromPage, type ToPage } from "./protocol";

export type SocketStatus = "connecting" | "open" | "lost" | "version" | "unauthenticated" | "not_enrolled" | "replaced";

export interface SocketOwner {
  message(message: ToPage): void;
  status(status: SocketStatus): void;
}

/** What the socket needs from the world, so that tests can play it. */
export interface SocketWorld {
  open(url: string): WebSocket;
  random(): number;
  later(run: () => void, delayMs: number): number;
  cancel(timer: number): void;
  tokens: Pick<Storage, "getItem" | "setItem" | "removeItem">;
}

const CLOSE_GAP = 1006; // as if the line had broken
const FIRST_DELAY_MS = 500;
const LAST_DELAY_MS = 5_000;
const FINAL: Record<number, SocketStatus> = {
  [CLOSE.VERSION]: "version",
  [CLOSE.UNAUTHENTICATED]: "unauthenticated",
  [CLOSE.NOT_ENROLLED]: "not_enrolled",
  [CLOSE.REPLACED]: "replaced",
};

/** Half a second doubled up to five, each half as long to half as long again: a class doesn't come back in one instant. */
export function backOff(attempt: number, random: number): number {
  return Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt) * (0.5 + random);
}

export function browserWorld(): SocketWorld {
  return {
    open: (url) => new WebSocket(url),
    random: Math.random,
    later: (run, delayMs) => window.setTimeout(run, delayMs),
    cancel: (timer) => window.clearTimeout(timer),
    tokens: window.sessionStorage,
  };
}

export class ClassroomSocket {
  private socket: WebSocket | null = null;
  private timer: number | null = null;
  private attempt = 0;
  private seen: { stream: string; last_seq: number } | null = null; // of this page, not of the tab: a reloaded one knows nothing
  private welcomed = false;
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly classId: string,
    private readonly owner: SocketOwner,
    private readonly world: SocketWorld = browserWorld(),
  ) {}

  connect(): void {
    this.stopped = false;
    this.drop();
    this.owner.status("connecting");
    const socket = this.world.open(this.url);
    this.socket = socket;
    this.welcomed = false;
    socket.onopen = () => {
      if (this.socket !== socket) return;
      const seat_token = this.world.tokens.getItem(this.tokenName);
      this.write({ type: "hello", version: VERSION, class_id: this.classId, seat_token, stream: null, last_seq: null, ...this.seen });
    };
    socket.onmessage = (event) => {
      if (this.socket === socket && typeof event.data === "string") this.received(event.data);
    };
    socket.onclose = (event) => {
      if (this.socket === socket) this.closed(event.code);
    };
  }

  /** False when there is no connection: nothing is kept for later, the server's next View says what holds. */
  send(message: FromPage): boolean {
    return this.welcomed && this.write(message);
  }

  /** Bytes that wait to be sent. */
  get backlog(): number {
    return this.socket?.bufferedAmount ?? 0;
  }

  /** Ends a connection that seems open but says nothing. */
  reconnect(): void {
    if (!this.stopped && this.timer === null) this.connect();
  }

  /** This tab gives up its claim to be the one that held the seat. */
  forgetSeat(): void {
    this.world.tokens.removeItem(this.tokenName);
    this.seen = null;
  }

  /** Closes until ``reconnect``: nobody is at this page. */
  rest(): void {
    if (this.stopped) return;
    this.drop();
    this.owner.status("lost");
  }

  stop(): void {
    this.stopped = true;
    this.drop();
  }

  private get tokenName(): string {
    return `seat:${this.classId}`;
  }

  private write(message: FromPage): boolean {
    if (this.socket?.readyState !== 1) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  private received(text: string): void {
    let message: ToPage;
    try {
      message = JSON.parse(text) as ToPage;
    } catch {
      return; // not ours; the server's next View says what holds
    }
    if (message.type === "welcome") {
      this.welcomed = true;
      this.attempt = 0;
      this.seen = { stream: message.stream, last_seq: message.after_seq };
      this.world.tokens.setItem(this.tokenName, message.seat_token);
      this.owner.status("open");
    } else if (this.welcomed && this.seen !== null) {
      if (message.seq !== this.seen.last_seq + 1) return this.gap();
      this.seen.last_seq = message.seq;
    }
    this.owner.message(message);
  }

  /** A message is missing, so what is shown may be wrong: ask for what came after the last one that is known. */
  private gap(): void {
    this.drop();
    this.closed(CLOSE_GAP);
  }

  private closed(code: number): void {
    this.socket = null;
    this.welcomed = false;
    const final = FINAL[code];
    if (final !== undefined) {
      this.stopped = true;
      this.owner.status(final);
      return;
    }
    this.owner.status("lost");
    if (this.stopped) return;
    if (code === CLOSE.TOO_FAST) this.attempt = 4;
    const soon = (code === CLOSE.RESTART || code === CLOSE.LOST_SEAT) && this.attempt === 0;
    const delayMs = soon ? 200 * this.world.random() : backOff(this.attempt, this.world.random());
    this.attempt += 1;
    this.timer = this.world.later(() => this.connect(), delayMs);
  }

  private drop(): void {
    if (this.timer !== null) this.world.cancel(this.timer);
    this.timer = null;
    const socket = this.socket;
    this.socket = null;
    this.welcomed = false;
    socket?.close();
  }
}
