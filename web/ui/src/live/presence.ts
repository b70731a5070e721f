/** Watches whether the learner is there: page visible, window focused, hands on something. */

export interface PresenceOwner {
  hidden(): void;
  shown(): void;
  blurred(): void;
  focused(): void;
  input(): void;
}

const INPUTS = ["pointerdown", "click", "pointermove", "keydown", "touchstart", "wheel", "scroll"] as const;
const MOVED_PIXELS = 4; // a pointer at rest under a moving page is no input

/** Starts watching; the answer stops it. Hidden is told once, whichever of the browsers' signs comes first. */
export function watchPresence(owner: PresenceOwner, page: Document = document, frame: Window = window): () => void {
  let hidden = page.visibilityState === "hidden";
  let blurred = false;
  let at: { x: number; y: number } | null = null;

  const hide = () => {
    if (hidden) return;
    hidden = true;
    owner.hidden();
  };
  const show = () => {
    if (!hidden) return;
    hidden = false;
    owner.shown();
  };
  const visibility = () => (page.visibilityState === "hidden" ? hide() : show());
  const blur = () => {
    if (blurred) return;
    blurred = true;
    owner.blurred();
  };
  const focus = () => {
    if (page.visibilityState !== "hidden") show();
    if (!blurred) return;
    blurred = false;
    owner.focused();
  };
  const input = (event: Event) => {
    if (!event.isTrusted) return;
    if (event.type === "pointermove") {
      const { screenX: x, screenY: y } = event as PointerEvent;
      const last = at;
      if (last === null) at = { x, y };
      if (last === null || Math.hypot(x - last.x, y - last.y) < MOVED_PIXELS) return;
      at = { x, y };
    }
    owner.input();
  };

  page.addEventListener("visibilitychange", visibility);
  frame.addEventListener("pagehide", hide); // WeChat and iOS may leave visibilitychange out
  frame.addEventListener("pageshow", visibility);
  frame.addEventListener("blur", blur);
  frame.addEventListener("focus", focus);
  for (const name of INPUTS) page.addEventListener(name, input, { capture: true, passive: true });
  return () => {
    page.removeEventListener("visibilitychange", visibility);
    frame.removeEventListener("pagehide", hide);
    frame.removeEventListener("pageshow", visibility);
    frame.removeEventListener("blur", blur);
    frame.removeEventListener("focus", focus);
    for (const name of INPUTS) page.removeEventListener(name, input, { capture: true });
  };
}
