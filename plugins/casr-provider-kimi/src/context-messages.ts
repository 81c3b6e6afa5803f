import type { Block, JsonObject, Message, ToolCallBlock, World } from "casr-cli/provider";
import { cliSummary, textsOf } from "./cli-words.ts";
import { contextResult } from "./context-results.ts";
import { objectsIn, stringAt } from "./json.ts";
import { blockOf, isAnswerBlock, isPromptBlock, storedCall } from "./parts.ts";
import { resultContent } from "./results.ts";
import { canonicalTool } from "./tools.ts";

/** Records that hold no message: the system prompt, marks to go back to, figures. */
const STATE_ROLES = new Set(["_system_prompt", "_checkpoint", "_usage"]);

const ROLES = new Set(["user", "assistant", "tool", "system"]);

/** What kimi-cli puts between the messages by itself: reminders, and marks for going back. */
function isChatter(texts: readonly string[]): boolean {
  const [only = "", ...more] = texts;
  if (more.length > 0) return false;
  return /^\s*<system-reminder>/.test(only) || /^<system>CHECKPOINT \d+<\/system>$/.test(only);
}

/** The text of a prompt that a person typed, in a record of `context.jsonl`. */
export function contextPrompt(record: JsonObject): string | undefined {
  if (record["role"] !== "user") return undefined;
  const texts = textsOf(record["content"]);
  if (isChatter(texts) || cliSummary(record["content"]) !== undefined) return undefined;
  return texts.find((text) => text.trim() !== "");
}

/** A file of kimi-cli, gone over once. */
export interface ContextIndex {
  path: string;
  prompt?: string;
  messages: number;
  counts: { total: number; malformed: number };
}

async function* records(
  path: string,
  world: World,
): AsyncIterable<{ record: JsonObject | undefined; line: number }> {
  for await (const line of world.files.lines(path)) {
    world.signal.throwIfAborted();
    if (line.bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)) continue;
    yield { record: world.toolkit.parseJsonLine(line, path), line: line.number };
  }
}

/** Counts the messages of a file of kimi-cli. */
export async function indexContext(path: string, world: World): Promise<ContextIndex> {
  const index: ContextIndex = { path, messages: 0, counts: { total: 0, malformed: 0 } };
  const unknown = new Set<string>();
  for await (const { record, line } of records(path, world)) {
    index.counts.total += 1;
    if (record === undefined) {
      index.counts.malformed += 1;
      continue;
    }
    const role = stringAt(record, "role") ?? "";
    if (ROLES.has(role)) {
      index.messages += 1;
      const prompt = index.prompt === undefined ? contextPrompt(record) : undefined;
      if (prompt !== undefined) index.prompt = prompt.slice(0, 2000);
    } else if (!STATE_ROLES.has(role) && !unknown.has(role) && unknown.size < 100) {
      unknown.add(role);
      const message = `records of role ${JSON.stringify(role.slice(0, 60))} are not known and left out`;
      world.warn({ code: "unknown-record", message, path, line });
    }
  }
  return index;
}

type Fields = Omit<Message, "index" | "inContext">;

/** One record as a message. `calls` remembers the calls for their answers. */
async function fieldsOf(record: JsonObject, calls: Map<string, ToolCallBlock>): Promise<Fields | undefined> {
  const role = stringAt(record, "role") ?? "";
  const { content } = record;
  if (!ROLES.has(role)) return undefined;
  const texts = textsOf(content);
  if (role === "user" && isChatter(texts)) return undefined;
  const summary = role === "user" ? cliSummary(content) : undefined;
  if (summary !== undefined)
    return { role, content: [{ type: "compaction", summary }], origin: "compaction" };
  const parts = typeof content === "string" ? [{ type: "text", text: content }] : objectsIn(content);
  const blocks: Block[] = [];
  for (const part of parts) {
    const block = await blockOf(part, async () => undefined);
    if (block !== undefined) blocks.push(block);
  }
  if (role === "tool") {
    const callId = stringAt(record, "tool_call_id") ?? "";
    if (callId === "") return undefined;
    const result = contextResult(callId, resultContent(blocks), calls.get(callId));
    calls.delete(callId);
    return { role, content: [result] };
  }
  if (role === "assistant") {
    const own = objectsIn(record["tool_calls"]).flatMap((call) => callOf(call, calls));
    return { role, content: [...blocks.filter(isAnswerBlock), ...own] };
  }
  return { role, content: blocks.filter(isPromptBlock), origin: role === "system" ? "injected" : "person" };
}

function callOf(call: JsonObject, calls: Map<string, ToolCallBlock>): ToolCallBlock[] {
  const stored = storedCall(call);
  if (stored === undefined) return [];
  const { id, name, input } = stored;
  const tool = canonicalTool(name, input);
  const block: ToolCallBlock = {
    type: "tool_call",
    id,
    name,
    input,
    ...(tool === undefined ? {} : { tool }),
  };
  calls.set(id, block);
  return [block];
}

/** The messages of a file of kimi-cli: what the agent goes on from. What it dropped lies in other files. */
export async function* contextMessages(path: string, world: World): AsyncIterable<Message> {
  const calls = new Map<string, ToolCallBlock>();
  // Lines that are damaged were told of when the session was opened.
  const quiet = world.toolkit.quiet(world);
  let count = 0;
  for await (const { record } of records(path, quiet)) {
    const fields = record === undefined ? undefined : await fieldsOf(record, calls);
    if (fields !== undefined && fields.content.length > 0)
      yield { index: count++, ...fields, inContext: true };
  }
}
