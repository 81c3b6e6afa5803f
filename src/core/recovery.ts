import { recover } from "./apply/index.ts";
import type { Host } from "./api.ts";

/** Finishes the undo of runs that were killed while writing. One line for each, ready to print as a warning. */
export async function recoverStore(host: Host): Promise<string[]> {
  const lines: string[] = [];
  const recovered = await recover(host.folders.state, {
    log: (message: string) => host.log("debug", message),
    warn: (message: string) => lines.push(message),
  });
  for (const transaction of recovered) lines.push(`An interrupted write was undone (${transaction.id}).`);
  return lines;
}
