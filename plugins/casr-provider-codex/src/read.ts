import type { Reader } from "casr-cli/provider";
import { detect, discover, locate, identify } from "./discover.ts";
import { summarize } from "./summary.ts";

/** Reads Codex's sessions. What it takes to read one whole is loaded then: listings do without it. */
export const reader: Reader = {
  detect,
  discover,
  locate,
  identify,
  summarize,
  read: async (ref, world) => (await import("./reading.ts")).read(ref, world),
  readOn: async (ref, mark, world) => (await import("./reading.ts")).readOn(ref, mark, world),
};
