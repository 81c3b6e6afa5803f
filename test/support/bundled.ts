import { join } from "node:path";
import type { Host, ResumeOptions } from "../../src/core/api.ts";
import { createRegistry } from "../../src/core/registry.ts";
import { createWorld } from "../../src/core/world.ts";
import { AGENTS, registrationOf, type OUTSIDE } from "./readers.ts";

/** Epoch ms all bundled hosts think it is: shortly after the fixtures were recorded. */
const NOW = Date.parse("2026-11-21T12:00:00Z");

/** A host on `home` with the bundled providers and `more`, as the command line makes one. */
export async function bundledHost(
  home: string,
  more: readonly (typeof OUTSIDE)[number][] = [],
): Promise<Host> {
  const entries = await Promise.all(
    [...AGENTS, ...more].map(async (slug) => ({
      registration: await registrationOf(slug),
      package: { name: `casr-provider-${slug}`, version: "0.1.0", root: "/", origin: "bundled" as const },
    })),
  );
  return {
    registry: createRegistry(entries),
    folders: { state: join(home, ".state", "casr"), cache: join(home, ".cache", "casr") },
    world: (warn, signal, onBytes = () => {}) =>
      createWorld({ home, cwd: home, env: {}, warn, signal, onBytes, now: () => NOW }),
    version: "0.0.0-test",
    log: () => {},
  };
}

/** The options `casr <target> resume <session>` has without any flag. */
export function resumeOptions(
  session: string,
  target: string,
  change: Partial<ResumeOptions> = {},
): ResumeOptions {
  return {
    session,
    target,
    dryRun: false,
    force: false,
    enrich: false,
    fork: false,
    history: "context",
    reasoning: "auto",
    maxContextTokens: 0,
    maxToolOutput: 0,
    strict: false,
    signal: new AbortController().signal,
    ...change,
  };
}
