/** The page's languages; Chinese is the first, and the one to fall back on. */

import { createI18n } from "vue-i18n";

import { keep, recall } from "./kept";
import zhCN from "./locales/zh-CN";

/** Each under its own name, so that it is found by who reads no other. */
export const LANGUAGES = { "zh-CN": "中文", en: "English" } as const;
export type Language = keyof typeof LANGUAGES;
const KEPT = "language";

export const i18n = createI18n<false>({
  legacy: false,
  locale: "zh-CN",
  fallbackLocale: "zh-CN",
  messages: { "zh-CN": zhCN },
  missingWarn: false,
  fallbackWarn: false,
});

const known = (name: string | null): name is Language => name !== null && name in LANGUAGES;

/** What was chosen here before; else Chinese, unless the browser asks for English and not for Chinese. */
export function preferred(asked: readonly string[] = navigator.languages): Language {
  const kept = recall(KEPT);
  if (known(kept)) return kept;
  return asked.some((one) => /^en\b/i.test(one)) && !asked.some((one) => /^zh\b/i.test(one)) ? "en" : "zh-CN";
}

/** Show the page in this language; its words are fetched when they are first needed. */
export async function speak(language: Language): Promise<void> {
  if (language === "en" && !i18n.global.availableLocales.includes("en")) {
    i18n.global.setLocaleMessage("en", (await import("./locales/en")).default);
  }
  i18n.global.locale.value = language;
  document.documentElement.lang = language;
}

/** The same, for good. */
export async function choose(language: Language): Promise<void> {
  keep(KEPT, language);
  await speak(language);
}

/** The sentence for a code, or the one kept for codes this page doesn't know. */
export function worded(group: string, code: string | null | undefined, named: Record<string, unknown> = {}): string {
  const { t, te } = i18n.global;
  const there = (key: string) => te(key) || te(key, "zh-CN");
  const key = `${group}.${code ?? "other"}`;
  return there(key) ? t(key, named) : there(`${group}.other`) ? t(`${group}.other`, named) : (code ?? "");
}

/** A remark in brackets behind something, or nothing. */
export const aside = (text: string): string => (text === "" ? "" : i18n.global.t("app.aside", { text }));

/** The first sentence, without its stop: what of a longer text goes into a line. */
export const firstSentence = (text: string): string => text.replace(/(\u3002|[.;] |\.$).*$/, "");

/** Several things, one after the other. */
export const listed = (things: readonly string[]): string => things.join(i18n.global.t("app.listed"));

/** A thing and what is said of it. */
export const labelled = (label: string, text: string): string => i18n.global.t("app.labelled", { label, text });
