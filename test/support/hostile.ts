import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./home.ts";
import type { LineAgent } from "./readers.ts";

const HOSTILE = fileURLToPath(new URL("../../fixtures/hostile/", import.meta.url));

/** Texts that stand around the damage in every file and must come through. */
export const SURVIVORS = [
  "Still here: the first question.",
  "Still here: the first answer.",
  "Still here: the last question.",
  "Still here: the last answer.",
];

/**
 * What a reader has to make of a damaged file: `whole` = everything around the damage is read,
 * `nothing` = there is nothing to read, so a typed error, `either` = the one or the other.
 */
export type Outcome = "whole" | "nothing" | "either";

/** The damaged files by name (`fixtures/hostile/<agent>/<name>.jsonl`); their order makes their ids. */
export const HOSTILE_CASES: readonly [name: string, outcome: Outcome][] = [
  ["torn-last-line", "whole"],
  ["bom-crlf-blank", "whole"],
  ["wrong-types", "whole"],
  ["bad-utf8", "whole"],
  ["unknown-records", "whole"],
  ["empty", "nothing"],
  ["half-json", "nothing"],
  ["nul-bytes", "whole"],
  ["hostile-names", "whole"],
  ["call-without-result", "whole"],
  ["duplicate-ids", "whole"],
  ["loops", "whole"],
  ["odd-keys", "whole"],
  ["odd-times", "whole"],
  ["no-head", "either"],
];

/** The id that belongs to the `number`th session of a hostile home (from 1): ids differ in their first eight characters. */
export function hostileId(number: number): string {
  const digits = String(number).padStart(2, "0");
  return `bad000${digits}-0000-4000-8000-00000000${digits}00`;
}

/** Where an agent keeps the session `id` below a home. `number` keeps file names apart that hold a time. */
export function storePath(agent: LineAgent, id: string, number: number, extension = "jsonl"): string {
  const minute = String(number % 60).padStart(2, "0");
  if (agent === "claude-code") return `.claude/projects/-home-dev-projects-app/${id}.${extension}`;
  if (agent === "codex")
    return `.codex/sessions/2026/11/21/rollout-2026-11-21T05-${minute}-00-${id}.${extension}`;
  if (agent === "copilot") return `.copilot/session-state/${id}/events.${extension}`;
  if (agent === "factory") return `.factory/sessions/-home-dev-projects-app/${id}.${extension}`;
  if (agent === "kimi") return `.kimi-code/sessions/wd_app_b6c1126a8611/${id}/agents/main/wire.${extension}`;
  if (agent === "pi")
    return `.pi/agent/sessions/--home-dev-projects-app--/2026-11-21T05-${minute}-00-000Z_${id}.${extension}`;
  if (agent === "qwen") return `.qwen/projects/-home-dev-projects-app/chats/${id}.${extension}`;
  return `.gemini/tmp/app/chats/session-2026-11-21T05-${minute}-${id.slice(0, 8)}.${extension}`;
}

/** Puts a session file into an agent's store and gives its path. */
export async function place(
  home: string,
  agent: LineAgent,
  number: number,
  content: string | Uint8Array,
): Promise<string> {
  const path = join(home, storePath(agent, hostileId(number), number));
  await mkdir(dirname(path), { recursive: true });
  if (agent === "gemini")
    await writeFile(join(home, ".gemini/tmp/app/.project_root"), "/home/dev/projects/app");
  await writeFile(path, content);
  return path;
}

/** The bytes of a damaged file. */
export function hostileBytes(agent: LineAgent, name: string): Uint8Array {
  return readFileSync(join(HOSTILE, agent, `${name}.jsonl`));
}

/** A new home with the named damaged files (default: all). Maps names to paths. */
export async function hostileHome(
  agent: LineAgent,
  names?: readonly string[],
): Promise<{ home: string; paths: Map<string, string> }> {
  const home = temporaryFolder(`hostile-${agent}`);
  const paths = new Map<string, string>();
  for (const [index, [name]] of HOSTILE_CASES.entries()) {
    if (names && !names.includes(name)) continue;
    paths.set(name, await place(home, agent, index + 1, hostileBytes(agent, name)));
  }
  return { home, paths };
}

/** Numbers (from 1) of the lines that are neither blank nor a JSON object: each must be warned of. */
export function damagedLines(bytes: Uint8Array): number[] {
  const lines = new TextDecoder().decode(bytes).split("\n");
  return lines.flatMap((line, index) => (line.trim() === "" || isJsonObject(line) ? [] : [index + 1]));
}

function isJsonObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
