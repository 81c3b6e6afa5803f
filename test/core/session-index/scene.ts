import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Host, ListOptions, ListReport } from "../../../src/core/api.ts";
import { createRegistry } from "../../../src/core/registry.ts";
import { createWorld } from "../../../src/core/world.ts";
import { listSessions } from "../../../src/core/queries.ts";
import { registrationOf, type AgentSlug, type OUTSIDE } from "../../support/readers.ts";

const HOUR = 3_600_000;

export interface SceneOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** Epoch ms; default an hour from now, when all that was written has settled. */
  now?: () => number;
  origin?: "bundled" | "user" | "linked";
  version?: string;
}

/** A host on `home` whose readers tell which of them were loaded. */
export interface Scene {
  host: Host;
  /** Slugs of the readers loaded since the last look at this. */
  loaded(): string[];
}

/** A scene with these registrations. */
export function sceneOf(home: string, registrations: readonly unknown[], options: SceneOptions = {}): Scene {
  const {
    env = {},
    cwd = home,
    now = () => Date.now() + HOUR,
    origin = "bundled",
    version = "1.0.0",
  } = options;
  let loaded: string[] = [];
  const entries = registrations.map((registration) => {
    const { slug, reader } = registration as { slug: string; reader: () => Promise<unknown> };
    const noted = (): Promise<unknown> => {
      loaded.push(slug);
      return reader();
    };
    const from = { name: `casr-provider-${slug}`, version, root: "/", origin };
    return { registration: { ...(registration as object), reader: noted }, package: from };
  });
  const host: Host = {
    registry: createRegistry(entries),
    folders: { state: join(home, ".casr-state"), cache: join(home, ".casr-cache") },
    world: (warn, signal) => createWorld({ home, cwd, env, warn, signal, now }),
    version: "0.0.0-test",
    log: () => {},
  };
  return {
    host,
    loaded() {
      const slugs = [...new Set(loaded)].sort();
      loaded = [];
      return slugs;
    },
  };
}

/** A scene with bundled providers. */
export async function bundledScene(
  home: string,
  slugs: readonly (AgentSlug | (typeof OUTSIDE)[number])[],
  options: SceneOptions = {},
): Promise<Scene> {
  return sceneOf(home, await Promise.all(slugs.map(registrationOf)), options);
}

/** Every session of a host, as `casr list --all --limit 0` shows it. */
export function listAll(host: Host, change: Partial<ListOptions> = {}): Promise<ListReport> {
  const signal = new AbortController().signal;
  return listSessions(host, { limit: 0, sort: "date", hidden: true, signal, ...change });
}

/** A report without what tells providers' objects apart. */
export function plain(report: ListReport): unknown {
  const sessions = report.sessions.map(({ provider, ...session }) => ({
    ...session,
    provider: provider.slug,
  }));
  return { ...report, sessions };
}

/** Waits until what is written now gets another time than what was written before. */
export async function tick(home: string): Promise<void> {
  const clock = join(home, ".clock");
  writeFileSync(clock, "");
  const before = statSync(clock).ctimeMs;
  do {
    await setTimeout(2);
    writeFileSync(clock, "");
  } while (statSync(clock).ctimeMs === before);
}
