import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { createWorld } from "../../../src/core/world.ts";
import type {
  Block,
  Diagnostic,
  History,
  Message,
  ProjectedSession,
  SessionHeader,
  SessionRef,
  World,
  WritePlan,
} from "casr-cli/provider";
import { reader } from "../src/read.ts";
import { writer } from "../src/write.ts";

export const NOW = Date.parse("2026-11-21T06:00:00.000Z");

export interface TestWorld {
  home: string;
  world: World;
  warnings: Diagnostic[];
}

/** A world on a new empty home, which is removed when the test ends. */
export async function testWorld(
  options: { env?: Record<string, string>; cwd?: string; home?: string } = {},
): Promise<TestWorld> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), "casr-gemini-")));
  if (options.home === undefined) onTestFinished(() => rm(home, { recursive: true, force: true }));
  const warnings: Diagnostic[] = [];
  const world = createWorld({
    home,
    cwd: options.cwd ?? home,
    env: options.env ?? {},
    platform: "linux",
    warn: (diagnostic) => warnings.push(diagnostic),
    now: () => NOW,
  });
  return { home, world, warnings };
}

/** A file below `home`, with the folders it needs. */
export async function put(home: string, path: string, content: string): Promise<string> {
  const full = join(home, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, content);
  return full;
}

/** Records as JSONL. */
export function jsonl(...records: unknown[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}

export const METADATA = {
  sessionId: "11111111-2222-4333-8444-555555555555",
  projectHash: "00",
  startTime: "2026-11-21T05:00:00.000Z",
  lastUpdated: "2026-11-21T05:00:00.000Z",
  kind: "main",
};

export const CONTEXT_TEXT =
  "<session_context>\nThis is the Gemini CLI.\n- **Workspace Directories:**\n  - /home/dev/projects/app\n- **Directory Structure:**\n\n</session_context>";
export const CONTEXT = {
  id: "d04923d38bb0f6017037e74183378ef4",
  timestamp: "2026-11-21T05:00:00.000Z",
  type: "user",
  content: [{ text: CONTEXT_TEXT }],
};

export const SESSION_PATH = ".gemini/tmp/app/chats/session-2026-11-21T05-00-11111111.jsonl";

/** Puts a session of these records (behind the metadata) into a new home and reads it. */
export async function readRecords(
  records: unknown[],
  history: History = "context",
): Promise<TestWorld & { messages: Message[]; header: SessionHeader }> {
  const made = await testWorld();
  const path = await put(made.home, SESSION_PATH, jsonl(METADATA, ...records));
  return { ...made, ...(await readFile(path, made.world, history)) };
}

export async function readFile(
  path: string,
  world: World,
  history: History = "context",
): Promise<{ messages: Message[]; header: SessionHeader }> {
  const ref = await reader.identify(path, world);
  if (ref === undefined) throw new Error(`${path} is not a session`);
  return readRef(ref, world, history);
}

export async function readRef(
  ref: SessionRef,
  world: World,
  history: History = "context",
): Promise<{ messages: Message[]; header: SessionHeader }> {
  const reading = await reader.read(ref, world);
  const messages: Message[] = [];
  for await (const read of reading.messages({ history })) messages.push(read);
  return { messages, header: reading.header };
}

/** One line per block, short enough to compare and to read in a failure. */
export function outline(messages: Message[]): string[] {
  return messages.flatMap(({ role, content }) => content.map((block) => `${role}: ${label(block)}`));
}

function label(block: Block): string {
  switch (block.type) {
    case "text":
      return block.text;
    case "compaction":
      return `[compaction] ${block.summary}`;
    case "reasoning":
      return `[thought] ${block.text}`;
    case "tool_call":
      return `[call ${block.id}] ${block.name} ${JSON.stringify(block.input)}`;
    case "tool_result": {
      const parts = block.content.map((part) => (part.type === "text" ? part.text : `<${part.mediaType}>`));
      const code = block.exitCode === undefined ? "" : ` exit ${block.exitCode}`;
      return `[${block.isError ? "error" : "result"} ${block.callId}${code}] ${parts.join("|")}`;
    }
    default:
      return `[${block.type} ${block.mediaType}]`;
  }
}

export const WORKSPACE = "/home/dev/projects/app";
export const NEW_ID = "0b0f6a3c-1111-4222-8333-944455556666";

export async function planFor(
  messages: Message[],
  world: World,
  header: Partial<SessionHeader> = {},
): Promise<WritePlan> {
  const pictures = messages
    .flatMap(({ content }) => content)
    .flatMap((block) => (block.type === "tool_result" ? block.content : [block]))
    .filter((block) => block.type === "image").length;
  const session: ProjectedSession = {
    header: { id: "source", provider: "claude-code", metadata: {}, sourcePath: "/none", ...header },
    async *messages() {
      yield* messages;
    },
    counts: { messages: messages.length, toolCalls: 0, images: pictures },
    firstPrompt: "First prompt",
  };
  const lineage = {
    sourceProvider: "claude-code",
    sourceId: "source",
    digest: "d".repeat(64),
    casrVersion: "0.1.0",
    convertedAt: NOW,
  };
  return writer.plan(session, { sessionId: NEW_ID, workspace: WORKSPACE, lineage }, world);
}

/** Carries a plan out in the test's home. */
export async function apply(plan: WritePlan): Promise<void> {
  for (const step of plan.steps) {
    if (step.kind !== "create-file") throw new Error(`unexpected ${step.kind}`);
    const chunks: string[] = [];
    for await (const chunk of step.content())
      chunks.push(typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk));
    await mkdir(dirname(step.path), { recursive: true });
    await writeFile(step.path, chunks.join(""), { flag: step.keepExisting === true ? "a" : "wx" });
  }
}

/** Writes messages into a new home and reads them back. */
export async function roundTrip(
  messages: Message[],
  header: Partial<SessionHeader> = {},
): Promise<TestWorld & { messages: Message[]; header: SessionHeader; plan: WritePlan }> {
  const made = await testWorld();
  const plan = await planFor(messages, made.world, header);
  await apply(plan);
  return { ...made, plan, ...(await readFile(plan.path, made.world)) };
}

let counter = 0;
export function message(role: string, ...content: Block[]): Message {
  return { index: (counter += 1), role, content, inContext: true };
}
export const text = (value: string): Block => ({ type: "text", text: value });

/** The folder of genuine sessions: `CASR_CORPUS`, else the repository's own. */
export const CORPUS = process.env["CASR_CORPUS"] ?? new URL("../../../fixtures", import.meta.url).pathname;

export async function copyHome(testCase: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "casr-gemini-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  await cp(join(CORPUS, "gemini", testCase, "home"), home, { recursive: true });
  return home;
}
