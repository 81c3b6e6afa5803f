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
import { temporaryFolder } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import { writer } from "../src/write.ts";

export const SESSION_ID = "7d0f2f0a-1111-4222-8333-444455556666";
export const WORKSPACE = "/home/dev/projects/demo";

/** A picture of one red square, as base64. */
export const PICTURE =
  "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR4nGM4ISdHEmIY1TCqYfhqAADkYgQQ60fIxgAAAABJRU5ErkJggg==";

const START = Date.UTC(2026, 10, 20, 10);

/** The events of a session as the CLI writes them: a chain, beginning with its start. */
export class Events {
  readonly list: JsonObject[] = [];

  constructor(data: JsonObject = {}) {
    this.add("session.start", {
      sessionId: SESSION_ID,
      version: 1,
      producer: "copilot-agent",
      copilotVersion: "1.0.102",
      startTime: new Date(START).toISOString(),
      context: { cwd: WORKSPACE },
      ...data,
    });
  }

  add(type: string, data: JsonObject, envelope: JsonObject = {}): this {
    const number = this.list.length;
    this.list.push({
      type,
      data,
      id: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
      timestamp: new Date(START + number * 1000).toISOString(),
      parentId: number === 0 ? null : (this.list[number - 1]!["id"] as string),
      ...envelope,
    });
    return this;
  }

  user(content: string, data: JsonObject = {}): this {
    return this.add("user.message", { content, ...data });
  }

  answer(
    content: string,
    calls: [id: string, name: string, args: JsonObject][] = [],
    data: JsonObject = {},
  ): this {
    const toolRequests = calls.map(([toolCallId, name, args]) => ({
      toolCallId,
      name,
      arguments: args,
      type: "function",
    }));
    return this.add("assistant.message", {
      messageId: `m${this.list.length}`,
      content,
      toolRequests,
      ...data,
    });
  }

  result(toolCallId: string, content: string, data: JsonObject = {}): this {
    return this.add("tool.execution_complete", { toolCallId, success: true, result: { content }, ...data });
  }

  failure(toolCallId: string, text: string): this {
    const error = { message: text, code: "failure" };
    return this.add("tool.execution_complete", { toolCallId, success: false, error });
  }

  get text(): string {
    return this.list.map((event) => `${JSON.stringify(event)}\n`).join("");
  }
}

/** Puts a session into a new home. */
function placed(text: string, workspace?: string): { home: string; path: string } {
  const home = temporaryFolder("copilot");
  const folder = join(home, ".copilot/session-state", SESSION_ID);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "events.jsonl"), text);
  if (workspace !== undefined) writeFileSync(join(folder, "workspace.yaml"), workspace);
  return { home, path: join(folder, "events.jsonl") };
}

/** Reads a session made of events. */
export async function open(events: Events, workspace?: string) {
  const { home } = placed(events.text, workspace);
  const { world, warnings } = worldOn(home);
  const [ref] = await collect(reader.discover(world));
  const reading = await reader.read(ref!, world);
  return { reading, ref: ref!, world, warnings };
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
export async function contextOf(events: Events): Promise<string[]> {
  const { reading } = await open(events);
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
export function message(role: string, content: Message["content"], extra: Partial<Message> = {}): Message {
  return { index: 0, role, content, inContext: true, ...extra };
}

/** Writes messages and gives the events, and a reading of them. */
export async function written(
  messages: Message[],
  header: Partial<SessionHeader> = {},
): Promise<{ events: JsonObject[]; text: string; yaml: string; reading: SessionReading; world: World }> {
  const home = temporaryFolder("copilot-out");
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
  const files: string[] = [];
  for (const step of plan.steps) {
    if (step.kind !== "create-file") throw new Error("expected new files alone");
    const text = (await collect(step.content())).join("");
    mkdirSync(dirname(step.path), { recursive: true });
    writeFileSync(step.path, text);
    files.push(text);
  }
  const [yaml = "", text = ""] = files;
  const ref = await reader.identify(plan.path, world);
  const events = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as JsonObject);
  return { events, text, yaml, reading: await reader.read(ref!, world), world };
}
