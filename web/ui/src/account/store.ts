/** Who is signed in, and what they still have to do before the first lesson. */

import { defineStore } from "pinia";
import { computed, ref } from "vue";

import { api, type Me } from "@/api/client";
import { useSession } from "@/live/session";

export const useAccount = defineStore("account", () => {
  const me = ref<Me | null>(null);

  const account = computed(() => me.value?.account ?? null);
  const consented = computed(() => me.value?.consent != null && me.value.consent.version === me.value.notice_version);
  /** The one thing to do next. */
  const step = computed<"consent" | "enrol" | "pending" | "study">(() => {
    if (me.value?.checked_by === "person") return "study";
    if (!consented.value) return "consent";
    if (me.value?.portrait === "none") return "enrol";
    return me.value?.portrait === "pending" ? "pending" : "study";
  });
  /** The class whose socket serves the device check and the enrolment. */
  const firstClass = computed(() => me.value?.classes[0]?.id ?? null);

  async function refresh(): Promise<void> {
    me.value = await api.me();
  }

  async function login(name: string, password: string): Promise<void> {
    me.value = await api.login(name, password);
    await refresh();
  }

  /** The authenticator's code; the first one also sets it up. */
  async function secondFactor(code: string): Promise<void> {
    const first = me.value?.second_factor === "enrol";
    me.value = await (first ? api.confirmSecondFactor(code) : api.loginCode(code));
    await refresh();
  }

  async function logout(): Promise<void> {
    useSession().leave();
    await api.logout();
    await refresh();
  }

  async function consent(): Promise<void> {
    if (me.value !== null) me.value = await api.consent(me.value.notice_version);
  }

  /** By face or by a person; the learner's own choice, no reason is asked. */
  async function choose(by: "face" | "person"): Promise<void> {
    useSession().leave();
    me.value = await api.chooseCheckedBy(by);
  }

  async function withdraw(): Promise<void> {
    useSession().leave();
    me.value = await api.withdraw();
  }

  return { me, account, consented, step, firstClass, refresh, login, secondFactor, logout, consent, choose, withdraw };
});
