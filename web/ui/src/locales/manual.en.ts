/** The learner's manual, in English. */

import type manual from "./manual.zh-CN";

export default {
  title: "Learner's manual",
  lead: "From login to the last lesson: what to do at each step, and how time counts.",
  link: "Manual",
  contents: "Contents",
  picture: "What “{title}” looks like",
  help: "If you have more questions, ask your training institution. This platform never asks you for a phone number, WeChat or money.",
  section: {
    login: {
      title: "Log in",
      steps: [
        "Log in with the account and password of your training institution. If you forgot the password, ask them.",
        "Below the login you can change the language, and run the browser check to see whether you can study with this browser.",
        "The menu at the upper right holds language and look, light or dark.",
      ],
    },
    consent: {
      title: "Notice and consent",
      steps: [
        "Before you study, read the notice on face data. If you consent, tick the box and press “Consent and go on”.",
        "If you don't, choose checks by a person: staff confirm by video that it is you, and your hours count the same.",
        "You can withdraw your consent at any time in the menu under your name. Counted hours aren't affected.",
      ],
    },
    device: {
      title: "Device check",
      steps: [
        "Press “Start the check” to see whether camera, light, sound and network are fine. Where they aren't, the page says what to do.",
        "Then press “Start practising” to try a check. Practice isn't counted and doesn't affect your hours.",
      ],
    },
    enrol: {
      title: "Enrol your photo",
      steps: [
        "Face the camera alone, in even light, without mask, cap or sunglasses, and make three movements as prompted.",
        "Once your training institution has confirmed that it is you, you can start studying.",
      ],
    },
    lesson: {
      title: "A lesson",
      steps: [
        "Open your class and press “Start studying”: first a login check, then on from where you were.",
        "Time has three parts: counted; held, which counts once the next check is passed; and not counted, with the reasons when opened.",
        "Time counts while the video plays and you are studying. It stops when you leave the page or lose the network; what has counted stays.",
        "To step away, press “I have to leave for a moment”. Without any input for long you are warned, then signed out.",
        "Each day's effective time has a limit, shown on the page. You can watch on beyond it, but it doesn't count.",
      ],
    },
    check: {
      title: "Random checks",
      steps: [
        "Checks come at random: a sound, the video pauses, a few seconds to get ready, then three movements as prompted.",
        "The ring is the time that is left. If it didn't work, the page says why, and you can try again a few times.",
        "Once passed, held time counts and the video goes on by itself.",
        "If the camera doesn't open, the network is bad or a service fails, the page says what to do; what isn't your fault is never a failure.",
      ],
    },
    paused: {
      title: "Paused, signed out, and making up",
      steps: [
        "When paused, press “Go on studying”.",
        "A check that is failed or missed signs you out, and held time doesn't count, but it isn't lost: start again, press “Make up”, watch that stretch once more, and it counts when a random check is passed.",
        "If you sign out yourself, or were signed out for lack of input, held time is kept and counts once the next check is passed.",
        "An account studies in one place only. On another device press “Go on here”.",
      ],
    },
    appeal: {
      title: "Appeals",
      steps: [
        "If a check or sign-out was wrong, find it in your study record, press “Appeal” and choose a reason, within 30 days.",
        "Staff look at the records and answer by the time shown. If the appeal is granted, the progress is given back and you needn't watch it again.",
      ],
    },
    person: {
      title: "Asking for a check by a person",
      steps: [
        "If face checks keep failing, you can't do a movement, have no camera or don't want face checks, press “Ask for a check by a person”.",
        "Staff call you by video, in turn. Waiting is never a failure and doesn't sign you out; the call isn't recorded.",
      ],
    },
    record: {
      title: "Study record",
      steps: [
        "The study record has every stretch of time and every check; what didn't count has its reason.",
        "What staff did about your study stands there too.",
      ],
    },
  },
} satisfies typeof manual;
