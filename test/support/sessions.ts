import type { FoundSession, Host } from "../../src/core/api.ts";
import { discoverAll } from "../../src/core/locate.ts";
import { withIndex } from "../../src/core/session-index/index.ts";
import type { World } from "../../src/provider/world.ts";

/** All sessions of the named providers, newest first. */
export function sessionsOf(
  host: Host,
  providers: string[] | undefined,
  world: World,
): Promise<FoundSession[]> {
  return withIndex(host, world, async (index) => {
    const entries = await discoverAll(index, host, providers, world);
    return entries.map((entry) => ({ provider: entry.provider, ref: index.ref(entry) }));
  });
}
