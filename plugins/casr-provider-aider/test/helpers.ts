import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Diagnostic, Message, World } from "casr-cli/provider";
import type { Host } from "../../../src/core/api.ts";
import { createRegistry } from "../../../src/core/registry.ts";
import { createWorld } from "../../../src/core/world.ts";
import { goldenProvider, goldenRegistration } from "../../../src/testing/index.ts";
import { AGENTS, registrationOf } from "../../../test/support/readers.ts";
import { registration } from "../src/hook.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");

/** A world on a test's home, with what it was warned of. Its clocks are two hours ahead of UTC. */
export function worldOn(
  home: string,
  env: Record<string, string> = {},
  cwd = home,
): { world: World; warnings: Diagnostic[] } {
  const warnings: Diagnostic[] = [];
  const warn = (diagnostic: Diagnostic): void => void warnings.push(diagnostic);
  const made = createWorld({ home, cwd, env, platform: "linux", warn, now: () => NOW });
  return { world: { ...made, utcOffsetMinutes: () => 120 }, warnings };
}

/** A host with the bundled providers, the made sessions, and this one. */
export async function hostOn(home: string): Promise<Host> {
  const golden = goldenRegistration(home);
  const all = [...(await Promise.all(AGENTS.map((slug) => registrationOf(slug)))), registration, golden];
  const own = goldenProvider(home).package;
  return {
    registry: createRegistry(
      all.map((one) => ({ registration: one, package: { ...own, name: `casr-provider-${one.slug}` } })),
    ),
    folders: { state: join(home, ".state", "casr"), cache: join(home, ".cache", "casr") },
    world: (warn, signal) =>
      createWorld({ home, cwd: home, env: {}, platform: "linux", warn, signal, now: () => NOW }),
    version: "0.0.0-test",
    log: () => {},
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export function write(path: string, content: string | Uint8Array): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** Messages as one line a block, for comparison at a glance. */
export function outline(messages: Message[]): string[] {
  return messages.flatMap((message) =>
    message.content.map((block) => {
      const who = message.origin === undefined || message.origin === "person" ? message.role : message.origin;
      if (block.type === "text") return `${who}: ${block.text}`;
      if (block.type === "compaction") return `${who}: ${block.summary}`;
      return block.type === "reasoning" ? `thought: ${block.text}` : `${who}: [${block.type}]`;
    }),
  );
}
