// Test only: an independent stopwatch. It listens to the lesson video's own events and to nothing of the server's.
(() => {
  "use strict";
  const marks = (window.__stopwatch = { played_ms: 0, runs: [] });
  let since = null;
  const lesson = (event) => event.target.dataset && event.target.dataset.testid === "video";
  const start = (event) => {
    if (lesson(event)) since ??= performance.now();
  };
  const stop = (event) => {
    if (since === null || !lesson(event)) return;
    const ended = performance.now();
    marks.played_ms += ended - since;
    marks.runs.push({ from: performance.timeOrigin + since, to: performance.timeOrigin + ended, why: event.type });
    since = null;
  };
  // Media events don't bubble; they are seen on their way down.
  document.addEventListener("playing", start, true);
  for (const type of ["pause", "waiting", "ended", "seeking", "emptied"]) document.addEventListener(type, stop, true);
})();
