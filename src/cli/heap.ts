import { setFlagsFromString } from "node:v8";

/**
 * Keeps the part of the heap for new objects at the few megabytes it has now. Left alone it grows to a hundred in a
 * long conversion, which holds one message at a time; measured, that costs memory and saves no time.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
