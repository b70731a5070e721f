/** The files that this page is sending; they go on while other pages of the desk are looked at. */

import { defineStore } from "pinia";
import { reactive, ref } from "vue";

import { ApiError } from "@/api/client";
import { courseware, type Courseware } from "./api";
import { fingerprintOf, finish, send } from "./sending";

export interface Sending {
  received: number;
  lost: boolean; // no line at the moment
  code: string; // why it ended, if it did
}

const LONGEST_MS = 15_000;

export const useUploads = defineStore("uploads", () => {
  const sending = reactive(new Map<string, Sending>());
  const running = new Set<string>();
  const given = new Set<string>(); // given up by the person
  const ended = ref(0); // counts what came to its end, for whoever shows the list

  const keepPage = (event: BeforeUnloadEvent): void => event.preventDefault();

  /** Raises ApiError where it can't begin. */
  async function begin(file: File, classId: string, title: string, partBytes: number): Promise<Courseware> {
    const fingerprint = await fingerprintOf(file);
    const one = await courseware.begin({ class_id: classId, title, file_name: file.name, fingerprint, size_bytes: file.size });
    if (!isSending(one.id)) void run(one, file, partBytes);
    return one;
  }

  /** Goes on with one that was left; false where this is another file. */
  async function resume(one: Courseware, file: File, partBytes: number): Promise<boolean> {
    if (file.size !== one.size_bytes || one.class_id === null) return false;
    const fingerprint = await fingerprintOf(file);
    const found = await courseware.begin({
      class_id: one.class_id, title: one.title, file_name: file.name, fingerprint, size_bytes: file.size,
    });
    if (found.id !== one.id) {
      if (found.received_bytes === 0) await courseware.discard(found.id);
      return false;
    }
    if (!isSending(one.id)) void run(found, file, partBytes);
    return true;
  }

  async function run(one: Courseware, file: File, partBytes: number): Promise<void> {
    const id = one.id;
    given.delete(id);
    running.add(id);
    sending.set(id, { received: one.received_bytes, lost: false, code: "" });
    window.addEventListener("beforeunload", keepPage);
    try {
      await send(
        file, one.received_bytes, partBytes,
        {
          part: async (offset, content) => (await courseware.part(id, offset, content)).received_bytes,
          received: async () => (await courseware.one(id)).received_bytes,
          patience,
        },
        (received, lost) => sending.set(id, { received, lost, code: "" }),
        () => given.has(id),
      );
      // And is shown as sent until the list says what became of it.
      if (!given.has(id)) await finish(() => courseware.finish(id), { patience });
    } catch (error) {
      const last = sending.get(id)?.received ?? 0;
      sending.set(id, { received: last, lost: false, code: error instanceof ApiError ? error.code : "other" });
    }
    if (given.has(id)) sending.delete(id);
    running.delete(id);
    ended.value += 1;
    if (running.size === 0) window.removeEventListener("beforeunload", keepPage);
  }

  function isSending(id: string): boolean {
    return running.has(id);
  }

  function giveUp(id: string): void {
    given.add(id);
    sending.delete(id);
  }

  return { sending, ended, begin, resume, giveUp };
});

/** Longer and longer, up to 15 s; at once when the browser says that the line is back. */
function patience(tries: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      window.clearTimeout(timer);
      window.removeEventListener("online", done);
      resolve();
    };
    const timer = window.setTimeout(done, Math.min(LONGEST_MS, 500 * 2 ** tries));
    window.addEventListener("online", done);
  });
}
