/** The proctor's side of a live check: takes part over the wall's socket, answers the learner's offer. */

import { markRaw, reactive } from "vue";

import { closeCamera } from "@/live/camera";
import { openTalk, Talk } from "@/live/talk";
import type { WallCall, WallCallOver, WallOffer } from "./protocol.gen";

export type CallMessage = WallCall | WallOffer | WallCallOver;
export type ToCall =
  | { type: "person_attend"; check_id: string }
  | { type: "person_answer"; check_id: string; sdp: string }
  | { type: "person_seen"; check_id: string };

export class ProctorCall {
  readonly state = reactive({
    mine: null as MediaStream | null,
    theirs: null as MediaStream | null,
    silent: false, // no camera or microphone here: the learner is seen and heard all the same
    seen: false,
    over: null as string | null,
  });

  private talk: Talk | null = null;
  private iceServers: RTCIceServer[] = [];
  private opening: Promise<void> | null = null;
  private closed = false;

  constructor(
    readonly checkId: string,
    private readonly send: (message: ToCall) => void,
  ) {}

  /** Also whenever the socket has come back. */
  attend(): void {
    if (this.state.over === null) this.send({ type: "person_attend", check_id: this.checkId });
  }

  hear(message: CallMessage): void {
    if (message.check_id !== this.checkId) return;
    if (message.type === "wall_call") this.iceServers = message.ice_servers;
    else if (message.type === "wall_offer") void this.answer(message.sdp);
    else {
      this.close();
      this.state.over = message.outcome;
    }
  }

  /** The learner's picture moves on this page. */
  see(): void {
    if (this.state.seen) return;
    this.state.seen = true;
    this.send({ type: "person_seen", check_id: this.checkId });
  }

  close(): void {
    this.closed = true;
    this.talk?.close();
    this.talk = null;
    closeCamera(this.state.mine);
    this.state.mine = null;
    this.state.theirs = null;
  }

  private async answer(sdp: string): Promise<void> {
    await (this.opening ??= this.open());
    if (this.closed) return;
    this.talk?.close();
    const talk = new Talk(this.iceServers, this.state.mine, (stream) => (this.state.theirs = markRaw(stream)), () => this.attend());
    this.talk = talk;
    const answer = await talk.answer(sdp).catch(() => "");
    if (this.talk === talk && answer !== "") this.send({ type: "person_answer", check_id: this.checkId, sdp: answer });
  }

  private async open(): Promise<void> {
    try {
      const mine = markRaw(await openTalk());
      if (this.closed) closeCamera(mine);
      else this.state.mine = mine;
    } catch {
      this.state.silent = true;
    }
  }
}
