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

/** Shows nothing in the first second, and nothing at all where `stream` is not a terminal. Counts are bytes. */
export function createProgress(stream: NodeJS.WriteStream, now: () => number = Date.now): Progress {
  const startedAt = now();
  let shownAt = 0;
  let isShown = false;
  const isQuiet = (): boolean => !stream.isTTY || now() - startedAt < DELAY || now() - shownAt < INTERVAL;
  const write = (line: string): void => {
    shownAt = now();
    isShown = true;
    stream.write(`\r\u001B[K${truncate(line, Math.max(20, stream.columns - 1))}`);
  };
  return {
    show(words) {
      if (!isQuiet()) write(words);
    },
    update(phase, done, total) {
      if (isQuiet()) return;
      const share =
        total > 0
          ? `${Math.min(100, Math.floor((done / total) * 100))}% of ${byteSize(total)}`
          : byteSize(done);
      write(`${phase} ${share}`);
    },
    clear() {
      if (isShown) stream.write("\r\u001B[K");
      isShown = false;
    },
  };
}

/** Tells on a progress line how many sessions were looked at. */
export function sessionProgress(progress: Progress): (done: number, total: number) => void {
  return (done, total) => progress.show(`Looking at sessions: ${done} of ${total}`);
}
