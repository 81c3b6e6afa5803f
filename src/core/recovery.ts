import type { Host } from "./api.ts";
import { hasUnfinishedWork } from "./apply/unfinished.ts";

/** Finishes the undo of runs that were killed while writing. One line for each, ready to print as a warning. */
export async function recoverStore(host: Host): Promise<string[]> {
  if (!(await hasUnfinishedWork(host.folders.state))) return [];
  // All of the code that writes, for what hardly ever happens.
  const { recover } = await import("./apply/index.ts");
  const lines: string[] = [];
  const recovered = await recover(host.folders.state, {
    log: (message: string) => host.log("debug", message),
    warn: (message: string) => lines.push(message),
  });
  for (const { id, undone } of recovered) if (undone) lines.push(`An interrupted write was undone (${id}).`);
  return lines;
}
