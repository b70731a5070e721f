/** The page's languages; Chinese is the first. */

import { createI18n } from "vue-i18n";

import zhCN from "./locales/zh-CN";

export const i18n = createI18n({
  legacy: false,
  locale: "zh-CN",
  messages: { "zh-CN": zhCN },
  missingWarn: false,
  fallbackWarn: false,
});

/** The sentence for a code, or the one kept for codes this page doesn't know. */
export function worded(group: string, code: string | null | undefined, named: Record<string, unknown> = {}): string {
  const { t, te } = i18n.global;
  const key = `${group}.${code ?? "other"}`;
  return te(key) ? t(key, named) : te(`${group}.other`) ? t(`${group}.other`, named) : (code ?? "");
}
