/** The messages of the classroom socket, generated from realtime/protocol.py, with names for their codes. */
import type { CameraError, CheckPrompt, CheckView, View } from "./protocol.gen";

export * from "./protocol.gen";

export type Phase = View["phase"];
export type CheckKind = CheckView["kind"];
export type Action = CheckPrompt["action"];
export type CameraErrorCode = CameraError["code"];
