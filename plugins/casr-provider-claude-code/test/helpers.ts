import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type {
  JsonObject,
  Lineage,
  Message,
  ProjectedSession,
  SessionHeader,
  SessionReading,
  World,
} from "casr-cli/provider";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { temporaryFolder } from "../../../test/support/home.ts";
import { reader } from "../src/read.ts";
import { writer } from "../src/write.ts";

export const SESSION_ID = "6b1f0c7e-2d3a-4e5f-8a9b-0c1d2e3f4a5b";
export const WORKSPACE = "/home/dev/projects/demo";

const START = Date.UTC(2026, 10, 20, 10);
let clock = START;

function common(uuid: string, parentUuid: string | null | undefined): JsonObject {
  clock += 1000;
  return {
    ...(parentUuid === undefined ? {} : { parentUuid }),
    isSidechain: false,
    userType: "external",
    entrypoint: "cli",
    cwd: WORKSPACE,
    sessionId: SESSION_ID,
    version: "2.1.329",
    gitBranch: "main",
    timestamp: new Date(clock).toISOString(),
    uuid,
  };
}

/** A user record. */
export function user(
  uuid: string,
  parent: string | null | undefined,
  content: JsonObject["content"] & unknown,
  extra: JsonObject = {},
): JsonObject {
  return {
    ...common(uuid, parent),
    type: "user",
    message: { role: "user", content: content as never },
    ...extra,
  };
}

/** One line of a response. A string is a text block. */
export function answer(
  uuid: string,
  parent: string | null,
  id: string,
  block: JsonObject | string,
  extra: JsonObject = {},
): JsonObject {
  const content = [typeof block === "string" ? { type: "text", text: block } : block];
  return {
    ...common(uuid, parent),
    type: "assistant",
    message: {
      id,
      type: "message",
      role: "assistant",
      model: "claude-opus-5-5",
      content,
      ...(extra["message"] as JsonObject),
    },
    ...without(extra, "message"),
  };
}

function without(object: JsonObject, key: string): JsonObject {
  const { [key]: _, ...rest } = object;
  return rest;
}

export const system = (
  uuid: string,
  parent: string | null,
  subtype: string,
  extra: JsonObject = {},
): JsonObject => ({ ...common(uuid, parent), type: "system", subtype, ...extra });

export const attachment = (
  uuid: string,
  parent: string,
  content: JsonObject,
  extra: JsonObject = {},
): JsonObject => ({ ...common(uuid, parent), type: "attachment", attachment: content, ...extra });

export const use = (id: string, name = "Bash", input: JsonObject = { command: "ls" }): JsonObject => ({
  type: "tool_use",
  id,
  name,
  input,
});

export const result = (
  id: string,
  content: JsonObject["content"] & unknown = "ok",
  extra: JsonObject = {},
): JsonObject => ({ type: "tool_result", tool_use_id: id, content: content as never, ...extra });

export const lastPrompt = (leafUuid: string): JsonObject => ({
  type: "last-prompt",
  lastPrompt: "x",
  leafUuid,
  sessionId: SESSION_ID,
});

/** Reads a session made of `records` (strings stand for raw lines). */
export async function open(
  records: (JsonObject | string)[],
): Promise<SessionReading & { warnings: string[]; world: World }> {
  const home = temporaryFolder("cc");
  const path = join(home, ".claude/projects/-home-dev-projects-demo", `${SESSION_ID}.jsonl`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    records.map((record) => `${typeof record === "string" ? record : JSON.stringify(record)}\n`).join(""),
  );
  const { world, warnings } = worldOn(home);
  const [ref] = await collect(reader.discover(world));
  const reading = await reader.read(ref!, world);
  return {
    ...reading,
    world,
    get warnings() {
      return warnings.map((warning) => `${warning.code}:${warning.line ?? ""}`);
    },
  };
}

/** One short line a block: who, what. */
export function outline(messages: Message[]): string[] {
  return messages.flatMap(({ role, content }) =>
    content.map((block) => {
      switch (block.type) {
        case "text":
          return `${role}: ${block.text}`;
        case "compaction":
          return `summary: ${block.summary}`;
        case "reasoning":
          return `reasoning: ${block.text}`;
        case "tool_call":
          return `call ${block.id}`;
        case "tool_result":
          return `result ${block.callId}: ${block.content.map((part) => (part.type === "text" ? part.text : part.type)).join("|")}`;
        default:
          return `${role}: [${block.type}]`;
      }
    }),
  );
}

/** The outline of what would be sent on resume. */
export async function contextOf(records: (JsonObject | string)[]): Promise<string[]> {
  return outline(await collect((await open(records)).messages({ history: "context" })));
}

export const LINEAGE: Lineage = {
  sourceProvider: "codex",
  sourceId: "source-1",
  digest: "a".repeat(64),
  casrVersion: "0.1.0",
  convertedAt: START,
};

/** Writes messages and gives the file's records and a reading of it. */
export async function written(
  messages: Message[],
  header: Partial<SessionHeader> = {},
  home = temporaryFolder("cc-out"),
): Promise<{ records: JsonObject[]; text: string; reading: SessionReading; path: string; home: string }> {
  const { world } = worldOn(home);
  const session: ProjectedSession = {
    header: { id: "source-1", provider: "codex", metadata: {}, sourcePath: "/elsewhere", ...header },
    messages: async function* messagesAgain() {
      yield* messages;
    },
    counts: { messages: messages.length, toolCalls: 0, images: 0 },
  };
  const plan = await writer.plan(
    session,
    { sessionId: SESSION_ID, workspace: WORKSPACE, lineage: LINEAGE },
    world,
  );
  const [step] = plan.steps;
  if (step?.kind !== "create-file") throw new Error("expected one new file");
  const chunks = await collect(step.content());
  const text = chunks.join("");
  mkdirSync(dirname(plan.path), { recursive: true });
  writeFileSync(plan.path, text);
  const ref = await reader.identify(plan.path, world);
  const records = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as JsonObject);
  return { records, text, reading: await reader.read(ref!, world), path: plan.path, home };
}

/** A message in context. */
export function message(role: string, content: Message["content"], extra: Partial<Message> = {}): Message {
  return { index: 0, role, content, inContext: true, ...extra };
}
