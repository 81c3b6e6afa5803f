import type { ListOptions } from "../core/api.ts";
import { byteSize, truncate } from "./render/text.ts";

/** A line on stderr that says how far a long run is. */
export interface Progress {
  update(phase: string, done: number, total: number): void;
  /** Shows a line of words. */
  show(words: string): void;
  /** Takes the line away. */
  clear(): void;
}

const DELAY = 1000;
const INTERVAL = 100;

/** Seconds as people say them: `8 s`, `2 min 10 s`. */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/**
 * Shows nothing in the first second, and nothing at all where `stream` is missing or no terminal. Counts are bytes;
 * rate and remaining time come from all that was done since the first one was told.
 */
export function createProgress(
  stream: NodeJS.WriteStream | undefined,
  now: () => number = Date.now,
): Progress {
  if (stream?.isTTY !== true) return { show() {}, update() {}, clear() {} };
  const startedAt = now();
  let shownAt = 0;
  let isShown = false;
  let first: { at: number; done: number } | undefined;
  const isQuiet = (): boolean => now() - startedAt < DELAY || now() - shownAt < INTERVAL;
  const write = (line: string): void => {
    shownAt = now();
    isShown = true;
    stream.write(`\r\u001B[K${truncate(line, (stream.columns || 80) - 1)}`);
  };
  /** How fast, and how long it will still take; empty while too little is known. */
  const pace = (done: number, total: number): string => {
    const seconds = first === undefined ? 0 : (now() - first.at) / 1000;
    const bytes = done - (first?.done ?? 0);
    if (seconds < 0.5 || bytes <= 0) return "";
    const rate = bytes / seconds;
    const left = total > done ? `, ${duration((total - done) / rate)} left` : "";
    return `, ${byteSize(Math.round(rate))}/s${left}`;
  };
  return {
    show(words) {
      if (!isQuiet()) write(words);
    },
    update(phase, done, total) {
      first ??= { at: now(), done };
      if (isQuiet()) return;
      const share =
        total > 0
          ? `${Math.min(100, Math.floor((done / total) * 100))}% of ${byteSize(total)}`
          : byteSize(done);
      write(`${phase} ${share}${pace(done, total)}`);
    },
    clear() {
      if (isShown) stream.write("\r\u001B[K");
      isShown = false;
    },
  };
}

/** Tells on a progress line how many sessions were looked at, and how far reading some of them whole is. */
export function listingProgress(progress: Progress): Pick<ListOptions, "onSessions" | "onProgress"> {
  return {
    onSessions: (done, total) => progress.show(`Looking at sessions: ${done} of ${total}`),
    onProgress: progress.update,
  };
}
