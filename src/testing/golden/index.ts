import { conversation } from "./conversation.ts";
import { hostile } from "./hostile.ts";
import { compacted, texts, tools } from "./small.ts";
import type { GoldenSession } from "./script.ts";

export { GOLDEN_SLUG, GOLDEN_START, type GoldenSession } from "./script.ts";

/**
 * Sessions every provider must be able to hold, made in code: pure functions of the workspace they took place
 * in. `messages` is the whole history; what is no longer sent has `inContext: false`.
 */
export const GOLDEN_SESSIONS = { conversation, texts, tools, compacted, hostile } as const satisfies Record<
  string,
  (workspace: string) => GoldenSession
>;

export type GoldenName = keyof typeof GOLDEN_SESSIONS;

/** The names of the golden sessions, the most telling first. */
export const GOLDEN_NAMES = Object.keys(GOLDEN_SESSIONS) as GoldenName[];
