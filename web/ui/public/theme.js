// Runs before the first paint, so that no light page flashes at who chose a dark one; src/theme.ts goes on from here.
(function () {
  var kept = null;
  try {
    kept = localStorage.getItem("theme");
  } catch (error) {
    // storage is forbidden: the system's choice holds
  }
  var dark = kept === "dark" || (kept !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
