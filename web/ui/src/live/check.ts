/** One open check on the page: what it asks, what was seen, what the camera does, and how it ended. */

import { markRaw, reactive } from "vue";

import { CameraLink, CameraRefused, closeCamera, openCamera, reachable } from "./camera";
import type {
  Action, CameraErrorCode, CheckEnded, CheckKind, CheckPrompt, CheckView, FromPage, ToPage,
} from "./protocol";
import { StillsLink } from "./stills";

export interface Prompt {
  action: Action;
  index: number;
  total: number;
  tryNo: number;
  withinMs: number;
}

export interface Verdict {
  checkId: string;
  kind: CheckKind;
  outcome: string;
  reason: string | null;
  costMs: number;
}

export interface OpenCheck {
  view: CheckView | null;
  prompt: Prompt | null;
  seen: number; // steps of this try that were seen
  hint: string | null;
  lost: { reason: string; triesLeft: number } | null; // the last try that was lost
  camera: "closed" | "opening" | "connecting" | "live" | "refused";
  cameraError: CameraErrorCode | null;
  way: "webrtc" | "jpeg"; // how its picture travels
  stream: MediaStream | null;
  verdict: Verdict | null;
}

const VERDICT_MS = 5_000;
const OFFERS_AGAIN = 1; // after that the pictures go over the socket
const ANSWER_MS = 8_000; // from the offer to its answer
const CONNECT_MS = 4_000; // from the answer to a connection
const FRAME_MS = 4_000; // from a connection made anew to the server's word that it sees something
const LOST_MS = 5_000;

export type CheckMessage = Extract<ToPage, { check_id: string }>;

export class CheckRoom {
  readonly state: OpenCheck = reactive({
    view: null, prompt: null, seen: 0, hint: null, lost: null, camera: "closed", cameraError: null, way: "webrtc",
    stream: null, verdict: null,
  });

  private link: CameraLink | null = null;
  private stills: StillsLink | null = null;
  private offersAgain = 0;
  private blocked = false; // no connection was ever made in this page: the next check doesn't wait for one
  private patience: ReturnType<typeof setTimeout> | undefined;
  private timers: ReturnType<typeof setTimeout>[] = [];

  constructor(
    private readonly send: (message: FromPage) => boolean,
    private readonly iceServers: () => RTCIceServer[],
    private readonly backlog: () => number = () => 0,
  ) {}

  get open(): boolean {
    return this.state.view !== null;
  }

  get rehearsal(): boolean {
    return this.state.view?.kind === "practice" || this.state.view?.kind === "enrol";
  }

  /** A check begins, or is still open after a lost connection or a reload. */
  begin(view: CheckView, positionMs: number | null): void {
    const known = this.state.view?.check_id === view.check_id;
    if (!known) {
      this.close();
      Object.assign(this.state, { prompt: null, seen: 0, hint: null, lost: null, verdict: null });
      this.offersAgain = 0;
      this.state.way = this.blocked ? "jpeg" : "webrtc";
    }
    this.state.view = view;
    if (!view.acknowledged) this.send({ type: "check_ack", check_id: view.check_id, position_ms: positionMs });
    const connecting = this.state.camera === "opening" || this.state.camera === "connecting";
    const running = connecting || this.stills !== null || this.link?.alive === true;
    if (!known || !running) void this.connectCamera();
  }

  /** Newer facts about the open check (its deadline moves once). */
  update(view: CheckView): void {
    if (this.state.view?.check_id === view.check_id) this.state.view = view;
  }

  receive(message: CheckMessage): void {
    if (message.type === "check_ended") return this.end(message);
    if (message.check_id !== this.state.view?.check_id) return;
    switch (message.type) {
      case "check_answer":
        if (this.link !== null) this.wait(CONNECT_MS, () => this.linkFailed(true));
        void this.link?.accept(message.sdp).catch(() => this.linkFailed());
        break;
      case "check_prompt":
        this.prompt(message);
        break;
      case "check_step_seen":
        this.state.prompt = null;
        this.state.hint = null;
        this.state.seen = message.index + 1;
        break;
      case "check_hint":
        this.state.hint = message.reason;
        if (message.reason === "NO_CAMERA") this.offerAgain();
        break;
      case "check_try_failed":
        this.state.prompt = null;
        this.state.seen = 0;
        this.state.lost = { reason: message.reason, triesLeft: message.tries_left };
        this.after(LOST_MS, () => (this.state.lost = null));
        break;
    }
  }

  /** Tries the camera again after the learner has given permission. */
  async connectCamera(): Promise<void> {
    const check = this.state.view;
    if (check === null) return;
    this.state.camera = "opening";
    this.state.cameraError = null;
    try {
      const live = this.state.stream?.getVideoTracks()[0]?.readyState === "live";
      const stream = live && this.state.stream !== null ? this.state.stream : markRaw(await openCamera());
      if (this.state.view?.check_id !== check.check_id) return closeCamera(stream);
      this.state.stream = stream;
      stream.getVideoTracks()[0]?.addEventListener("ended", () => this.gone(stream), { once: true });
      this.closeLinks();
      if (this.state.way === "jpeg") return this.sendStills(stream);
      this.state.camera = "connecting";
      const link = new CameraLink(this.iceServers(), () => this.linkFailed(), () => this.connected());
      this.link = link;
      const sdp = await link.offer(stream);
      if (this.link !== link) return;
      if (!reachable(sdp)) return this.linkFailed(true);
      this.send({ type: "check_offer", check_id: check.check_id, sdp });
      this.wait(ANSWER_MS, () => this.linkFailed(true));
    } catch (error) {
      if (this.state.view?.check_id === check.check_id) this.refuse(error instanceof CameraRefused ? error.code : "OTHER");
    }
  }

  /** The check is gone and nobody said how it ended: a lost connection, or the server let it go. */
  vanish(): void {
    this.close();
  }

  /** The media process doesn't take this stream: pictures will do. */
  offerRefused(): void {
    this.linkFailed();
  }

  dismissVerdict(): void {
    this.state.verdict = null;
  }

  private prompt(message: CheckPrompt): void {
    const { action, index, total, try_no: tryNo, within_ms: withinMs } = message;
    this.state.prompt = { action, index, total, tryNo, withinMs };
    this.state.seen = index;
    if (index > 0) this.state.lost = null;
  }

  private end(message: CheckEnded): void {
    if (this.open && this.state.view?.check_id !== message.check_id) return;
    this.close();
    const { check_id: checkId, kind, outcome, reason, cost_ms: costMs } = message;
    this.state.verdict = { checkId, kind, outcome, reason, costMs };
    const shown = this.state.verdict;
    this.after(VERDICT_MS, () => {
      if (this.state.verdict?.checkId === shown.checkId) this.state.verdict = null;
    });
  }

  private connected(): void {
    clearTimeout(this.patience);
    this.blocked = false;
    this.state.camera = "live";
    if (this.offersAgain > 0) this.wait(FRAME_MS, () => this.state.hint === "NO_CAMERA" && this.toStills());
  }

  /** The server's answer, or a path to it, stayed out: by the page's own clock, for nobody else can know. */
  private linkFailed(never = false): void {
    if (this.state.view === null || this.state.way === "jpeg") return;
    if (never && this.link?.connected === true) return;
    this.blocked = never;
    this.toStills();
  }

  /** Gives WebRTC up for this check; the deadline goes on as it is. */
  private toStills(): void {
    this.closeLinks();
    this.state.way = "jpeg";
    this.state.prompt = null; // the server asks again what was not finished
    const { stream } = this.state;
    if (stream !== null) this.sendStills(stream);
  }

  private sendStills(stream: MediaStream): void {
    this.state.camera = "live";
    this.stills = new StillsLink(stream, {
      backlog: this.backlog,
      frame: (jpeg) => {
        const check = this.state.view;
        if (check !== null) this.send({ type: "check_frame", check_id: check.check_id, jpeg });
      },
    });
  }

  /** The camera runs here, but no picture reaches the server: some streams bring none, a new one does. */
  private offerAgain(): void {
    const running = this.state.camera === "live" || this.state.camera === "connecting";
    if (!running || this.state.way === "jpeg" || this.offersAgain >= OFFERS_AGAIN) return;
    this.offersAgain += 1;
    void this.connectCamera();
  }

  /** Unplugged, or the permission was taken back, in the middle of the check. */
  private gone(stream: MediaStream): void {
    if (this.state.stream !== stream) return;
    this.closeLinks();
    closeCamera(stream);
    this.state.stream = null;
    this.state.prompt = null;
    this.refuse("NOT_FOUND");
  }

  private closeLinks(): void {
    clearTimeout(this.patience);
    this.link?.close();
    this.link = null;
    this.stills?.close();
    this.stills = null;
  }

  private wait(delayMs: number, run: () => void): void {
    clearTimeout(this.patience);
    this.patience = setTimeout(run, delayMs);
  }

  private refuse(code: CameraErrorCode): void {
    if (this.state.view === null) return;
    this.state.camera = "refused";
    this.state.cameraError = code;
    this.send({ type: "camera_error", check_id: this.state.view.check_id, code });
  }

  private close(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers = [];
    this.closeLinks();
    closeCamera(this.state.stream);
    Object.assign(this.state, { view: null, prompt: null, hint: null, lost: null, camera: "closed", cameraError: null, stream: null });
  }

  private after(delayMs: number, run: () => void): void {
    this.timers.push(setTimeout(run, delayMs));
  }
}
