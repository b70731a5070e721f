/** Brings a lesson's HLS into a plain `<video>`: by hls.js, or by the browser itself where that can't run. */

import Hls from "hls.js/light";

export interface Quality {
  index: number; // -1 = automatic
  label: "auto" | "smooth" | "high";
}

export interface Stream {
  qualities: Quality[];
  choose(index: number): void;
  close(): void;
}

const HIGH_FROM_LINES = 600;

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
    stream.qualities = hls.levels.map((level, index) => ({
      index, label: level.height >= HIGH_FROM_LINES ? "high" : "smooth",
    }));
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
