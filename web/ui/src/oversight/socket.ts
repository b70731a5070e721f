/** The regulators' socket: says what is looked at, folds what it is told, and comes back by itself. */

import { backOff } from "@/live/socket";
import { CLOSE, VERSION, type OversightSums, type ToOversight } from "./protocol.gen";

export type Status = "connecting" | "open" | "lost" | "version" | "unauthenticated" | "unknown";
export type Numbers = [number, number, number]; // online, studying, in a check
export interface At {
  region: string | null;
  facet: string;
  institution: string;
}

const FINAL: Record<number, Status> = { [CLOSE.VERSION]: "version", [CLOSE.UNAUTHENTICATED]: "unauthenticated" };
const LISTS = ["regions", "institutions", "facets", "classes"] as const;
const SILENT_MS = 10_000; // it is told something about once a second

/** What is known after a message; null where a change came of what isn't known. */
export function fold(known: OversightSums | null, said: OversightSums): OversightSums | null {
  if (said.whole) return said;
  if (known === null) return null;
  const next = { ...said };
  for (const list of LISTS) {
    next[list] = { ...known[list] };
    for (const [name, numbers] of Object.entries(said[list])) {
      if (numbers.some((one) => one > 0)) next[list][name] = numbers;
      else delete next[list][name];
    }
  }
  return next;
}

export class OversightSocket {
  private at: At = { region: null, facet: "", institution: "" };
  private look = 0;
  private known: OversightSums | null = null;
  private socket: WebSocket | null = null;
  private timer = 0;
  private silence = 0;
  private attempt = 0;

  constructor(
    private readonly url: string,
    private readonly changed: (status: Status) => void,
    private readonly told: (sums: OversightSums) => void,
  ) {}

  watch(at: At): void {
    this.at = at;
    this.known = null;
    if (this.socket?.readyState === 1) this.ask();
    else this.connect();
  }

  stop(): void {
    window.clearTimeout(this.timer);
    window.clearTimeout(this.silence);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private connect(): void {
    this.stop();
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => this.ask();
    socket.onmessage = (event) => {
      if (this.socket === socket) this.hear(JSON.parse(String(event.data)) as ToOversight);
    };
    socket.onclose = (event) => {
      if (this.socket === socket) this.closed(event.code);
    };
    this.wait();
  }

  private wait(): void {
    window.clearTimeout(this.silence);
    this.silence = window.setTimeout(() => {
      this.stop();
      this.closed(0);
    }, SILENT_MS);
  }

  private ask(): void {
    this.look += 1;
    this.socket?.send(JSON.stringify({ type: "look", version: VERSION, look: this.look, ...this.at }));
  }

  private hear(message: ToOversight): void {
    if (message.look !== this.look) return; // of what was looked at before
    this.attempt = 0;
    this.wait();
    if (message.type === "refused") {
      window.clearTimeout(this.silence); // nothing more is said
      this.changed("unknown");
      return;
    }
    this.known = fold(this.known, message);
    if (this.known === null) {
      this.ask(); // a change of what we don't know: everything, please
      return;
    }
    this.changed("open");
    this.told(this.known);
  }

  private closed(code: number): void {
    this.socket = null;
    window.clearTimeout(this.silence);
    const final = FINAL[code];
    this.changed(final ?? "lost");
    if (final !== undefined) return;
    this.timer = window.setTimeout(() => this.connect(), backOff(this.attempt, Math.random()));
    this.attempt += 1;
  }
}
