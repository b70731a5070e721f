/** The learner's session as the page knows it: the last View, the open check, and what the learner may ask for. */

import { defineStore } from "pinia";
import { computed, reactive, ref, shallowRef } from "vue";

import { CheckRoom, type CheckMessage } from "./check";
import { Playback, type Video } from "./playback";
import { watchPresence } from "./presence";
import type { Beaten, FromPage, LessonOpened, ToPage, View, Welcome } from "./protocol";
import { ClassroomSocket, type SocketStatus } from "./socket";
import { chime } from "./sound";
import { PersonCall } from "@/person/call";

const SILENCE_MS = 10_000; // ux rule 1: after this the page says that it is reconnecting
const LOST_MS = 1_500; // the line is known to be broken: what plays on would only be watched again
const DEAD_MS = 15_000; // a connection that answers no heartbeat for this long is opened anew
const INPUT_EVERY_MS = 5_000;
const NOTE_MS = 6_000;
const LATER_MS = 1_500;
// What a person asked for: only then is a refusal worth a sentence.
const BARRED = ["DEVICE_BLOCKED", "SUSPENDED", "PAUSED_BY_STAFF"];
const ASKED = ["begin", "open_lesson", "play", "pause", "leave", "sign_out", "rehearse"];

export interface Note {
  code: string;
  about: string | null;
}

export const useSession = defineStore("session", () => {
  const classId = ref<string | null>(null);
  const status = ref<SocketStatus | "none">("none");
  const welcome = shallowRef<Welcome | null>(null);
  const view = shallowRef<View | null>(null);
  const opened = shallowRef<LessonOpened | null>(null);
  const silent = ref(false);
  const note = ref<Note | null>(null); // the last refusal, or why the video was sent back
  const gestureNeeded = ref(false);
  const wasHere = ref(false); // this page held the session before another device took it
  const idleAtMs = ref<number | null>(null); // set while the idle warning is on
  const asking = ref(false); // Begin is on its way
  const barred = ref<string | null>(null); // why the last Begin was refused, where no second try helps
  const news = reactive({ notes: 0, appeals: 0, persons: 0 }); // how often each list of this learner's was said to have changed
  const makeUpWanted = ref<string | null>(null); // the lesson that is opened after the next login check
  const nowMs = ref(Date.now()); // the server's clock, for countdowns only

  let socket: ClassroomSocket | null = null;
  let playback: Playback | null = null;
  let stopPresence: (() => void) | null = null;
  let beatTimer = 0;
  let secondTimer = 0;
  let noteTimer = 0;
  let heardAt = 0;
  let waitingSince: number | null = null; // since when an answer is owed
  let interacted = false;
  let inputSentAt = 0;
  let openAsked: string | null = null;
  let blurInCheck = false;
  let comingBack = false; // a hidden page that connects anew must say again that it is hidden

  const send = (message: FromPage): boolean => socket?.send(message) ?? false;
  const room = new CheckRoom(send, () => welcome.value?.ice_servers ?? [], () => socket?.backlog ?? 0);
  const check = room.state;
  const caller = new PersonCall(send, () => welcome.value?.ice_servers ?? []);
  const call = caller.state;

  const lesson = computed(() => view.value?.lessons.find((one) => one.lesson_id === view.value?.lesson_id) ?? null);
  /** Where to win time back: the lesson chosen for it, what the last check dropped, or whatever was dropped (补录). */
  const makeUpLesson = computed(() => {
    const open = (view.value?.lessons ?? []).filter((one) => one.dropped_to_ms - one.earned_to_ms >= 1_000);
    const last = view.value?.lost?.stretches.map((one) => one.lesson_id) ?? [];
    return open.find((one) => one.lesson_id === makeUpWanted.value) ?? open.find((one) => last.includes(one.lesson_id)) ?? open[0] ?? null;
  });
  const ready = computed(() => status.value === "open" && view.value !== null);
  const reconnecting = computed(() => silent.value && (status.value === "lost" || status.value === "connecting" || status.value === "open"));

  // ---------------------------------------------------------------- the connection

  function enter(id: string): void {
    if (classId.value === id && socket !== null && status.value !== "none") return;
    leave();
    classId.value = id;
    const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/classroom`;
    socket = new ClassroomSocket(address, id, { message: receive, status: changed });
    heardAt = performance.now();
    socket.connect();
    stopPresence = watchPresence({ hidden, shown, blurred, focused, input });
    window.addEventListener("pagehide", kept);
    window.addEventListener("pageshow", back);
    secondTimer = window.setInterval(everySecond, 250);
  }

  /** A browser keeps a page that was left, to go back to quickly, and with it a socket that stays open at nobody's page. */
  function kept(event: PageTransitionEvent): void {
    if (event.persisted) socket?.rest();
  }

  function back(event: PageTransitionEvent): void {
    if (event.persisted) socket?.reconnect();
  }

  function leave(): void {
    stopPresence?.();
    window.removeEventListener("pagehide", kept);
    window.removeEventListener("pageshow", back);
    window.clearInterval(beatTimer);
    window.clearInterval(secondTimer);
    beatTimer = 0;
    room.vanish();
    caller.close();
    check.verdict = null;
    socket?.stop();
    socket = null;
    playback?.close();
    classId.value = null;
    status.value = "none";
    view.value = null;
    welcome.value = null;
    opened.value = null;
    idleAtMs.value = null;
    silent.value = false;
    waitingSince = null;
    wasHere.value = false;
    asking.value = false;
    barred.value = null;
    openAsked = null;
  }

  function changed(now: SocketStatus): void {
    status.value = now;
    if (now === "open") openAsked = null;
    if (now !== "lost" && now !== "replaced") return;
    waitingSince ??= performance.now();
    asking.value = false;
    if (room.rehearsal) room.vanish(); // a rehearsal ends with its connection
    if (now === "replaced") playback?.hidden();
  }

  function everySecond(): void {
    const now = performance.now();
    if (welcome.value !== null) nowMs.value = welcome.value.now_ms + (now - welcomedAt);
    const owed = waitingSince !== null && now - waitingSince > 2_000;
    silent.value = owed && now - heardAt > SILENCE_MS;
    const lost = status.value !== "open" && waitingSince !== null && now - waitingSince > LOST_MS;
    if (silent.value || lost) playback?.stop(); // the clock stands, so the video does
    if (owed && now - heardAt > DEAD_MS && status.value === "open") {
      heardAt = now;
      socket?.reconnect();
    }
  }

  let welcomedAt = 0;

  // ---------------------------------------------------------------- what the server says

  function receive(message: ToPage): void {
    heardAt = performance.now();
    waitingSince = null;
    switch (message.type) {
      case "welcome":
        welcome.value = message;
        comingBack = true;
        welcomedAt = performance.now();
        news.notes += 1; // whatever was said while the line was broken
        news.appeals += 1;
        nowMs.value = message.now_ms;
        window.clearInterval(beatTimer);
        // The first one at a moment of its own: pages that come back together don't beat together from then on.
        beatTimer = window.setTimeout(() => {
          beat();
          beatTimer = window.setInterval(beat, message.heartbeat_ms);
        }, Math.random() * message.heartbeat_ms);
        break;
      case "view":
        show(message);
        break;
      case "beaten":
        beaten(message);
        break;
      case "lesson_opened":
        opened.value = message;
        gestureNeeded.value = false;
        break;
      case "seek":
        playback?.sentBack(message.position_ms);
        say(message.reason, "seek");
        break;
      case "check_pushed":
        challenge(message.check);
        break;
      case "report_now":
        beat();
        break;
      case "idle_warning":
        idleAtMs.value = message.sign_out_at_ms;
        chime("warning");
        break;
      case "news":
        news[message.list] += 1;
        break;
      case "refused":
        if (message.message_type === "play") playback?.refused();
        if (message.message_type === "begin") {
          asking.value = false;
          barred.value = BARRED.includes(message.code) ? message.code : null;
        }
        if (message.message_type === "open_lesson") openAsked = null;
        if (message.message_type === "check_offer") room.offerRefused();
        if (ASKED.includes(message.message_type ?? "")) say(message.code, message.message_type);
        break;
      default:
        checked(message);
    }
  }

  function show(next: View): void {
    const before = view.value;
    view.value = next;
    asking.value = false;
    if (next.here) wasHere.value = true;
    else if (!next.elsewhere) wasHere.value = false;
    if (before?.session_id !== next.session_id && before !== null) dropLesson();
    if (next.lesson_id === null || !next.here || next.phase === "signed_out") dropLesson();
    if (next.phase === "signed_out" || (idleAtMs.value !== null && (next.idle_at_ms ?? Infinity) > idleAtMs.value)) {
      idleAtMs.value = null;
    }
    if (next.check !== null && next.here) {
      if (call.view?.check_id === next.check.check_id) caller.update(next.check);
      else if (check.view?.check_id === next.check.check_id) room.update(next.check);
      else challenge(next.check);
    } else if ((check.view !== null && !room.rehearsal) || caller.open) {
      caller.close();
      room.vanish(); // it ended while nobody could tell us; the View says how
    }
    playback?.follow(next);
    wantLesson(next);
    if (comingBack && next.here && document.visibilityState === "hidden") hidden();
    comingBack = false;
  }

  /** After a reload the lesson is open on the server and not here: ask for its address again. */
  function wantLesson(next: View): void {
    if (!next.here || next.lesson_id === null || !["browsing", "studying", "paused"].includes(next.phase)) return;
    if (opened.value?.lesson_id === next.lesson_id || openAsked === next.lesson_id) return;
    if (send({ type: "open_lesson", lesson_id: next.lesson_id })) openAsked = next.lesson_id;
  }

  function dropLesson(): void {
    if (opened.value === null) return;
    playback?.close();
    opened.value = null;
    openAsked = null;
  }

  function beaten(message: Beaten): void {
    const last = view.value;
    if (last === null) return;
    const { as_of_ms, times, today_ms, held_ms, idle_at_ms } = message;
    const lessons = last.lessons.map((one) =>
      one.lesson_id === last.lesson_id ? { ...one, earned_to_ms: message.earned_to_ms } : one,
    );
    view.value = { ...last, as_of_ms, times, today_ms, held_ms, idle_at_ms, lessons };
    if (idleAtMs.value !== null && (idle_at_ms ?? Infinity) > idleAtMs.value) idleAtMs.value = null;
    playback?.follow(view.value);
  }

  function challenge(pushed: View["check"]): void {
    if (pushed === null) return;
    const fresh = check.view?.check_id !== pushed.check_id && call.view?.check_id !== pushed.check_id;
    playback?.stop();
    if (fresh) {
      blurInCheck = false;
      idleAtMs.value = null;
      chime("check");
    }
    const positionMs = opened.value === null ? null : (playback?.positionMs ?? null);
    if (pushed.kind !== "person") return room.begin(pushed, positionMs);
    room.vanish();
    check.verdict = null;
    caller.begin(pushed, positionMs);
  }

  function checked(message: CheckMessage): void {
    if (message.type === "person_here") return caller.here(message.check_id);
    if (message.type === "check_answer" && caller.open) return caller.answered(message.check_id, message.sdp);
    room.receive(message);
    if (message.type !== "check_ended") return;
    if (call.view?.check_id === message.check_id) caller.close();
    chime(["passed", "by_person"].includes(message.outcome) ? "passed" : "failed");
    // Focus lost during the check didn't count; lost still when the video has gone on, it does.
    if (blurInCheck) window.setTimeout(() => blurInCheck && !room.open && !caller.open && blurred(), LATER_MS);
  }

  // ---------------------------------------------------------------- the heartbeat

  function beat(): void {
    if (opened.value === null || view.value?.here !== true || playback === null) return;
    const message: FromPage = { type: "beat", position_ms: playback.positionMs, playing: playback.running, interacted };
    if (!send(message)) return;
    interacted = false;
    waitingSince ??= performance.now();
  }

  // ---------------------------------------------------------------- what the learner does

  function begin(): void {
    if (status.value === "replaced") {
      socket?.forgetSeat();
      socket?.connect();
      return;
    }
    barred.value = null;
    asking.value = send({ type: "begin" });
  }

  /** Back into a session, and from its login check straight to what was dropped. */
  function beginMakeUp(lessonId: string): void {
    makeUpWanted.value = lessonId;
    begin();
  }

  function openLesson(lessonId: string): void {
    if (opened.value?.lesson_id === lessonId) return;
    if (opened.value !== null && playback?.running === true) playback.learnerPaused();
    if (send({ type: "open_lesson", lesson_id: lessonId })) openAsked = lessonId;
  }

  /** Inside the learner's gesture. */
  function play(): void {
    if (openAsked !== null && openAsked !== opened.value?.lesson_id) return; // another lesson is on its way
    gestureNeeded.value = false;
    touched();
    void playback?.start();
  }

  function pause(): void {
    touched();
    playback?.learnerPaused();
  }

  /** "I must leave": nothing is lost, and no check comes while the learner is away. */
  function stepOut(): void {
    touched();
    const position_ms = position();
    playback?.hidden();
    send({ type: "leave", position_ms });
  }

  function seek(positionMs: number): void {
    touched();
    if (positionMs > (playback?.limitMs ?? 0) + 1_000) say("AHEAD", "seek");
    playback?.seek(positionMs);
  }

  function signOut(): void {
    const position_ms = opened.value === null ? null : (playback?.positionMs ?? null);
    playback?.hidden();
    send({ type: "sign_out", position_ms });
  }

  function rehearse(purpose: "practice" | "enrol"): boolean {
    return send({ type: "rehearse", purpose });
  }

  function endRehearsal(): void {
    send({ type: "rehearse_end" });
    room.vanish();
  }

  function attachVideo(video: Video): Playback {
    playback = new Playback(video, send, () => (gestureNeeded.value = true), beat);
    if (view.value !== null) {
      playback.follow(view.value);
      wantLesson(view.value); // back from another page of the class
    }
    return playback;
  }

  /** The classroom page is left: its video is gone, so the lesson pauses. */
  function detachVideo(): void {
    if (playback !== null && opened.value !== null && view.value?.phase === "studying") playback.learnerPaused();
    playback?.close();
    playback = null;
    opened.value = null;
    openAsked = null;
  }

  // ---------------------------------------------------------------- presence

  function position(): number {
    return opened.value === null ? 0 : (playback?.positionMs ?? 0);
  }

  const here = () => view.value?.here === true && view.value.session_id !== null;

  function hidden(): void {
    const position_ms = position();
    playback?.hidden();
    if (here()) send({ type: "hidden", position_ms });
  }

  function shown(): void {
    if (here()) send({ type: "shown" });
  }

  function blurred(): void {
    if (room.open || caller.open) {
      blurInCheck = true; // the camera's permission prompt takes the focus
      return;
    }
    if (here()) send({ type: "blurred", position_ms: position() });
  }

  function focused(): void {
    blurInCheck = false;
    if (!room.open && !caller.open && here()) send({ type: "focused" });
  }

  function input(): void {
    touched();
    const now = performance.now();
    const warned = idleAtMs.value !== null;
    if (warned) idleAtMs.value = null;
    else if (opened.value !== null || now - inputSentAt < INPUT_EVERY_MS) return;
    inputSentAt = now;
    if (opened.value !== null) beat();
    else if (here() && send({ type: "interacted" })) interacted = false;
  }

  function touched(): void {
    interacted = true;
  }

  function say(code: string, about: string | null): void {
    note.value = { code, about };
    window.clearTimeout(noteTimer);
    noteTimer = window.setTimeout(() => (note.value = null), NOTE_MS);
  }

  return {
    classId, status, view, opened, lesson, makeUpLesson, ready, reconnecting, note, gestureNeeded, wasHere, idleAtMs, asking, barred, news, nowMs,
    check, welcome,
    enter, leave, begin, beginMakeUp, openLesson, play, pause, stepOut, seek, signOut, rehearse, endRehearsal, attachVideo, detachVideo, beat,
    retryCamera: () => room.connectCamera(),
    call,
    retryCall: () => caller.connect(),
    dismissVerdict: () => room.dismissVerdict(),
  };
});
