/** What whoever runs the platform asks of the HTTP API (row 25). */

import { call } from "@/api/client";

export const RESOURCES = ["learners", "checks", "cpu", "memory", "database", "disk", "pool"] as const;
export type Resource = (typeof RESOURCES)[number];

export interface Gauge {
  resource: Resource;
  place: string; // a machine or a process; empty for what all share
  used: number;
  limit: number;
  percent: number;
  alarm: boolean;
}

export interface Alarm {
  resource: Resource;
  place: string;
  at_ms: number;
  kind: "raised" | "recovered";
  used: number;
  limit: number;
}

export interface Process {
  id: string;
  place: string;
  version: string;
  started_at_ms: number;
  at_ms: number;
  learners: number;
}

export interface Standing {
  now_ms: number;
  version: string;
  gauges: Gauge[];
  alarms: Alarm[]; // newest first
  processes: Process[];
}

export const standing = () => call<Standing>("GET", "/capacity");
