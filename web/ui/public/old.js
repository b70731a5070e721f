// Browsers that can't run the page at all (no modules) run only this: they say so instead of staying white (row 37).
document.getElementById("app").innerText =
  "这个浏览器版本太旧，不能使用本平台。请使用新版的 Chrome、Edge、Firefox 或 Safari。\n\n" +
  "This browser is too old for this platform. Please use a recent Chrome, Edge, Firefox or Safari.";
