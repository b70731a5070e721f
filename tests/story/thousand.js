// A wall's socket that says what a class of a thousand says: 200 heartbeats and ten changes a second, told twice a second.
window.longTasks = [];
new PerformanceObserver((list) => list.getEntries().forEach((one) => window.longTasks.push(Math.round(one.duration)))).observe({ type: "longtask" });
const row = (n, phase) => ({
  n, learner_id: `learner-${n}`, name: `学员${n}`, as_of_ms: Date.now(), stale_since_ms: null, day: 20000, phase, reason: null,
  since_ms: Date.now() - n * 1000, connected: true, lesson_id: null, position_ms: 0, counted_ms: 600000, held_ms: 5000, not_counted_ms: 1000,
  check_id: null, check_kind: "login", check_outcome: "passed", check_reason: null, check_at_ms: Date.now(), flags: [],
});
window.WebSocket = class extends EventTarget {
  constructor() {
    super();
    this.readyState = 0;
    setTimeout(() => {
      this.readyState = 1;
      this.emit("open", new Event("open"));
    }, 50);
  }
  emit(name, event) {
    this[`on${name}`]?.(event);
    this.dispatchEvent(event);
  }
  say(message) {
    this.emit("message", new MessageEvent("message", { data: JSON.stringify(message) }));
  }
  send(text) {
    const asked = JSON.parse(text);
    if (asked.type !== "watch") return;
    const about = { class_id: asked.classes[0], board: "board" };
    let version = 1;
    let next = 0;
    this.say({ type: "wall_welcome", version: 1, now_ms: Date.now() });
    this.say({ type: "wall_class", ...about, version, as_of_ms: Date.now(), rows: Array.from({ length: 1000 }, (_, n) => row(n, "studying")) });
    clearInterval(this.timer);
    this.timer = setInterval(() => {
      version += 1;
      const ticks = Array.from({ length: 100 }, () => [(next = (next + 1) % 1000), Date.now(), version * 500, version * 500]);
      const rows = Array.from({ length: 5 }, (_, n) => row((version * 37 + n * 211) % 1000, n % 2 === 0 ? "studying" : "challenged"));
      this.say({ type: "wall_delta", ...about, version, as_of_ms: Date.now(), rows, ticks });
    }, 500);
  }
  close() {
    clearInterval(this.timer);
  }
};
Object.assign(window.WebSocket, { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 });
