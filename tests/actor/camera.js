// Test only: an init script that puts the drawn actor in the place of the camera.
//
// window.__actorFrames = {pictures: [data URL], sequences: {neutral: [n], turn_left: [n], ...}}  (Actor.for_browser())
// window.__actorMode   = "honest" | "still" | "wrong" | "none", read each time, so a test may switch it.
// It reads nothing of the page but the prompt: [data-testid="check-prompt"] with data-action, data-index, data-try.
(() => {
  "use strict";
  const FRAME_MS = 100;
  const REACTION_MS = 400;
  const OTHER = {
    turn_left: "turn_right",
    turn_right: "open_mouth",
    nod: "turn_left",
    open_mouth: "close_eyes",
    close_eyes: "turn_right",
  };
  const mode = () => window.__actorMode || "honest";
  const device = {
    deviceId: "actor",
    groupId: "actor",
    kind: "videoinput",
    label: "Actor",
    toJSON() {
      return { deviceId: this.deviceId, groupId: this.groupId, kind: this.kind, label: this.label };
    },
  };

  let images = null;
  let loaded = null;
  const load = () => {
    if (loaded === window.__actorFrames) return images;
    loaded = window.__actorFrames; // a test may put somebody else before the camera
    images = Promise.all(
      window.__actorFrames.pictures.map(
        (url) =>
          new Promise((resolve, reject) => {
            const image = new Image();
            image.onload = () => resolve(image);
            image.onerror = () => reject(new Error("an actor's frame did not load"));
            image.src = url;
          }),
      ),
    );
    return images;
  };

  // What the actor sees, and does about it.
  let seen = null; // the prompt already answered
  let queue = []; // frames still to play
  let startAt = 0;
  let rest = 0;
  const look = () => {
    const element = document.querySelector('[data-testid="check-prompt"]');
    const action = element && element.dataset.action;
    if (!action) {
      seen = null;
      return;
    }
    const prompt = [element.dataset.try, element.dataset.index, action].join("/");
    if (prompt === seen) return;
    seen = prompt;
    const played = { honest: action, wrong: OTHER[action] }[mode()];
    queue = played ? [...window.__actorFrames.sequences[played]] : [];
    startAt = performance.now() + REACTION_MS;
  };
  const next = () => {
    const neutral = window.__actorFrames.sequences.neutral;
    if (mode() === "still") return neutral[0];
    if (queue.length && performance.now() >= startAt) return queue.shift();
    rest = (rest + 1) % neutral.length;
    return neutral[rest];
  };

  const open = async (constraints) => {
    if (!constraints || !constraints.video || mode() === "none") {
      throw new DOMException("Requested device not found", "NotFoundError");
    }
    const pictures = await load();
    const canvas = document.createElement("canvas");
    canvas.width = 640;
    canvas.height = 480;
    const pen = canvas.getContext("2d", { alpha: false });
    const draw = () => {
      look();
      pen.drawImage(pictures[next()], 0, 0, canvas.width, canvas.height);
    };
    draw();
    const stream = canvas.captureStream(10);
    window.__actorUnplugs = () => {
      for (const track of stream.getTracks()) {
        track.stop(); // by itself tells nobody
        track.dispatchEvent(new Event("ended"));
      }
    };
    const timer = setInterval(() => {
      if (stream.getTracks().every((track) => track.readyState === "ended")) clearInterval(timer);
      else draw();
    }, FRAME_MS);
    return stream;
  };

  // localhost is a secure context, so mediaDevices is there; elsewhere a test has no camera either.
  const devices = navigator.mediaDevices;
  if (!devices) return;
  Object.defineProperty(devices, "getUserMedia", { value: open, configurable: true });
  Object.defineProperty(devices, "enumerateDevices", {
    value: async () => (mode() === "none" ? [] : [device]),
    configurable: true,
  });
})();
