import type { NativeCall } from "casr-cli/provider";

/** Aider's model calls no tools. */
export function nativeCall(): NativeCall | undefined {
  return undefined;
}
