/** Starts the page. */

import { createPinia } from "pinia";
import { createApp } from "vue";

import App from "./App.vue";
import { i18n, preferred, speak } from "./i18n";
import { unlockSound } from "./live/sound";
import { router } from "./router";
import "./theme";
import "./styles/element";
import "./styles/tokens.css";
import "./styles/page.css";

// A page that was open while the server was upgraded asks for parts that are gone: load the new one whole.
window.addEventListener("vite:preloadError", () => window.location.reload());

// Words that can't be fetched are no reason for an empty screen: there is always the Chinese.
void speak(preferred())
  .catch(() => undefined)
  .then(() => {
    createApp(App).use(createPinia()).use(i18n).use(router).mount("#app");
    unlockSound();
  });
