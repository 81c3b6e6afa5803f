import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
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
import { createWorld } from "../../../src/core/world.ts";
import { reader } from "../src/read.ts";
import { writer } from "../src/write.ts";

export const NOW = Date.parse("2026-11-21T06:00:00.000Z");
export const CORPUS =
  process.env["CASR_CORPUS"] ?? fileURLToPath(new URL("../../../fixtures", import.meta.url));

export interface TestWorld {
  home: string;
  world: World;
  warnings: Diagnostic[];
}

/** A world on a new empty home, which is removed when the test ends. */
export async function testWorld(
  options: { env?: Record<string, string>; platform?: string; home?: string } = {},
): Promise<TestWorld> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), "casr-cline-")));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const warnings: Diagnostic[] = [];
  const world = createWorld({
    home,
    cwd: home,
    env: options.env ?? {},
    platform: options.platform ?? "linux",
    warn: (diagnostic) => warnings.push(diagnostic),
    now: () => NOW,
  });
  return { home, world, warnings };
}

/** A copy of a recorded home. */
export async function recorded(name: string): Promise<TestWorld> {
  const home = await mkdtemp(join(tmpdir(), "casr-cline-"));
  await cp(join(CORPUS, "cline", name, "home"), home, { recursive: true });
  return testWorld({ home });
}

/** A file below `home`, with the folders it needs. */
export async function put(home: string, path: string, content: string | Uint8Array): Promise<string> {
  const full = join(home, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, content);
  return full;
}

export const ID = "1785578400000_k3x9a";
export const FOLDER = `.cline/data/sessions/${ID}`;

/** Puts a session of these stored messages into a new home. */
export async function stored(
  messages: unknown,
  manifest: Record<string, unknown> = {},
): Promise<TestWorld & { path: string }> {
  const made = await testWorld();
  const path = await put(
    made.home,
    `${FOLDER}/${ID}.messages.json`,
    JSON.stringify({ version: 1, messages }, null, 2),
  );
  const facts = {
    version: 1,
    session_id: ID,
    started_at: "2026-08-01T10:00:00.000Z",
    cwd: "/home/dev/p",
    model: "m",
    ...manifest,
  };
  await put(made.home, `${FOLDER}/${ID}.json`, JSON.stringify(facts));
  return { ...made, path };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function readRef(
  ref: SessionRef,
  world: World,
  history: History = "context",
): Promise<{ messages: Message[]; header: SessionHeader }> {
  const reading = await reader.read(ref, world);
  return { messages: await collect(reading.messages({ history })), header: reading.header };
}

export async function readPath(
  path: string,
  world: World,
  history: History = "context",
): Promise<{ messages: Message[]; header: SessionHeader }> {
  const ref = await reader.identify(path, world);
  if (ref === undefined) throw new Error(`${path} is no session`);
  return readRef(ref, world, history);
}

/** What stored messages are read as. */
export async function readStored(messages: unknown[], history: History = "context"): Promise<Message[]> {
  const { path, world } = await stored(messages);
  return (await readPath(path, world, history)).messages;
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

export const NEW_ID = "0b0f6a3c-1111-4222-8333-944455556666";
export const WORKSPACE = "/home/dev/projects/app";

function sessionOf(messages: Message[], header: Partial<SessionHeader> = {}): ProjectedSession {
  return {
    header: { id: "source", provider: "claude-code", metadata: {}, sourcePath: "/none", ...header },
    async *messages() {
      yield* messages;
    },
    counts: { messages: messages.length, toolCalls: 0, images: 0 },
    firstPrompt: "first prompt",
  };
}

export function planFor(
  messages: Message[],
  world: World,
  header: Partial<SessionHeader> = {},
): Promise<WritePlan> {
  const lineage = {
    sourceProvider: "claude-code",
    sourceId: "source",
    digest: "d".repeat(64),
    casrVersion: "0.1.0",
    convertedAt: NOW,
  };
  return writer.plan(
    sessionOf(messages, header),
    { sessionId: NEW_ID, workspace: WORKSPACE, lineage },
    world,
  );
}

/** Writes the files of a plan; statements for databases are left out. */
export async function writeFiles(plan: WritePlan): Promise<void> {
  for (const step of plan.steps) {
    if (step.kind !== "create-file") continue;
    await mkdir(dirname(step.path), { recursive: true });
    const chunks: Buffer[] = [];
    for await (const chunk of step.content()) chunks.push(Buffer.from(chunk));
    await writeFile(step.path, Buffer.concat(chunks));
  }
}

/** The messages as they are read back from what is written of them. */
export async function roundTrip(
  messages: Message[],
  header: Partial<SessionHeader> = {},
): Promise<TestWorld & { messages: Message[]; header: SessionHeader; plan: WritePlan }> {
  const made = await testWorld();
  const plan = await planFor(messages, made.world, header);
  await writeFiles(plan);
  return { ...made, plan, ...(await readPath(plan.path, made.world)) };
}

let count = 0;

export function message(role: string, content: Block[], more: Partial<Message> = {}): Message {
  return { index: count++, role, content, inContext: true, ...more };
}

export const text = (value: string): Block => ({ type: "text", text: value });
