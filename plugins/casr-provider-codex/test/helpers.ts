import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { Diagnostic, History, JsonObject, Message, SessionRef, World } from "casr-cli/provider";
import { createWorld } from "../../../src/core/world.ts";
import { reader } from "../src/read.ts";

export const ID = "0199aaaa-0000-7000-8000-000000000001";
export const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/** A copy of a recorded home: opening its database would leave files beside it. */
export function copyOfHome(name: string): string {
  const from = recordedHome(name);
  if (from === undefined) throw new Error(`the recorded case ${name} is missing`);
  const home = emptyHome();
  cpSync(from, home, { recursive: true, preserveTimestamps: true });
  return home;
}

/** The home of a recorded case, from the folder in CASR_CORPUS or from the repository's fixtures. */
export function recordedHome(name: string): string | undefined {
  const corpus = process.env["CASR_CORPUS"] ?? fileURLToPath(new URL("../../../fixtures", import.meta.url));
  const home = join(corpus, "codex", name, "home");
  return existsSync(home) ? home : undefined;
}

/** An empty home that is gone after the test. */
export function emptyHome(): string {
  const home = mkdtempSync(join(tmpdir(), "casr-codex-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

export interface TestWorld {
  world: World;
  warnings: Diagnostic[];
}

export function worldOn(home: string, env: Record<string, string> = {}): TestWorld {
  const warnings: Diagnostic[] = [];
  const world = createWorld({
    home,
    cwd: home,
    env,
    warn: (diagnostic) => warnings.push(diagnostic),
    now: () => Date.parse("2026-01-01T00:00:00Z"),
  });
  return { world, warnings };
}

/** Writes lines (objects or raw text) as the session `id` of `home`. */
export function writeRollout(
  home: string,
  lines: (JsonObject | string)[],
  id = ID,
  folder = "sessions/2026/10/02",
): string {
  const path = join(home, ".codex", folder, `rollout-2026-10-02T10-00-00-${id}.jsonl`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""),
  );
  return path;
}

let tick = 0;
const stamp = (): string => new Date(Date.parse("2026-10-02T10:00:00Z") + tick++).toISOString();

export const line = (type: string, payload: JsonObject, more: JsonObject = {}): JsonObject => ({
  timestamp: stamp(),
  type,
  payload,
  ...more,
});
export const item = (payload: JsonObject, more: JsonObject = {}): JsonObject =>
  line("response_item", payload, more);
export const event = (payload: JsonObject): JsonObject => line("event_msg", payload);
export const meta = (more: JsonObject = {}, id = ID): JsonObject =>
  line("session_meta", {
    id,
    timestamp: "2026-10-02T10:00:00.000Z",
    cwd: "/home/dev/app",
    originator: "codex-tui",
    cli_version: "0.120.0",
    source: "cli",
    model_provider: "openai",
    ...more,
  });
export const user = (...texts: string[]): JsonObject =>
  item({ type: "message", role: "user", content: texts.map((text) => ({ type: "input_text", text })) });
export const developer = (text: string): JsonObject =>
  item({ type: "message", role: "developer", content: [{ type: "input_text", text }] });
export const assistant = (text: string): JsonObject =>
  item({ type: "message", role: "assistant", content: [{ type: "output_text", text }] });
export const call = (id: string, name = "exec_command", args = '{"cmd":"ls"}'): JsonObject =>
  item({ type: "function_call", name, arguments: args, call_id: id });
export const output = (id: string, text: unknown): JsonObject =>
  item({ type: "function_call_output", call_id: id, output: text as string });

export async function refTo(id: string, world: World): Promise<SessionRef> {
  for await (const ref of reader.locate(id, world)) return ref;
  throw new Error(`no session ${id}`);
}

export async function messagesIn(id: string, world: World, history: History = "context"): Promise<Message[]> {
  const reading = await reader.read(await refTo(id, world), world);
  return Array.fromAsync(reading.messages({ history }));
}

/** One short line for each block: enough to see order and content. */
export function outline(messages: Message[]): string[] {
  return messages.flatMap((message) =>
    message.content.map((block): string => {
      const flag = message.inContext ? "" : "(past) ";
      switch (block.type) {
        case "text":
          return `${flag}${message.role}${message.origin === undefined || message.origin === "person" ? "" : `/${message.origin}`}: ${block.text}`;
        case "compaction":
          return `${flag}summary: ${block.summary}`;
        case "reasoning":
          return `${flag}thought${block.displayOnly === true ? "/shown" : ""}: ${block.text}`;
        case "tool_call":
          return `${flag}call ${block.id} ${block.name} ${JSON.stringify(block.input)}`;
        case "tool_result": {
          const text = block.content
            .map((part) => (part.type === "text" ? part.text : `<${part.mediaType}>`))
            .join("|");
          return `${flag}result ${block.callId}${block.isError ? " failed" : ""}: ${text}`;
        }
        default:
          return `${flag}${message.role}: <${block.mediaType}>`;
      }
    }),
  );
}
