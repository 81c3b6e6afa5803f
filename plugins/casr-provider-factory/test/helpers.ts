import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type {
  JsonObject,
  JsonValue,
  Lineage,
  Message,
  ProjectedSession,
  SessionHeader,
} from "casr-cli/provider";
import { temporaryFolder } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import { writer } from "../src/write.ts";

export const SESSION_ID = "5b1e0a52-7c1d-4a3e-9f10-2233aabbccdd";
export const WORKSPACE = "/home/dev/projects/my app_ü.v2";

/** A picture of one red square, as base64. */
export const PICTURE =
  "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR4nGM4ISdHEmIY1TCqYfhqAADkYgQQ60fIxgAAAABJRU5ErkJggg==";

const START = Date.UTC(2026, 10, 20, 10);

/** The records of a session as Droid writes them. */
export class Records {
  readonly list: JsonObject[];

  constructor(start: JsonObject = {}) {
    const own = { id: SESSION_ID, title: "A prompt", owner: "unknown", version: 2, cwd: WORKSPACE };
    this.list = [{ type: "session_start", ...own, ...start }];
  }

  add(record: JsonObject): this {
    this.list.push(record);
    return this;
  }

  message(role: string, content: JsonValue, inside: JsonObject = {}, outside: JsonObject = {}): this {
    const number = this.list.length;
    const timestamp = new Date(START + number * 1000).toISOString();
    return this.add({
      type: "message",
      id: `m${number}`,
      timestamp,
      message: { role, content, ...inside },
      ...outside,
    });
  }

  user(text: string, inside: JsonObject = {}): this {
    return this.message("user", [{ type: "text", text }], inside);
  }

  answer(...blocks: (string | JsonObject)[]): this {
    return this.message(
      "assistant",
      blocks.map((block) => (typeof block === "string" ? { type: "text", text: block } : block)),
    );
  }

  results(...blocks: JsonObject[]): this {
    return this.message("user", blocks);
  }

  get text(): string {
    return this.list.map((record) => `${JSON.stringify(record)}\n`).join("");
  }
}

export const use = (id: string, name = "Execute", input: JsonObject = { command: "ls" }): JsonObject => ({
  type: "tool_use",
  id,
  name,
  input,
});

export const result = (id: string, content: JsonValue = "ok", isError = false): JsonObject => ({
  type: "tool_result",
  tool_use_id: id,
  content,
  is_error: isError,
});

/** Reads a session made of records. */
export async function open(records: Records, settings?: JsonObject) {
  const home = temporaryFolder("factory");
  const path = join(home, ".factory/sessions/-home-dev-projects-my app_ü.v2", `${SESSION_ID}.jsonl`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, records.text);
  if (settings !== undefined)
    writeFileSync(path.replace(".jsonl", ".settings.json"), JSON.stringify(settings));
  const { world, warnings } = worldOn(home);
  const ref = (await reader.identify(path, world))!;
  return { reading: await reader.read(ref, world), ref, world, warnings };
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
          return `call ${block.id} ${block.name}`;
        case "tool_result":
          return `result ${block.callId}: ${block.content.map((part) => (part.type === "text" ? part.text : part.type)).join("|")}`;
        default:
          return `${role}: [${block.type}]`;
      }
    }),
  );
}

/** The outline of what is sent after a resume. */
export async function contextOf(records: Records): Promise<string[]> {
  const { reading } = await open(records);
  return outline(await collect(reading.messages({ history: "context" })));
}

const LINEAGE: Lineage = {
  sourceProvider: "codex",
  sourceId: "source-1",
  digest: "a".repeat(64),
  casrVersion: "0.1.0",
  convertedAt: START,
};

/** A message in context. */
export function spoken(role: string, content: Message["content"], extra: Partial<Message> = {}): Message {
  return { index: 0, role, content, inContext: true, ...extra };
}

/** Writes messages and gives the records, and a reading of them. */
export async function written(messages: Message[], header: Partial<SessionHeader> = {}) {
  const home = temporaryFolder("factory-out");
  const { world } = worldOn(home);
  const session: ProjectedSession = {
    header: { id: "source-1", provider: "codex", metadata: {}, sourcePath: "/elsewhere", ...header },
    messages: async function* again() {
      yield* messages;
    },
    counts: { messages: messages.length, toolCalls: 0, images: 0 },
  };
  const options = { sessionId: SESSION_ID, workspace: WORKSPACE, lineage: LINEAGE };
  const plan = await writer.plan(session, options, world);
  const [step] = plan.steps;
  if (step?.kind !== "create-file" || plan.steps.length > 1) throw new Error("expected one new file");
  const text = (await collect(step.content())).join("");
  mkdirSync(dirname(step.path), { recursive: true });
  writeFileSync(step.path, text);
  const ref = await reader.identify(plan.path, world);
  const records = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as JsonObject);
  return { records, text, plan, reading: await reader.read(ref!, world) };
}
