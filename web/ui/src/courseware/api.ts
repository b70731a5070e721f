/** The addresses of courseware. */

import { call } from "@/api/client";

export interface Place {
  from_ms: number;
  to_ms: number;
  picture: string | null;
}

export interface Finding {
  code: string;
  severity: "refusal" | "warning" | "note";
  value: number | null;
  places: Place[];
  more: number;
}

export interface Report {
  width: number;
  height: number;
  frames_a_second: number;
  length_ms: number;
  loudness_lufs: number | null;
  findings: Finding[];
  renditions: { name: string; width: number; height: number }[];
}

export interface Courseware {
  id: string;
  class_id: string | null;
  title: string;
  file_name: string;
  size_bytes: number;
  received_bytes: number;
  brought_at_ms: number;
  state: "uploading" | "queued" | "running" | "failed" | "refused" | "review" | "published";
  stage: string;
  progress: number;
  refusal: string | null;
  report: Report | null;
  has_captions: boolean;
  decided_at_ms: number | null;
}

export interface CoursewareList {
  size_bytes_at_most: number;
  part_bytes: number;
  courseware: Courseware[];
}

export interface Upload {
  class_id: string;
  title: string;
  file_name: string;
  fingerprint: string;
  size_bytes: number;
}

const at = (id: string, rest = ""): string => `/courseware/${encodeURIComponent(id)}${rest}`;

export const pictureUrl = (id: string, name: string): string => `/api${at(id)}/pictures/${encodeURIComponent(name)}`;

export const courseware = {
  all: () => call<CoursewareList>("GET", "/courseware"),
  one: (id: string) => call<Courseware>("GET", at(id)),
  begin: (upload: Upload) => call<Courseware>("POST", "/courseware", upload),
  part: (id: string, offset: number, content: Blob) =>
    call<{ received_bytes: number }>("PUT", at(id, `/content?offset=${offset}`), content),
  finish: (id: string) => call<null>("POST", at(id, "/finish")),
  retry: (id: string) => call<null>("POST", at(id, "/retry")),
  preview: (id: string) => call<{ master_url: string }>("GET", at(id, "/preview")),
  captions: (id: string, file: Blob) => call<null>("PUT", at(id, "/captions"), file),
  publish: (id: string, accepted: string[]) => call<null>("POST", at(id, "/publish"), { accepted }),
  discard: (id: string) => call<null>("DELETE", at(id)),
};
