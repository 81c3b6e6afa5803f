import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { createWorld } from "../../../src/core/world.ts";
import { checkPlan } from "../../../src/core/apply/index.ts";
import type {
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
const CORPUS = process.env["CASR_CORPUS"] ?? fileURLToPath(new URL("../../../fixtures", import.meta.url));
export const CASES = existsSync(join(CORPUS, "amp")) ? readdirSync(join(CORPUS, "amp")) : [];

export interface TestWorld {
  home: string;
  world: World;
  warnings: Diagnostic[];
}

/** A world on a new home, a copy of a recorded one when `testCase` is given. */
export async function testWorld(
  options: { testCase?: string; env?: Record<string, string>; platform?: string } = {},
): Promise<TestWorld> {
  const home = await mkdtemp(join(tmpdir(), "casr-amp-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  if (options.testCase !== undefined)
    await cp(join(CORPUS, "amp", options.testCase, "home"), home, { recursive: true });
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

export async function put(home: string, path: string, content: string | Uint8Array): Promise<string> {
  const full = join(home, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, content);
  return full;
}

export const ID = "T-0196f1a2-0000-7000-8000-0000000000aa";
export const THREADS = ".local/share/amp/threads";

/** The document of a thread with these messages, as Amp lays it out. */
export function threadText(messages: unknown[], members: Record<string, unknown> = {}): string {
  const document = {
    v: 3,
    id: ID,
    created: NOW - 60_000,
    messages,
    nextMessageId: messages.length,
    ...members,
  };
  return JSON.stringify(document, null, 2);
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Reads one thread of these messages. */
export async function readMessages(
  messages: unknown[],
  history: History = "context",
  members: Record<string, unknown> = {},
): Promise<Message[]> {
  const { home, world } = await testWorld();
  const path = await put(home, `${THREADS}/${ID}.json`, threadText(messages, members));
  return readPath(path, world, history);
}

export async function readPath(path: string, world: World, history: History = "context"): Promise<Message[]> {
  const ref = await reader.identify(path, world);
  if (ref === undefined) throw new Error(`${path} is no thread`);
  return collect((await reader.read(ref, world)).messages({ history }));
}

export const said = (text: string): object => ({ role: "user", content: [{ type: "text", text }] });

export function answered(...content: object[]): object {
  return { role: "assistant", content, state: { type: "complete", stopReason: "end_turn" } };
}

export const called = (id: string, name: string, input: unknown): object => ({
  type: "tool_use",
  complete: true,
  id,
  name,
  input,
});

export function results(runs: Record<string, object>): object {
  const content = Object.entries(runs).map(([toolUseID, run]) => ({ type: "tool_result", toolUseID, run }));
  return { role: "user", content };
}

export const SESSION_ID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

/** What the core hands to a writer. */
export function projected(messages: Message[], header: Partial<SessionHeader> = {}): ProjectedSession {
  return {
    header: {
      id: "s",
      provider: "other",
      title: "A title",
      metadata: {},
      sourcePath: "/s",
      startedAt: NOW,
      ...header,
    },
    async *messages() {
      yield* messages;
    },
    counts: { messages: messages.length, toolCalls: 0, images: 0 },
  };
}

export async function planFor(
  session: ProjectedSession,
  { home, world }: Pick<TestWorld, "home" | "world">,
  workspace = home,
): Promise<WritePlan> {
  const lineage = {
    sourceProvider: "other",
    sourceId: "s",
    digest: "00",
    casrVersion: "0.1.0",
    convertedAt: NOW,
  };
  const plan = await writer.plan(session, { sessionId: SESSION_ID, workspace, lineage }, world);
  await checkPlan(plan);
  return plan;
}

/** Does what the core does with a plan of new files. */
export async function apply(plan: WritePlan): Promise<void> {
  for (const step of plan.steps) {
    if (step.kind !== "create-file") throw new Error(`unexpected step ${step.kind}`);
    const chunks = await collect(step.content());
    await mkdir(dirname(step.path), { recursive: true });
    await writeFile(step.path, chunks.join(""));
  }
}

export async function refsOf(world: World): Promise<SessionRef[]> {
  return collect(reader.discover(world));
}
