/** Starts the page. */

import { createPinia } from "pinia";
import { createApp } from "vue";

import App from "./App.vue";
import { i18n } from "./i18n";
import { unlockSound } from "./live/sound";
import { router } from "./router";
import "./styles/element";
import "./styles/tokens.css";
import "./styles/page.css";

// A page that was open while the server was upgraded asks for parts that are gone: load the new one whole.
window.addEventListener("vite:preloadError", () => window.location.reload());

createApp(App).use(createPinia()).use(i18n).use(router).mount("#app");
unlockSound();
