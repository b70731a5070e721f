/** The page's few tones, made by WebAudio; silent until the learner's first touch, as browsers ask. */

type Chime = "check" | "passed" | "failed" | "warning" | "test";

// Frequencies in hertz, one after the other.
const NOTES: Record<Chime, number[]> = {
  check: [660, 880, 660, 880],
  passed: [660, 990],
  failed: [440, 330],
  warning: [880, 880, 880],
  test: [523, 659, 784],
};
const NOTE_S = 0.22;

let context: AudioContext | null = null;

/** Wakes the sound up inside the first gesture. */
export function unlockSound(): void {
  const wake = () => {
    try {
      context ??= new AudioContext();
      void context.resume();
    } catch {
      // No sound on this device: every prompt is on the screen as well.
    }
  };
  document.addEventListener("pointerdown", wake, { passive: true });
  document.addEventListener("keydown", wake, { passive: true });
}

export function chime(kind: Chime): void {
  if (context === null) return;
  const from = context.currentTime + 0.02;
  NOTES[kind].forEach((hertz, index) => {
    if (context === null) return;
    const tone = context.createOscillator();
    const gain = context.createGain();
    const at = from + index * NOTE_S;
    tone.frequency.value = hertz;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.25, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, at + NOTE_S);
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + NOTE_S);
  });
}
