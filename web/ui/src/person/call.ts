/** The learner's side of a live check by a person: own camera and sound, offered whenever the other page is there. */

import { markRaw, reactive } from "vue";

import { CameraRefused, closeCamera } from "@/live/camera";
import type { CameraErrorCode, CheckView, FromPage } from "@/live/protocol";
import { openTalk, Talk } from "@/live/talk";

export interface Call {
  view: CheckView | null;
  mine: MediaStream | null;
  theirs: MediaStream | null;
  cameraError: CameraErrorCode | null;
}

export class PersonCall {
  readonly state: Call = reactive({ view: null, mine: null, theirs: null, cameraError: null });
  private talk: Talk | null = null;

  constructor(
    private readonly send: (message: FromPage) => boolean,
    private readonly iceServers: () => RTCIceServer[],
  ) {}

  get open(): boolean {
    return this.state.view !== null;
  }

  /** Called now, or still in the call after a reload or a lost line. */
  begin(view: CheckView, positionMs: number | null): void {
    const known = this.state.view?.check_id === view.check_id;
    if (!known) this.close();
    this.state.view = view;
    if (!view.acknowledged) this.send({ type: "check_ack", check_id: view.check_id, position_ms: positionMs });
    if (!known) void this.connect();
  }

  update(view: CheckView): void {
    if (this.state.view?.check_id === view.check_id) this.state.view = view;
  }

  /** The other page is there, perhaps anew. */
  here(checkId: string): void {
    if (this.state.view?.check_id === checkId) void this.connect();
  }

  answered(checkId: string, sdp: string): void {
    if (this.state.view?.check_id === checkId) void this.talk?.accept(sdp).catch(() => undefined);
  }

  /** Also after the learner has given permission. */
  async connect(): Promise<void> {
    const check = this.state.view;
    if (check === null) return;
    try {
      const live = this.state.mine?.getVideoTracks()[0]?.readyState === "live";
      const mine = live && this.state.mine !== null ? this.state.mine : markRaw(await openTalk());
      if (this.state.view?.check_id !== check.check_id) return closeCamera(mine);
      this.state.mine = mine;
      this.state.cameraError = null;
      this.talk?.close();
      const talk = new Talk(this.iceServers(), mine, (stream) => (this.state.theirs = markRaw(stream)), () => void this.connect());
      this.talk = talk;
      const sdp = await talk.offer();
      if (this.talk === talk) this.send({ type: "check_offer", check_id: check.check_id, sdp });
    } catch (error) {
      if (this.state.view?.check_id !== check.check_id) return;
      this.state.cameraError = error instanceof CameraRefused ? error.code : "OTHER";
      this.send({ type: "camera_error", check_id: check.check_id, code: this.state.cameraError });
    }
  }

  close(): void {
    this.talk?.close();
    this.talk = null;
    closeCamera(this.state.mine);
    Object.assign(this.state, { view: null, mine: null, theirs: null, cameraError: null });
  }
}
