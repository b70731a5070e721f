/** What staff do, alerts and appeals, in English. */

import type acts from "./acts.zh-CN";

export default {
  act: {
    message: "Message", ask_check: "Spot check", pause: "Pause", resume: "Resume", sign_out: "Sign out", block_device: "Block device",
    unblock_device: "Unblock device", allow_checks: "Allow more checks", allow_enrolment: "Allow a new photo", set_actions: "Change movements",
  },
  actDo: {
    message: "The message shows on the learner's page at once, until the learner confirms it.",
    ask_check: "The learner gets a check at once; its result counts like that of a random check.",
    pause: "No time runs while the learner is paused, until you resume or the day ends; counted and held time is kept.",
    resume: "The learner can go on studying.",
    sign_out: "The learner is signed out at once; held time is kept and counts once the next check is passed. Not possible during a check.",
    block_device: "The learner can't study on the present device any more and is signed out at once; another device works.",
    unblock_device: "The learner can use the blocked device again.",
    allow_checks: "Today's failed checks go back to zero; the learner can be checked again.",
    allow_enrolment: "The learner can enrol a new photo once.",
    set_actions: "",
  },
  reason: {
    NOT_ATTENTIVE: "not attentive", SOMEONE_ELSE: "may be someone else", SUSPICIOUS: "unusual behaviour", CAMERA: "camera or light",
    TECHNICAL: "technical", LEARNER_ASKED: "the learner asked", CLASS_MATTER: "class arrangement", MATTER_SETTLED: "matter settled",
    BY_MISTAKE: "by mistake", OTHER: "another reason",
  },
  canned: [ // learners read them, most of whom read Chinese
    "请专心学习，不要离开画面。Please stay attentive and in the picture.",
    "请调整光线，让脸清楚可见。Please change the light so that your face is clearly seen.",
    "请一个人学习，旁人请离开画面。Please study alone; others should leave the picture.",
    "请完成本课后休息，注意用眼。Please rest your eyes after this lesson.",
  ],
  outcome: {
    DONE: "Done: {act}.", LATER: "Saved: the learner isn't in the classroom now and sees it on coming back.", pending: "Result unknown",
    refused: "Not done",
  },
  panel: {
    title: "{name}", close: "Close", lastHour: "The last hour", asOf: "As of {at}", nothing: "No study in the last hour.", checks: "Checks",
    picture: "Show the snapshot", hidePicture: "Hide the snapshot", pictureOf: "Snapshot of {name}'s check at {at}",
    pictureKept: "That you looked was written to the operation log.",
    acts: "Acts of staff", noActs: "Nothing was done.", doing: "Act", readOnly: "You can look, but not act.",
    pickReason: "Reason (the learner sees it)", words: "Words (optional, the learner sees them; no contact data)",
    wordsNeeded: "Words (required, the learner sees them; no contact data)",
    submit: "Confirm: {act}", undo: "Undo", seen: "Confirmed by the learner", undone: "Undone", by: "{by}: {act} ({reason})",
    keys: "Digits 1–6 choose an act, Esc closes",
  },
  event: {
    began: "Started studying", ended: "Signed out ({reason})", check: "{kind}: {outcome}", bar: "Begin: {bar}", barEnded: "End: {bar}",
  },
  lists: {
    title: "To do", persons: "Checks by a person", alerts: "Alerts", appeals: "Appeals", failed: "It didn't load.",
    none: { alerts: "No alert is waiting.", appeals: "No appeal is waiting." }, closed: "Recently closed",
  },
  person: {
    none: "No learner waits for a check by a person.", since: "Asked {at}", due: "Check due since {at}", takenBy: "{by} is checking", take: "Call by video",
    calling: "Check by a person: {name}", connecting: "Calling the learner, please wait…", talking: "Connected; check that it is the learner.",
    learner: "The learner's picture now",
    portrait: "Enrolled photo", noPortrait: "The learner has no enrolled photo; ask to see an identity document.", mine: "Your picture",
    sound: "Turn on the sound", silent: "There is no working camera or microphone; the learner can't see or hear you.",
    idNumber: "ID number", noIdNumber: "not registered",
    how: "Check that the person agrees with the enrolled photo, the name and the document, and that the learner is alone. Your conclusion and your name go into the learner's record.",
    pass: "It is the learner: pass", why: "Why not passed", refuse: "Don't pass", back: "Hang up, back to the queue", close: "Close",
    reason: { NOT_THE_LEARNER: "not the learner", NOT_ALONE: "not alone in the picture", OTHER: "another reason" },
    over: { passed: "Passed.", failed: "Not passed.", none: "The call ended without a conclusion; the learner is still in the queue." },
  },
  alert: {
    kind: {
      wrong_face: "Not the learner", spoof: "Suspected spoof", check_failures: "Failed checks used up", check_failed: "Check failed",
      check_missed: "Check missed", second_device: "Login on a second device", progress_ahead: "Progress too fast",
      window_switching: "Windows switched often", seek: "Seeking ahead", idle: "Idle too long", multi_device: "Several devices",
      device_switch: "Device changed", ip_change: "IP address changed", time_skew: "Clock off", shared_terminal: "Several learners, one terminal",
      other: "Needs a look",
    },
    severity: { low: "low", medium: "medium", high: "high", critical: "critical" },
    state: { found: "found", handling: "in hand", solved: "solved", ignored: "ignored" },
    claim: "I take it", release: "Give back", close: "Close", closeAs: "Result", choose: "Choose a result", mine: "In my hands", by: "In {by}'s hands",
    cost: "{time} not counted", look: "Show the learner", closedBy: "{at} {by}: {outcome}", severityOf: "Severity: {severity}",
    outcome: {
      SPOKE_WITH_LEARNER: "spoke with the learner", IDENTITY_CONFIRMED: "confirmed to be the learner", NOT_THE_LEARNER: "confirmed not to be the learner",
      MEASURES_TAKEN: "measures taken", TECHNICAL_FAULT: "technical fault", FALSE_ALARM: "false alarm", NOTHING_TO_DO: "nothing to do",
    },
    handover: "Hand over", handoverLead: "Give all alerts in your hands to a colleague; those the colleague may not see go back to the queue.",
    handoverTo: "To", queue: "Back to the queue",
    handed: "Handed over: {given} to the colleague, {back} back to the queue.",
  },
  appeal: {
    title: "Appeals", button: "Appeal", lead: "Staff of your training institution look at snapshots and records, then decide; giving back progress needs two people. Appeal within 30 days.",
    why: "Choose a reason", words: "Words (optional; no contact data)", wordsNeeded: "Words (required; no contact data)", submit: "Send the appeal",
    about: { check: "{at} {kind}: {outcome}", session: "{at} signed out ({reason})" },
    reason: {
      IT_WAS_ME: "It was me who studied", CAMERA_FAULT: "Camera fault", NETWORK_FAULT: "Network fault", PLATFORM_FAULT: "Platform fault",
      NO_PROMPT: "I saw no check", WAS_STUDYING: "I was studying all the time", OTHER: "Another reason",
    },
    state: { filed: "Sent", proposed: "In review", granted: "Granted", refused: "Refused" },
    filed: "Sent {at}, answer by {due}.", given: "Progress of {time} was given back; you needn't watch it again.", nothingLeft: "There was no progress to give back.",
    decided: "{at} {decision}.", kept: "Counted hours aren't affected.",
    decision: {
      IDENTITY_CONFIRMED: "confirmed to be the learner", TECHNICAL_FAULT: "there was a technical fault", PLATFORM_FAULT: "there was a platform fault",
      BENEFIT_OF_DOUBT: "doubtful, so in the learner's favour", NOT_THE_LEARNER: "not the learner", NO_FAULT_FOUND: "no fault was found",
      RULES_WERE_FOLLOWED: "the rules were followed", OTHER: "other",
    },
    says: "Learner: {reason}", due: "answer by {at}", overdue: "The time to answer is over", cost: "About {time}", evidence: "Show the snapshot",
    noEvidence: "No snapshot was kept.", grant: "Propose to grant", refuse: "Refuse", decide: "Decide", decisionWhy: "Ground",
    decisionWords: "Words (optional, the learner sees them)",
    proposeNext: "A proposal to grant takes effect once another class administrator agrees; a refusal ends the appeal.",
    agree: "Agree, give back the progress", disagree: "Disagree, send back",
    waitsSecond: "Waiting for another class administrator.", step: { proposed: "proposed", agreed: "agreed", disagreed: "sent back", refused: "refused" },
    told: {
      proposed: "Sent to review.", refused: "Decided: the appeal is refused.", granted: "The appeal is granted; progress of {time} was given back.",
      disagreed: "Sent back; the appeal is to be decided again.",
    },
  },
  note: {
    title: "Notices from your training institution", seen: "Got it", from: "{by}, {at}", because: "Reason: {reason}.",
    text: {
      message: "A message from staff", pause: "Staff paused your study.", resume: "Staff resumed your study; you can go on.",
      sign_out: "Staff signed you out.", block_device: "Staff blocked this device of yours; please study on another.",
      unblock_device: "Your device is allowed again.", allow_checks: "Staff allowed you more checks.",
      allow_enrolment: "Staff allowed you to enrol a new photo.", other: "Staff acted on your study.",
    },
    pausedDo: "Settle the reason above and wait for staff to resume; at the end of the day it resumes by itself. If you have questions, ask your training institution.",
    pausedCost: "No time runs while you are paused, and it doesn't sign you out. Counted and held time is kept.",
  },
} satisfies typeof acts;
