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

const NOW = Date.parse("2026-11-21T06:00:00.000Z");
const TIME = "2026-11-21T05:00:00.000Z";
export const WORKSPACE = "/home/dev/projects/app";
export const ID = "11111111-2222-4333-8444-555555555555";
export const CHATS = ".qwen/projects/-home-dev-projects-app/chats";

export interface TestWorld {
  home: string;
  world: World;
  warnings: Diagnostic[];
}

/** A world on a new empty home, which is removed when the test ends. */
export async function testWorld(
  options: { env?: Record<string, string>; cwd?: string; platform?: string; home?: string } = {},
): Promise<TestWorld> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), "casr-qwen-")));
  if (options.home === undefined) onTestFinished(() => rm(home, { recursive: true, force: true }));
  const warnings: Diagnostic[] = [];
  const world = createWorld({
    home,
    cwd: options.cwd ?? home,
    env: options.env ?? {},
    platform: (options.platform ?? "linux") as NodeJS.Platform,
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

type Made = Record<string, unknown>;

/** Records as the CLI would chain them: each the child of the one before, where it does not say otherwise. */
export function chained(records: Made[]): string {
  let parentUuid: unknown = null;
  return records
    .map((record, index) => {
      const whole: Made = {
        uuid: `r${index}`,
        parentUuid,
        sessionId: ID,
        timestamp: TIME,
        cwd: WORKSPACE,
        version: "0.24.4",
        ...record,
      };
      parentUuid = whole["uuid"];
      return `${JSON.stringify(whole)}\n`;
    })
    .join("");
}

export const user = (said: string, more: Made = {}): Made => ({
  type: "user",
  message: { role: "user", parts: [{ text: said }] },
  ...more,
});
export const model = (...parts: Made[]): Made => ({ type: "assistant", message: { role: "model", parts } });
export const callPart = (id: string, name: string, args: unknown): Made => ({
  functionCall: { id, name, args },
});
export const answer = (id: string, name: string, response: unknown, more: Made = {}): Made => ({
  type: "tool_result",
  message: { role: "user", parts: [{ functionResponse: { id, name, response, ...more } }] },
});
export const system = (subtype: string, systemPayload: unknown = {}): Made => ({
  type: "system",
  subtype,
  systemPayload,
});

/** Puts a session of these records into a new home and reads it. */
export async function readRecords(
  records: Made[],
  history: History = "context",
): Promise<TestWorld & { messages: Message[]; header: SessionHeader; path: string }> {
  const made = await testWorld();
  const path = await put(made.home, `${CHATS}/${ID}.jsonl`, chained(records));
  return { ...made, path, ...(await readPath(path, made.world, history)) };
}

export async function readPath(
  path: string,
  world: World,
  history: History = "context",
): Promise<{ messages: Message[]; header: SessionHeader; records: { total: number; malformed: number } }> {
  const ref = await reader.identify(path, world);
  if (ref === undefined) throw new Error(`${path} is not a session`);
  return readRef(ref, world, history);
}

export async function readRef(
  ref: SessionRef,
  world: World,
  history: History = "context",
): Promise<{ messages: Message[]; header: SessionHeader; records: { total: number; malformed: number } }> {
  const reading = await reader.read(ref, world);
  const messages: Message[] = [];
  for await (const read of reading.messages({ history })) messages.push(read);
  return { messages, header: reading.header, records: reading.records };
}

/** One line per block, short enough to compare and to read in a failure. */
export function outline(messages: Message[]): string[] {
  return messages.flatMap(({ role, content, inContext }) =>
    content.map((block) => `${inContext ? "" : "(past) "}${role}: ${label(block)}`),
  );
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

export const NEW_ID = "0b0f6a3c-1111-4222-8333-944455556666";

export async function planFor(
  messages: Message[],
  world: World,
  header: Partial<SessionHeader> = {},
): Promise<WritePlan> {
  const session: ProjectedSession = {
    header: { id: "source", provider: "claude-code", metadata: {}, sourcePath: "/none", ...header },
    async *messages() {
      yield* messages;
    },
    counts: { messages: messages.length, toolCalls: 0, images: 0 },
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
export async function apply(plan: WritePlan): Promise<string> {
  const [step] = plan.steps;
  if (step?.kind !== "create-file" || plan.steps.length > 1) throw new Error("one file was expected");
  const chunks: string[] = [];
  for await (const chunk of step.content())
    chunks.push(typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk));
  await mkdir(dirname(step.path), { recursive: true });
  await writeFile(step.path, chunks.join(""), { flag: "wx" });
  return chunks.join("");
}

/** Writes messages into a new home and reads them back. */
export async function roundTrip(
  messages: Message[],
  header: Partial<SessionHeader> = {},
): Promise<TestWorld & { messages: Message[]; header: SessionHeader; plan: WritePlan; records: Made[] }> {
  const made = await testWorld();
  const plan = await planFor(messages, made.world, header);
  const written = await apply(plan);
  const records = written
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Made);
  const { messages: found, header: read } = await readPath(plan.path, made.world);
  return { ...made, plan, records, messages: found, header: read };
}

let counter = 0;
export function message(role: string, ...content: Block[]): Message {
  return { index: (counter += 1), role, content, inContext: true };
}
export const text = (value: string): Block => ({ type: "text", text: value });

/** The folder of genuine sessions: `CASR_CORPUS`, else the repository's own. */
const CORPUS = process.env["CASR_CORPUS"] ?? new URL("../../../fixtures", import.meta.url).pathname;

export async function copyHome(testCase: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "casr-qwen-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  await cp(join(CORPUS, "qwen", testCase, "home"), home, { recursive: true });
  return home;
}
