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

const START = Date.UTC(2026, 10, 20, 10);

/** The lines of a session as Pi writes them. Ids are `e1`, `e2`…, each entry a child of the one before. */
export class Entries {
  readonly list: JsonObject[];

  constructor(head: JsonObject = {}) {
    const timestamp = new Date(START).toISOString();
    this.list = [{ type: "session", version: 3, id: SESSION_ID, timestamp, cwd: WORKSPACE, ...head }];
  }

  add(type: string, members: JsonObject): this {
    const number = this.list.length;
    const parentId = number === 1 ? null : `e${number - 1}`;
    const timestamp = new Date(START + number * 1000).toISOString();
    this.list.push({ type, id: `e${number}`, parentId, timestamp, ...members });
    return this;
  }

  message(message: JsonObject, outside: JsonObject = {}): this {
    return this.add("message", {
      message: { timestamp: START + this.list.length * 1000, ...message },
      ...outside,
    });
  }

  user(content: JsonValue, outside: JsonObject = {}): this {
    return this.message({ role: "user", content }, outside);
  }

  answer(content: JsonValue, inside: JsonObject = {}): this {
    return this.message({
      role: "assistant",
      content,
      api: "anthropic-messages",
      stopReason: "stop",
      ...inside,
    });
  }

  result(toolCallId: string, text: string, isError = false): this {
    return this.message({ role: "toolResult", toolCallId, content: [{ type: "text", text }], isError });
  }

  get text(): string {
    return this.list.map((entry) => `${JSON.stringify(entry)}\n`).join("");
  }
}

export const call = (id: string, name = "bash", input: JsonObject = { command: "ls" }): JsonObject => ({
  type: "toolCall",
  id,
  name,
  arguments: input,
});

/** Reads a session file of this text. */
export async function open(text: string) {
  const home = temporaryFolder("pi");
  const name = `2026-11-20T10-00-00-000Z_${SESSION_ID}.jsonl`;
  const path = join(home, ".pi/agent/sessions/--home-dev-projects-my app_ü.v2--", name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
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
          return `result ${block.callId} ${block.exitCode ?? 0} ${block.isError}: ${block.content.map((part) => (part.type === "text" ? part.text : part.type)).join("|")}`;
        default:
          return `${role}: [${block.type}]`;
      }
    }),
  );
}

/** The outline of what is sent after a resume. */
export async function contextOf(entries: Entries): Promise<string[]> {
  const { reading } = await open(entries.text);
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

/** Writes messages and gives the entries, and a reading of them. */
export async function written(messages: Message[], header: Partial<SessionHeader> = {}) {
  const home = temporaryFolder("pi-out");
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
  const entries = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as JsonObject);
  return { entries, text, plan, reading: await reader.read(ref!, world) };
}
