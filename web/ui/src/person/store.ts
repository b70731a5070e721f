/** The learner's requests for a person, as the server has them. */

import { defineStore } from "pinia";
import { ref } from "vue";

import { api, ApiError, type PersonRequest, type RequestReason } from "@/api/client";

export const usePerson = defineStore("person", () => {
  const requests = ref<PersonRequest[]>([]);
  const refused = ref<string | null>(null); // code of the last refusal
  const asking = ref(false);

  async function load(): Promise<void> {
    requests.value = await api.personRequests().catch(() => requests.value);
  }

  async function ask(reason: RequestReason, classId: string | null, checkId: string | null): Promise<void> {
    asking.value = true;
    refused.value = null;
    try {
      await api.askForPerson(reason, classId, checkId);
    } catch (error) {
      refused.value = error instanceof ApiError ? error.code : "NETWORK";
    } finally {
      asking.value = false;
      await load();
    }
  }

  async function withdraw(id: string): Promise<void> {
    refused.value = null;
    try {
      await api.withdrawRequest(id);
    } catch (error) {
      refused.value = error instanceof ApiError ? error.code : "NETWORK";
    } finally {
      await load();
    }
  }

  return { requests, refused, asking, load, ask, withdraw };
});
