/** The page's addresses, and who may open which. */

import { createRouter, createWebHistory } from "vue-router";

import { useAccount } from "./account/store";

const OVERSIGHT = ["oversight-learners", "oversight-learner", "oversight-suspensions", "oversight-log"];

// Who watches has these pages and no others, the first is where they land.
const PAGES_OF: Partial<Record<string, string[]>> = {
  staff: ["staff", "courseware", "wall"],
  proctor: ["wall"],
  regulator: ["oversight", ...OVERSIGHT, "wall"],
  operator: ["oversight", ...OVERSIGHT, "wall", "operations"],
};
const WATCHERS = Object.values(PAGES_OF).flatMap((pages) => pages ?? []);

export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: () => ({ top: 0 }),
  routes: [
    { path: "/", name: "home", component: () => import("./home/HomePage.vue") },
    { path: "/login", name: "login", component: () => import("./account/LoginPage.vue"), meta: { open: true } },
    { path: "/browser", name: "browser", component: () => import("./browser/BrowserPage.vue"), meta: { open: true } },
    { path: "/manual", name: "manual", component: () => import("./manual/ManualPage.vue"), meta: { open: true } },
    { path: "/consent", name: "consent", component: () => import("./consent/ConsentPage.vue") },
    { path: "/device-check", name: "device-check", component: () => import("./device/DeviceCheckPage.vue") },
    { path: "/enrol", name: "enrol", component: () => import("./enrol/EnrolPage.vue") },
    { path: "/class/:id", name: "classroom", component: () => import("./classroom/ClassroomPage.vue"), props: true },
    { path: "/class/:id/record", name: "record", component: () => import("./record/RecordPage.vue"), props: true },
    { path: "/staff", name: "staff", component: () => import("./staff/StaffPage.vue"), meta: { role: "staff" } },
    { path: "/courseware", name: "courseware", component: () => import("./courseware/CoursewarePage.vue") },
    { path: "/wall", name: "wall", component: () => import("./wall/WallPage.vue") },
    { path: "/oversight", name: "oversight", component: () => import("./oversight/OversightPage.vue") },
    { path: "/oversight/learners", name: "oversight-learners", component: () => import("./oversight/LearnersPage.vue") },
    {
      path: "/oversight/suspensions", name: "oversight-suspensions", component: () => import("./oversight/SuspensionsPage.vue"),
    },
    { path: "/oversight/log", name: "oversight-log", component: () => import("./oversight/LogPage.vue") },
    { path: "/operations", name: "operations", component: () => import("./operations/OperationsPage.vue") },
    {
      path: "/oversight/learners/:learner/:id", name: "oversight-learner", component: () => import("./oversight/LearnerPage.vue"), props: true,
    },
    { path: "/:rest(.*)*", name: "missing", component: () => import("./shell/MissingPage.vue"), meta: { open: true } },
  ],
});

// A part of the page that a newer version no longer has: load the new version instead.
router.onError((_error, to) => window.location.assign(to.fullPath));

router.beforeEach(async (to) => {
  const store = useAccount();
  if (store.me === null) await store.refresh().catch(() => undefined);
  const account = store.account;
  if (account === null) return to.meta["open"] === true ? true : { name: "login", query: { next: to.fullPath } };
  if (to.name === "login") return { name: "home" };
  const own = PAGES_OF[account.role];
  const page = String(to.name);
  if (own !== undefined && to.meta["open"] !== true && !own.includes(page)) return { name: own[0] };
  if (own === undefined && WATCHERS.includes(page)) return { name: "home" };
  // The camera is used for faces: nothing of it before the separate consent.
  const byPerson = to.name === "classroom" && store.me?.checked_by === "person"; // their picture goes to a person, not to a measurement
  if (["device-check", "enrol", "classroom"].includes(String(to.name)) && !store.consented && !byPerson) return { name: "consent" };
  return true;
});
