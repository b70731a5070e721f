import { fileURLToPath, URL } from "node:url";

import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

// Where the control plane listens while the page is being developed (`npm run dev`).
const BACKEND = process.env["ANXUE_DEV_BACKEND"] ?? "http://127.0.0.1:8900";

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  define: {
    __VUE_OPTIONS_API__: "true", // Element Plus still uses it
    __VUE_I18N_FULL_INSTALL__: "false",
    __VUE_I18N_LEGACY_API__: "false",
    __INTLIFY_PROD_DEVTOOLS__: "false",
  },
  build: {
    target: "es2020",
    modulePreload: { polyfill: false }, // the Content-Security-Policy allows no inline script
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 600,
  },
  server: {
    proxy: {
      "/api": BACKEND,
      "/media": BACKEND,
      "/ws": { target: BACKEND, ws: true },
    },
  },
  test: { environment: "happy-dom", include: ["tests/**/*.test.ts"] },
});
