/** What staff did or said that the learner hasn't acknowledged yet. */

import { defineStore } from "pinia";
import { ref } from "vue";

import { call } from "@/api/client";
import type { Act, ActReason } from "@/wall/api";

export interface Note {
  id: string;
  act: Act;
  reason: ActReason;
  words: string | null;
  by: string;
  at_ms: number;
}

export const useNotes = defineStore("notes", () => {
  const notes = ref<Note[]>([]); // the newest first
  let asked = 0;

  async function load(): Promise<void> {
    const mine = ++asked;
    const found = await call<Note[]>("GET", "/notes").catch(() => null);
    if (found !== null && mine === asked) notes.value = found;
  }

  async function see(seen: Note[]): Promise<void> {
    for (const one of seen) await call("POST", `/notes/${encodeURIComponent(one.id)}/seen`).catch(() => undefined);
    await load();
  }

  return { notes, load, see };
});
