import { recover } from "./apply/index.ts";
import type { Host } from "./api.ts";

/** Finishes the undo of runs that were killed while writing. One line for each, ready to print as a warning. */
export async function recoverStore(host: Host): Promise<string[]> {
  const lines: string[] = [];
  const recovered = await recover(host.folders.state, {
    log: (message: string) => host.log("debug", message),
    warn: (message: string) => lines.push(message),
  });
  for (const { id, undone } of recovered) if (undone) lines.push(`An interrupted write was undone (${id}).`);
  return lines;
}
