import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Provider, FoundSession, Host, LineageReport } from "./api.ts";
import type { World } from "../provider/world.ts";
import type { SessionHeader } from "../session/types.ts";
import { readLedger } from "./ledger.ts";

/** Clocks of file systems are coarser than ours. */
const CLOCK_STEP = 2000;

/** When the session at `path` was last written to, epoch ms; undefined when it is gone or out of reach. */
async function changedAt(provider: Provider, path: string, world: World): Promise<number | undefined> {
  try {
    // One that shares a database with others has no file, and so no time, of its own.
    if ((await stat(dirname(path))).isFile())
      return (await (await provider.reader?.())?.identify(path, world))?.modifiedAt;
    return (await stat(path)).mtimeMs;
  } catch {
    return undefined;
  }
}

/** The session with exactly this id in a provider's store, if it is there. */
export async function sessionWithId(
  provider: Provider,
  id: string,
  world: World,
): Promise<FoundSession | undefined> {
  if (provider.reader === undefined) return undefined;
  for await (const ref of (await provider.reader()).locate(id, world)) {
    if (ref.id.toLowerCase() === id.toLowerCase()) return { provider, ref };
  }
  return undefined;
}

/** How `header`'s session and `target` are related through earlier conversions; undefined when they are not. */
export async function lineageOf(
  host: Host,
  header: SessionHeader,
  digest: string,
  target: Provider,
  world: World,
): Promise<LineageReport | undefined> {
  const report: LineageReport = { earlier: [] };
  const { lineage } = header;
  if (lineage !== undefined) {
    report.sourceCameFrom = lineage;
    if (lineage.sourceProvider === target.slug) {
      const home = await sessionWithId(target, lineage.sourceId, world);
      report.returnsHome = { provider: target.slug, id: lineage.sourceId, exists: home !== undefined };
    }
  }
  for (const entry of await readLedger(host.folders.state)) {
    const same = entry.source.provider === header.provider && entry.source.id === header.id;
    if (!same || entry.target.provider !== target.slug) continue;
    const { id, path } = entry.target;
    const changed = await changedAt(target, path, world);
    if (changed === undefined) continue;
    report.earlier.push({
      id,
      path,
      convertedAt: entry.convertedAt,
      sameSource: entry.source.digest === digest,
      goneOn: changed > entry.convertedAt + CLOCK_STEP,
    });
  }
  return lineage === undefined && report.earlier.length === 0 ? undefined : report;
}
