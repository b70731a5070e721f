/** How durations and instants are written on the page. */

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
const moment = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  hourCycle: "h23",
});
const time = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

const hourAndMinute = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

/** 14:32; rounded down. */
export const shortTime = (ms: number): string => hourAndMinute.format(ms);
export const instant = (ms: number): string => moment.format(ms);
export const timeOfDay = (ms: number): string => time.format(ms);
