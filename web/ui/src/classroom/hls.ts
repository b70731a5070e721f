/** Brings a lesson's HLS into a plain `<video>`: by hls.js, or by the browser itself where that can't run. */

import Hls from "hls.js/light";

const RENDITIONS = ["smooth", "standard", "high"] as const;

export interface Quality {
  index: number; // -1 = automatic
  label: "auto" | (typeof RENDITIONS)[number];
}

export interface Stream {
  qualities: Quality[];
  choose(index: number): void;
  close(): void;
}

export function openStream(
  video: HTMLVideoElement, url: string, resumeMs: number, ready: (stream: Stream) => void, failed: () => void,
): Stream {
  if (!Hls.isSupported()) return nativeStream(video, url, resumeMs, ready, failed);
  const hls = new Hls({
    enableWorker: false, // a worker from a blob would need a wider Content-Security-Policy
    startPosition: resumeMs / 1000,
    maxBufferLength: 30,
    backBufferLength: 60,
  });
  const stream: Stream = {
    qualities: [],
    choose: (index) => (hls.nextLevel = index),
    close: () => hls.destroy(),
  };
  let recovered = false;
  hls.on(Hls.Events.MANIFEST_PARSED, () => {
    stream.qualities = hls.levels.flatMap((level, index) => {
      const label = renditionOf(level.uri);
      return label === undefined ? [] : [{ index, label }];
    });
    ready(stream);
  });
  hls.on(Hls.Events.ERROR, (_event, error) => {
    if (!error.fatal) return;
    if (error.type === Hls.ErrorTypes.MEDIA_ERROR && !recovered) {
      recovered = true;
      hls.recoverMediaError();
      return;
    }
    failed();
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  return stream;
}

/** Which one a playlist is of: the folder that it lies in. A small film's three may all be of one size. */
export function renditionOf(address: string): (typeof RENDITIONS)[number] | undefined {
  return RENDITIONS.find((one) => one === address.split("/").at(-2));
}

function nativeStream(
  video: HTMLVideoElement, url: string, resumeMs: number, ready: (stream: Stream) => void, failed: () => void,
): Stream {
  const stream: Stream = {
    qualities: [],
    choose: () => undefined,
    close: () => {
      video.onloadedmetadata = null;
      video.onerror = null;
      video.removeAttribute("src");
      video.load();
    },
  };
  video.onloadedmetadata = () => {
    video.currentTime = resumeMs / 1000;
    ready(stream);
  };
  video.onerror = failed;
  video.src = url;
  return stream;
}
