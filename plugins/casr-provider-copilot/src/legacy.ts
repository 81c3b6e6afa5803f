import type {
  Block,
  JsonDocument,
  JsonObject,
  Message,
  SessionHeader,
  SessionReading,
  SessionRef,
  ToolCallBlock,
  World,
} from "casr-cli/provider";
import { unreadable } from "./faults.ts";
import { unframe } from "./frame.ts";
import { isJsonObject, objectAt, objectsIn, stringAt } from "./json.ts";
import { SLUG } from "./native.ts";
import { isShellCall } from "./results.ts";
import { canonicalTool } from "./tools.ts";

function argumentsOf(fn: JsonObject): ToolCallBlock["input"] {
  const raw = fn["arguments"];
  if (typeof raw !== "string") return raw ?? {};
  try {
    return JSON.parse(raw) as ToolCallBlock["input"];
  } catch {
    // A model may write arguments that are no JSON; they are kept as they are.
    return raw;
  }
}

function calls(message: JsonObject, world: World): ToolCallBlock[] {
  return objectsIn(message["tool_calls"]).flatMap((call): ToolCallBlock[] => {
    const fn = objectAt(call, "function") ?? {};
    const id = stringAt(call, "id");
    const name = stringAt(fn, "name");
    if (id === undefined || id === "" || name === undefined || name === "") return [];
    const input = argumentsOf(fn);
    const tool = canonicalTool(name, input, world.toolkit);
    return [{ type: "tool_call", id, name, input, ...(tool === undefined ? {} : { tool }) }];
  });
}

/** One message of the list that was sent to the model (the shape of the Chat Completions API). */
function messageOf(
  message: JsonObject,
  open: Map<string, ToolCallBlock>,
  world: World,
): Omit<Message, "index"> | undefined {
  const text = world.toolkit.flattenContent(message["content"]);
  const spoken: Block[] = text.trim() === "" ? [] : [{ type: "text", text }];
  switch (message["role"]) {
    case "user":
      return { role: "user", content: spoken, origin: "person", inContext: true };
    case "assistant": {
      const made = calls(message, world);
      for (const call of made) open.set(call.id, call);
      return { role: "assistant", content: [...spoken, ...made], inContext: true };
    }
    case "tool": {
      const callId = stringAt(message, "tool_call_id") ?? "";
      const call = open.get(callId);
      if (call === undefined) return undefined;
      open.delete(callId);
      const { text: payload, exitCode } = isShellCall(call) ? unframe(text) : { text };
      return {
        role: "tool",
        inContext: true,
        content: [
          {
            type: "tool_result",
            callId,
            content: payload === "" ? [] : [{ type: "text", text: payload }],
            isError: (exitCode ?? 0) !== 0,
            ...(exitCode === undefined ? {} : { exitCode }),
            ...(payload === text ? {} : { framed: text }),
          },
        ],
      };
    }
    default:
      return undefined;
  }
}

/** Enough of a file for what a list shows. */
const HEAD_BYTES = 256 * 1024;
const LIST = "chatMessages";

async function* messagesIn(document: JsonDocument, world: World): AsyncIterable<Message> {
  const open = new Map<string, ToolCallBlock>();
  let index = 0;
  for await (const { value } of document.items(LIST)) {
    world.signal.throwIfAborted();
    const message = isJsonObject(value) ? messageOf(value, open, world) : undefined;
    if (message !== undefined && message.content.length > 0) yield { ...message, index: index++ };
  }
}

/** What a listing shows of a session of the layout before events, from its head. */
export async function legacyHeader(ref: SessionRef, world: World): Promise<SessionHeader> {
  const document = await world.files.json(ref.path, { lists: [LIST], end: HEAD_BYTES });
  if (document === undefined) throw unreadable(`${ref.path} is no JSON`, ref.path);
  return headerOf(ref, document, world);
}

async function headerOf(ref: SessionRef, document: JsonDocument, world: World): Promise<SessionHeader> {
  const startedAt = world.toolkit.parseTimestamp(await document.member("startTime"));
  const title = await titleIn(document, world);
  const model = await document.member("selectedModel");
  return {
    id: ref.id,
    provider: SLUG,
    ...(title === undefined ? {} : { title }),
    ...(startedAt === undefined ? {} : { startedAt }),
    endedAt: Math.round(ref.modifiedAt),
    ...(typeof model === "string" ? { model } : {}),
    metadata: {},
    sourcePath: ref.path,
  };
}

async function titleIn(document: JsonDocument, world: World): Promise<string | undefined> {
  for await (const { role, content } of messagesIn(document, world)) {
    const [first] = role === "user" ? content : [];
    if (role === "user") return first?.type === "text" ? world.toolkit.titleFrom(first.text) : undefined;
  }
  return undefined;
}

/** Reads a session of the layout before events: one JSON object with the messages as they were sent. */
export async function readLegacy(ref: SessionRef, world: World): Promise<SessionReading> {
  const document = await world.files.json(ref.path, { lists: [LIST] });
  if (document === undefined) throw unreadable(`${ref.path} is no JSON`, ref.path);
  let usable = 0;
  for await (const { value } of document.items(LIST)) if (isJsonObject(value)) usable += 1;
  let hasMessages = false;
  for await (const _ of messagesIn(document, world)) {
    hasMessages = true;
    break;
  }
  if (!hasMessages) throw unreadable(`${ref.path} holds no messages`, ref.path);
  const total = (document.count(LIST) ?? 0) + (document.complete ? 0 : 1);
  return {
    header: await headerOf(ref, document, world),
    messages: () => messagesIn(document, world),
    records: { total, malformed: total - usable },
  };
}
