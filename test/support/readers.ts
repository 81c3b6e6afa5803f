import type { Diagnostic, ProvidersHook, Reader, Registration, World } from "casr-cli/provider";
import { createWorld } from "../../src/core/world.ts";

/** The agents whose plugins come with casr. */
export const AGENTS = [
  "claude-code",
  "cline",
  "codex",
  "continue",
  "copilot",
  "factory",
  "gemini",
  "kilo-code",
  "kimi",
  "opencode",
  "pi",
  "qwen",
] as const;

/** Those of them whose sessions are files of lines, which the damaged lines in `fixtures/hostile` are for. */
export const LINE_AGENTS = [
  "claude-code",
  "codex",
  "copilot",
  "factory",
  "gemini",
  "kimi",
  "pi",
  "qwen",
] as const;

export type LineAgent = (typeof LINE_AGENTS)[number];

export type AgentSlug = (typeof AGENTS)[number];

/** The agents whose plugins are here and not in the bundle. */
export const OUTSIDE = ["aider", "amp", "cursor"] as const;

const HOOKS: Record<AgentSlug | (typeof OUTSIDE)[number], () => Promise<{ default: ProvidersHook }>> = {
  "claude-code": () => import("../../plugins/casr-provider-claude-code/src/hook.ts"),
  cline: () => import("../../plugins/casr-provider-cline/src/hook.ts"),
  cursor: () => import("../../plugins/casr-provider-cursor/src/hook.ts"),
  aider: () => import("../../plugins/casr-provider-aider/src/hook.ts"),
  amp: () => import("../../plugins/casr-provider-amp/src/hook.ts"),
  codex: () => import("../../plugins/casr-provider-codex/src/hook.ts"),
  continue: () => import("../../plugins/casr-provider-continue/src/hook.ts"),
  gemini: () => import("../../plugins/casr-provider-gemini/src/hook.ts"),
  copilot: () => import("../../plugins/casr-provider-copilot/src/hook.ts"),
  factory: () => import("../../plugins/casr-provider-factory/src/hook.ts"),
  "kilo-code": () => import("../../plugins/casr-provider-kilo-code/src/hook.ts"),
  kimi: () => import("../../plugins/casr-provider-kimi/src/hook.ts"),
  qwen: () => import("../../plugins/casr-provider-qwen/src/hook.ts"),
  pi: () => import("../../plugins/casr-provider-pi/src/hook.ts"),
  opencode: () => import("../../plugins/casr-provider-opencode/src/hook.ts"),
};

/** The registration of a plugin, from its source. */
export async function registrationOf(slug: keyof typeof HOOKS): Promise<Registration> {
  const hook = await HOOKS[slug]();
  const found = (await hook.default()).find((registration) => registration.slug === slug);
  if (!found) throw new Error(`the plugin of ${slug} does not register it`);
  return found;
}

/** The reader of a plugin, from its source. */
export async function readerOf(slug: keyof typeof HOOKS): Promise<Reader> {
  const { reader } = await registrationOf(slug);
  if (!reader) throw new Error(`${slug} has no reader`);
  return reader();
}

/** A world on a test's home, with what it was warned of. Its clock stands still. */
export function worldOn(home: string): { world: World; warnings: Diagnostic[] } {
  const warnings: Diagnostic[] = [];
  const world = createWorld({
    home,
    cwd: home,
    env: {},
    platform: "linux",
    warn: (diagnostic) => warnings.push(diagnostic),
    now: () => Date.UTC(2026, 10, 21, 6),
  });
  return { world, warnings };
}

/** Everything an async iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
