import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** Bytes of the part of the heap for new objects, both halves of it, from which on it may not grow any more. */
const ENOUGH_BYTES = 8 * 1024 * 1024;
const LOOK_MS = 10;

const newSpaceBytes = (): number =>
  getHeapSpaceStatistics().find((space) => space.space_name === "new_space")?.space_size ?? 0;

/**
 * Keeps the part of the heap for new objects at a few megabytes. Left alone it grows to a hundred in a long run, which
 * holds one message at a time. At the one it begins with, messages of usual size are taken for lasting ones: measured,
 * a conversion then takes an eighth longer, and no less memory. V8 looks at the flag whenever it would let it grow.
 */
export function keepHeapSmall(): void {
  const timer = setInterval(() => {
    if (newSpaceBytes() < ENOUGH_BYTES) return;
    setFlagsFromString("--semi-space-growth-factor=1");
    clearInterval(timer);
  }, LOOK_MS);
  timer.unref();
}
