/** How durations and instants are written on the page. */

import { computed } from "vue";

import { i18n } from "./i18n";

const pad = (value: number) => String(value).padStart(2, "0");

/** 0:00, 12:05 or 1:02:03; rounded down, so that no second is shown before it is whole. */
export function clock(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${pad(m)}:${pad(s)}`;
}

/** 00:14.2, for lists of single stretches. */
export function exactClock(ms: number): string {
  return `${clock(ms)}.${Math.floor(Math.max(0, ms) / 100) % 10}`;
}

/** The parts in whole seconds, given as ms, so that what is shown sums to what is shown of the whole. */
export function wholeSeconds(parts: number[], totalMs: number): number[] {
  const seconds = parts.map((ms) => Math.floor(ms / 1000));
  const missing = Math.floor(totalMs / 1000) - seconds.reduce((sum, one) => sum + one, 0);
  const order = parts.map((ms, at) => ({ at, rest: ms % 1000 })).sort((a, b) => b.rest - a.rest);
  for (const { at } of order.slice(0, Math.max(0, missing))) seconds[at] = (seconds[at] ?? 0) + 1;
  return seconds.map((one) => one * 1000);
}

/** 1 小时 5 分, 5 分 3 秒 or 8 秒. */
export function spoken(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const { t } = i18n.global;
  if (h > 0) return m > 0 ? t("duration.hours", { h, m }) : t("duration.hoursOnly", { h });
  if (m > 0) return s > 0 ? t("duration.minutes", { m, s }) : t("duration.minutesOnly", { m });
  return t("duration.seconds", { s });
}

// The record is kept in the law's time zone, wherever the browser is.
const PARTS = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "Asia/Shanghai" } as const;
const formats = computed(() => {
  const [language, month] = i18n.global.locale.value === "en" ? ["en-GB", "short" as const] : ["zh-CN", "2-digit" as const];
  const format = (parts: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(language, { ...PARTS, ...parts });
  return {
    moment: format({ month, day: "2-digit", second: "2-digit" }),
    time: format({ second: "2-digit" }),
    hourAndMinute: format({}),
    number: new Intl.NumberFormat(language),
  };
});

/** 14:32; rounded down. */
export const shortTime = (ms: number): string => formats.value.hourAndMinute.format(ms);
/** 11/26 14:32:05 or 26 Nov, 14:32:05; ends with the seconds. */
export const instant = (ms: number): string => formats.value.moment.format(ms);
export const timeOfDay = (ms: number): string => formats.value.time.format(ms);
/** 12,345. */
export const grouped = (count: number): string => formats.value.number.format(count);
