import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
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
export const WORKSPACE = "/home/dev/projects/app";
export const ID = "11111111-2222-4333-8444-555555555555";
export const SESSIONS = ".continue/sessions";

export interface TestWorld {
  home: string;
  world: World;
  warnings: Diagnostic[];
}

/** A world on a new empty home, which is removed when the test ends. */
export async function testWorld(
  options: { env?: Record<string, string>; cwd?: string; platform?: string; home?: string } = {},
): Promise<TestWorld> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), "casr-continue-")));
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

export const user = (content: unknown, more: Made = {}): Made => ({
  message: { role: "user", content },
  contextItems: [],
  ...more,
});

export const assistant = (
  content: unknown,
  calls: Made[] = [],
  states: Made[] = [],
  more: Made = {},
): Made => ({
  message: { role: "assistant", content, ...(calls.length === 0 ? {} : { toolCalls: calls }) },
  contextItems: [],
  ...(states.length === 0 ? {} : { toolCallStates: states }),
  ...more,
});

export const callOf = (id: string, name: string, args: unknown): Made => ({
  id,
  type: "function",
  function: { name, arguments: typeof args === "string" ? args : JSON.stringify(args) },
});

export const stateOf = (call: Made, status: string, ...outputs: string[]): Made => ({
  toolCallId: call["id"],
  toolCall: call,
  status,
  output: outputs.map((content) => ({ content, name: "Tool Result", description: "Tool execution result" })),
});

/** A session's file as cn lays it out. */
export function sessionText(history: unknown[], more: Made = {}): string {
  const session = {
    sessionId: ID,
    title: "Untitled Session",
    workspaceDirectory: WORKSPACE,
    history,
    ...more,
  };
  return JSON.stringify(session, undefined, 2);
}

/** Puts a session with this history into a new home and reads it. */
export async function readItems(
  history: unknown[],
  more: Made = {},
): Promise<TestWorld & { messages: Message[]; header: SessionHeader; path: string }> {
  const made = await testWorld();
  const path = await put(made.home, `${SESSIONS}/${ID}.json`, sessionText(history, more));
  return { ...made, path, ...(await readPath(path, made.world)) };
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
export async function apply(plan: WritePlan): Promise<{ text: string; list: Made[] }> {
  let text = "";
  let list: Made[] = [];
  for (const step of plan.steps) {
    await mkdir(dirname(step.path), { recursive: true });
    if (step.kind === "create-file") {
      for await (const chunk of step.content())
        text += typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk);
      await writeFile(step.path, text, { flag: "wx" });
    } else if (step.kind === "edit-json") {
      const current = await readFile(step.path, "utf8").catch(() => undefined);
      list = step.edit(current === undefined ? undefined : JSON.parse(current)) as Made[];
      await writeFile(step.path, JSON.stringify(list, undefined, 2));
    } else throw new Error(`unexpected ${step.kind}`);
  }
  return { text, list };
}

/** Writes messages into a new home and reads them back. */
export async function roundTrip(
  messages: Message[],
  header: Partial<SessionHeader> = {},
): Promise<
  TestWorld & {
    messages: Message[];
    header: SessionHeader;
    plan: WritePlan;
    items: Made[];
    list: Made[];
    text: string;
  }
> {
  const made = await testWorld();
  const plan = await planFor(messages, made.world, header);
  const { text: whole, list } = await apply(plan);
  const { history } = JSON.parse(whole) as { history: Made[] };
  const { messages: found, header: read } = await readPath(plan.path, made.world);
  return { ...made, plan, items: history, list, text: whole, messages: found, header: read };
}

let counter = 0;
export function message(role: string, ...content: Block[]): Message {
  return { index: (counter += 1), role, content, inContext: true };
}
export const text = (value: string): Block => ({ type: "text", text: value });

/** The folder of genuine sessions: `CASR_CORPUS`, else the repository's own. */
const CORPUS = process.env["CASR_CORPUS"] ?? new URL("../../../fixtures", import.meta.url).pathname;

export async function copyHome(testCase: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "casr-continue-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  await cp(join(CORPUS, "continue", testCase, "home"), home, { recursive: true });
  return home;
}
