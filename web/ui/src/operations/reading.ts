/** What the operators' page makes of the readings: their order, their alarms, their age, their numbers. */

import { RESOURCES, type Alarm, type Gauge, type Resource, type Standing } from "./api";

export const RAISE_PERCENT = 70; // row 25: 达到设计负载 70 % 时预警

/** As row 25 names them; what a machine has stands beside its like. */
export function inOrder(gauges: Gauge[]): Gauge[] {
  const at = (one: Gauge): number => RESOURCES.indexOf(one.resource);
  return [...gauges].sort((a, b) => at(a) - at(b) || a.place.localeCompare(b.place));
}

/** When an alarm that stands was raised; null where the log shown doesn't reach back so far. */
export function since(gauge: Gauge, log: Alarm[]): number | null {
  const last = log.find((one) => one.resource === gauge.resource && one.place === gauge.place);
  return last?.kind === "raised" ? last.at_ms : null;
}

/** How old the oldest reading is, by the server's clock; null where nobody reported. */
export function ageMs(said: Standing): number | null {
  return said.processes.length === 0 ? null : Math.max(0, said.now_ms - Math.min(...said.processes.map((one) => one.at_ms)));
}

const UNITS: Record<Resource, string> = {
  learners: "people", checks: "pieces", cpu: "cores", memory: "mib", database: "mib", disk: "mib", pool: "pieces",
};

/** A number with its unit's name; what is larger than 10 GiB is said in GiB. */
export function amount(resource: Resource, value: number): { text: string; unit: string } {
  const unit = UNITS[resource];
  if (unit === "cores") return { text: value.toFixed(2), unit };
  if (unit !== "mib" || value < 10_240) return { text: Math.round(value).toLocaleString("en"), unit };
  return { text: (value / 1024).toLocaleString("en", { maximumFractionDigits: 1 }), unit: "gib" };
}
