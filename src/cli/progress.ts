import { byteSize, truncate } from "./render/text.ts";

/** A line on stderr that says how far a long run is. */
export interface Progress {
  update(phase: string, done: number, total: number): void;
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
  return {
    update(phase, done, total) {
      const time = now();
      if (!stream.isTTY || time - startedAt < DELAY || time - shownAt < INTERVAL) return;
      shownAt = time;
      isShown = true;
      const share =
        total > 0
          ? `${Math.min(100, Math.floor((done / total) * 100))}% of ${byteSize(total)}`
          : byteSize(done);
      stream.write(`\r\u001B[K${truncate(`${phase} ${share}`, Math.max(20, stream.columns - 1))}`);
    },
    clear() {
      if (isShown) stream.write("\r\u001B[K");
      isShown = false;
    },
  };
}
