/** The wall's socket: says which classes it wants and what it knows of them, and comes back by itself. */

import { backOff } from "@/live/socket";
import type { ProctorCall, ToCall } from "./call";
import { fold, type ClassRows } from "./fold";
import { CLOSE, VERSION, type ToWall, type WallNews } from "./protocol.gen";

export type WallStatus = "connecting" | "open" | "lost" | "version" | "unauthenticated";

const FINAL: Record<number, WallStatus> = { [CLOSE.VERSION]: "version", [CLOSE.UNAUTHENTICATED]: "unauthenticated" };

export class WallSocket {
  readonly known = new Map<string, ClassRows>();
  heardAtMs = 0; // on the server's clock
  call: ProctorCall | null = null; // hears what is said of it
  private classes: string[] = [];
  private socket: WebSocket | null = null;
  private timer = 0;
  private attempt = 0;

  constructor(
    private readonly url: string,
    private readonly changed: (status: WallStatus) => void,
    private readonly news: (classId: string, list: WallNews["list"]) => void = () => undefined,
  ) {}

  watch(classes: string[]): void {
    this.classes = classes;
    for (const one of [...this.known.keys()]) if (!classes.includes(one)) this.known.delete(one);
    if (this.socket?.readyState === 1) this.ask();
    else this.connect();
  }

  say(message: ToCall): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(message));
  }

  stop(): void {
    window.clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private connect(): void {
    this.stop();
    this.changed("connecting");
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      this.ask();
      this.call?.attend();
    };
    socket.onmessage = (event) => {
      if (this.socket === socket) this.hear(JSON.parse(String(event.data)) as ToWall);
    };
    socket.onclose = (event) => {
      if (this.socket === socket) this.closed(event.code);
    };
  }

  private ask(): void {
    const since = Object.fromEntries([...this.known].map(([id, one]) => [id, one.since]));
    this.socket?.send(JSON.stringify({ type: "watch", version: VERSION, classes: this.classes, since }));
  }

  private hear(message: ToWall): void {
    this.attempt = 0;
    if (message.type === "wall_welcome") this.heardAtMs = message.now_ms;
    else if (message.type === "wall_news") this.news(message.class_id, message.list);
    else if (message.type === "wall_call" || message.type === "wall_offer" || message.type === "wall_call_over") this.call?.hear(message);
    else if (message.type !== "wall_refused") {
      if (!fold(this.known, message)) {
        this.known.delete(message.class_id); // a version is missing: what is shown may be wrong
        this.connect();
        return;
      }
      this.heardAtMs = message.as_of_ms;
    }
    this.changed("open");
  }

  private closed(code: number): void {
    this.socket = null;
    const final = FINAL[code];
    this.changed(final ?? "lost");
    if (final !== undefined) return;
    this.timer = window.setTimeout(() => this.connect(), backOff(this.attempt, Math.random()));
    this.attempt += 1;
  }
}
