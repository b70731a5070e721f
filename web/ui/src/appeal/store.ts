/** The learner's own appeals, as the server has them. */

import { defineStore } from "pinia";
import { ref } from "vue";

import { ApiError, call } from "@/api/client";
import type { Decision } from "@/wall/api";

export const APPEAL_REASONS = ["IT_WAS_ME", "CAMERA_FAULT", "NETWORK_FAULT", "PLATFORM_FAULT", "NO_PROMPT", "WAS_STUDYING", "OTHER"] as const;
export type AppealReason = (typeof APPEAL_REASONS)[number];
export type Matter = "check" | "session";

export interface Appeal {
  id: string;
  class_id: string;
  matter: Matter;
  about: string;
  reason: AppealReason;
  words: string | null;
  filed_at_ms: number;
  due_at_ms: number;
  state: "filed" | "proposed" | "granted" | "refused";
  decided_at_ms: number | null;
  given_ms: number;
  decision: Decision | null;
  decision_words: string | null;
}

export const useAppeals = defineStore("appeals", () => {
  const appeals = ref<Appeal[]>([]);
  let asked = 0;

  async function load(): Promise<void> {
    const mine = ++asked;
    const found = await call<Appeal[]>("GET", "/appeals").catch(() => null);
    if (found !== null && mine === asked) appeals.value = found;
  }

  /** Null where it was filed, else the code of the refusal. */
  async function file(classId: string, matter: Matter, about: string, reason: AppealReason, words: string | null): Promise<string | null> {
    try {
      await call<Appeal>("POST", "/appeals", { class_id: classId, matter, about, reason, words });
      return null;
    } catch (error) {
      return error instanceof ApiError ? error.code : "NETWORK";
    } finally {
      await load();
    }
  }

  return { appeals, load, file };
});
