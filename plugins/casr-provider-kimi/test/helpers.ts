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
export const WORKSPACE = "/home/dev/projects/My app_ü.v2";

const START = Date.UTC(2026, 10, 20, 10);

/** The records of a journal as Kimi Code 2.1.0 writes them. */
export class Journal {
  readonly list: JsonObject[] = [{ type: "metadata", protocol_version: "1.5", created_at: START }];

  add(type: string, members: JsonObject, agentId = "main"): this {
    this.list.push({ type, agentId, ...members, time: START + this.list.length * 1000 });
    return this;
  }

  message(message: JsonObject): this {
    return this.add("context.append_message", { message: { toolCalls: [], ...message } });
  }

  user(text: string, origin: JsonObject | undefined = { kind: "user" }): this {
    const id = `m${this.list.length}`;
    const content = [{ type: "text", text }];
    return this.message({ role: "user", content, id, ...(origin === undefined ? {} : { origin }) });
  }

  event(event: JsonObject): this {
    return this.add("context.append_loop_event", { event });
  }

  begin(uuid: string): this {
    return this.event({ type: "step.begin", uuid, turnId: "0", step: 1 });
  }

  part(stepUuid: string, part: JsonObject): this {
    return this.event({ type: "content.part", uuid: `p${this.list.length}`, stepUuid, part });
  }

  call(stepUuid: string, toolCallId: string, name: string, args: JsonValue): this {
    return this.event({ type: "tool.call", uuid: `c${toolCallId}`, stepUuid, toolCallId, name, args });
  }

  result(toolCallId: string, result: JsonObject): this {
    return this.event({ type: "tool.result", parentUuid: `c${toolCallId}`, toolCallId, result });
  }

  end(uuid: string, finishReason = "end_turn"): this {
    return this.event({ type: "step.end", uuid, turnId: "0", step: 1, finishReason });
  }

  /** A whole answer of one text. */
  answer(text: string): this {
    const uuid = `s${this.list.length}`;
    return this.begin(uuid).part(uuid, { type: "text", text }).end(uuid);
  }

  get text(): string {
    return this.list.map((record) => `${JSON.stringify(record)}\n`).join("");
  }
}

/** Reads a journal of this text. */
export async function open(text: string, state: JsonObject = {}) {
  const home = temporaryFolder("kimi");
  const folder = join(home, ".kimi-code/sessions/wd_app_0123456789ab", `session_${SESSION_ID}`);
  const path = join(folder, "agents/main/wire.jsonl");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  writeFileSync(join(folder, "state.json"), JSON.stringify({ version: 2, cwd: WORKSPACE, ...state }));
  const { world, warnings } = worldOn(home);
  const ref = (await reader.identify(path, world))!;
  return { reading: await reader.read(ref, world), ref, world, warnings, folder };
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
export async function contextOf(journal: Journal): Promise<string[]> {
  const { reading } = await open(journal.text);
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

/** Writes messages and gives the records, the state, and a reading of them. */
export async function written(messages: Message[], header: Partial<SessionHeader> = {}) {
  const home = temporaryFolder("kimi-out");
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
  const texts: string[] = [];
  for (const step of plan.steps) {
    if (step.kind !== "create-file") throw new Error(`a step of kind ${step.kind}`);
    const text = (await collect(step.content())).join("");
    mkdirSync(dirname(step.path), { recursive: true });
    writeFileSync(step.path, text);
    texts.push(text);
  }
  const ref = (await reader.identify(plan.path, world))!;
  const [text = "", state = "{}"] = texts;
  return {
    plan,
    text,
    records: text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as JsonObject),
    state: JSON.parse(state) as JsonObject,
    ref,
    world,
    reading: await reader.read(ref, world),
  };
}
