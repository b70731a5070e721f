/** Texts of the page that checks the browser, in English. */

import type browser from "./browser.zh-CN";

export default {
  title: "Browser check",
  lead: "See whether you can study with this browser. It doesn't open the camera; you needn't log in or install anything.",
  again: "Check again",
  next: "Once logged in, the device check tries camera, light and sound, and lets you practise a check.",
  link: "Browser check",
  warning: "You can't study with this browser. It lacks: {needs}.",
  toPage: "See what to do",
  finding: { good: "fine", weak: "works, with limits", bad: "doesn't work" },
  worst: {
    good: "You can study with this browser.",
    weak: "You can study with this browser; what is marked “!” works less well.",
    bad: "You can't study with this browser now. Follow what is said at “✕”, then check again.",
  },
  need: {
    version: { name: "Browser version", do: "Use a recent Chrome or Edge (103 or later), Firefox (112 or later) or Safari (16 or later). In browsers with two modes, such as 360 or QQ, choose the fast mode." },
    secure: { name: "Secure connection (https)", do: "Open the platform by its https:// address; without it browsers don't allow the camera." },
    cookies: { name: "Cookies", do: "Allow cookies for this site in the browser's settings and switch off “Block all cookies”; you can't log in without them." },
    server: { name: "Network to the server", do: "The network is slow or doesn't work. Check it, or use another network, then check again." },
    socket: { name: "Live connection (WebSocket)", do: "Use another browser or a newer version; time can't count without it." },
    video: { name: "Video playback (H.264)", do: "Use Chrome, Edge or Safari. Some Linux systems need an H.264 decoder." },
    visibility: { name: "Page visibility", do: "The browser doesn't tell whether the page is covered; don't switch pages while you study. A newer browser is better." },
    camera: { name: "Camera access", do: "Use the https:// address and a recent browser. In WeChat, tap the upper right corner and open the page in a browser. You can also choose checks by a person." },
    device: { name: "Camera", do: "No camera was found. Connect one, see that the system's privacy settings allow it to the browser, or use a device that has one." },
    webrtc: { name: "Direct video (WebRTC)", do: "Checks send pictures instead; a little slower, but they work. Use a newer browser, or switch off extensions that block WebRTC." },
    codec: { name: "Video encoding (H.264 or VP8)", do: "Checks send pictures instead; a little slower, but they work." },
    storage: { name: "Local storage", do: "The browser doesn't keep settings; language and look go back to their defaults each time. Studying works." },
    sound: { name: "Sound", do: "You won't hear when a check starts, so keep an eye on the picture. A newer browser is better." },
    screen: { name: "Screen size", do: "The window is too narrow. Make it larger, or turn your phone." },
  },
} satisfies typeof browser;
