import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Host, Provider } from "../../src/core/api.ts";
import { createRegistry } from "../../src/core/registry.ts";
import { createWorld } from "../../src/core/world.ts";
import type { JsonValue } from "../../src/session/json.ts";
import tinyProviders from "../plugins/casr-provider-tiny/hook.js";

/** Epoch ms all tiny hosts think it is. */
const NOW = Date.parse("2026-11-21T12:00:00Z");

/** A fresh folder that is removed when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "casr-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const PACKAGE: Provider["package"] = {
  name: "casr-provider-tiny",
  version: "1.0.0",
  root: "/",
  origin: "linked",
};

/** The tiny provider's registration under another slug: two stores, two agents, one code. */
export function tinyRegistration(slug: string, change: Record<string, unknown> = {}): unknown {
  return { ...tinyProviders()[0]!, slug, aliases: [], ...change };
}

/** A host in a temporary home that knows only the tiny agent (or the registrations given). */
export async function tinyHost(registrations: unknown[] = tinyProviders()): Promise<Host & { home: string }> {
  const home = await temporaryFolder();
  return {
    home,
    registry: createRegistry(
      registrations.map((registration, index) => ({
        registration,
        package: { ...PACKAGE, name: index === 0 ? PACKAGE.name : `${PACKAGE.name}-${index}` },
      })),
    ),
    folders: { state: join(home, ".state"), cache: join(home, ".cache") },
    world: (warn, signal, onBytes = () => {}) =>
      createWorld({ home, cwd: home, env: {}, warn, signal, onBytes, now: () => NOW }),
    version: "0.0.0-test",
    log: () => {},
  };
}

export interface TinyMessage {
  role: string;
  content: JsonValue[];
  timestamp?: number;
}

const CONVERSATION: TinyMessage[] = [
  { role: "user", content: [{ type: "text", text: "List the files" }], timestamp: NOW - 3000 },
  {
    role: "assistant",
    content: [
      { type: "text", text: "Looking." },
      {
        type: "tool_call",
        id: "c1",
        name: "run",
        input: { line: "ls" },
        tool: { kind: "shell", command: "ls" },
      },
    ],
    timestamp: NOW - 2000,
  },
  {
    role: "tool",
    content: [
      { type: "tool_result", callId: "c1", content: [{ type: "text", text: "a\nb" }], isError: false },
    ],
  },
  { role: "assistant", content: [{ type: "text", text: "Two files." }], timestamp: NOW - 1000 },
];

/** Writes a session of the tiny agent; `age` seconds old. */
export async function tinySession(
  home: string,
  id: string,
  options: { workspace?: string; age?: number; messages?: TinyMessage[]; title?: string } = {},
): Promise<string> {
  const store = join(home, ".tiny");
  await mkdir(store, { recursive: true });
  const path = join(store, `${id}.jsonl`);
  const header = { title: options.title ?? `Session ${id}`, workspace: options.workspace };
  const records = [header, ...(options.messages ?? CONVERSATION)];
  await writeFile(path, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  const at = NOW / 1000 - (options.age ?? 0);
  await utimes(path, at, at);
  return path;
}
