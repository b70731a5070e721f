/** Light or dark: as the system has it, or as the person chose. `public/theme.js` does the same before the first paint. */

import { computed, ref, watchEffect } from "vue";

import { keep, recall } from "./kept";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
const KEPT = "theme";

const kept = recall(KEPT);
const system = window.matchMedia("(prefers-color-scheme: dark)");
const systemDark = ref(system.matches);
system.addEventListener?.("change", (change) => (systemDark.value = change.matches)); // Safari has it since 14

export const theme = ref<Theme>(THEMES.find((one) => one === kept) ?? "system");
export const dark = computed(() => (theme.value === "system" ? systemDark.value : theme.value === "dark"));

watchEffect(() => {
  document.documentElement.dataset["theme"] = dark.value ? "dark" : "light";
}, { flush: "sync" }); // whoever draws by the colours of the page finds the new ones

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  keep(KEPT, chosen);
}
