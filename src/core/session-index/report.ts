import { statSync } from "node:fs";
import type { Host } from "../api.ts";
import { CasrError, messageOf } from "../errors.ts";

import { discardIndexFile, indexPath } from "./database-file.ts";
import { withIndex, type Standing } from "./index.ts";

export { indexPath } from "./database-file.ts";

/** What the index holds, and how much of it is still true. */
export interface IndexReport {
  path: string;
  /** Bytes of the database and what lies beside it; 0 when it is not there. */
  sizeBytes: number;
  /** The providers it holds sessions of. */
  stores: Standing[];
  warnings: string[];
}

function sizeOf(path: string): number {
  return [path, `${path}-wal`]
    .map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, size) => sum + size, 0);
}

/** Looks at everything the index was made from, and says what of it holds. Changes nothing. */
export async function indexReport(host: Host, signal: AbortSignal): Promise<IndexReport> {
  const warnings: string[] = [];
  const path = indexPath(host.folders.cache);
  const world = host.world(({ message }) => warnings.push(message), signal);
  const exists = statSync(path, { throwIfNoEntry: false }) !== undefined;
  const providers = host.registry.providers.filter(({ reader }) => reader !== undefined);
  const stores = !exists
    ? []
    : await withIndex(host, world, async (index) => {
        const standings = await Promise.all(providers.map((provider) => index.standing(provider)));
        return standings.filter((standing) => standing !== undefined);
      });
  return { path, sizeBytes: sizeOf(path), stores, warnings };
}

/**
 * Throws away what was found out earlier and finds it out again with `look`, which lists all sessions. Throws
 * `write-failed` where the index cannot be made anew.
 */
export async function rebuildIndex(
  host: Host,
  signal: AbortSignal,
  look: () => Promise<unknown>,
): Promise<IndexReport> {
  try {
    discardIndexFile(host.folders.cache);
    await look();
  } catch (error) {
    if (signal.aborted || error instanceof CasrError) throw error;
    throw notRebuilt(host, messageOf(error));
  }
  const report = await indexReport(host, signal);
  if (report.sizeBytes === 0) throw notRebuilt(host, report.warnings[0] ?? "nothing could be stored");
  return report;
}

function notRebuilt(host: Host, reason: string): CasrError {
  const { cache } = host.folders;
  return new CasrError("write-failed", `The session index could not be made anew: ${reason}`, {
    context: { path: indexPath(cache) },
    suggestions: [
      `See whose folder it is: ls -ld '${cache}'`,
      "Keep the index elsewhere: CASR_CACHE_HOME=<folder> casr index --rebuild",
    ],
  });
}
