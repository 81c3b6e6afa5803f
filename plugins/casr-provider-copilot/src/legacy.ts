import type {
  Block,
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

/** Reads a session of the layout before events: one JSON object with the messages as they were sent. */
export async function readLegacy(ref: SessionRef, world: World): Promise<SessionReading> {
  const text = (await world.files.readText(ref.path)) ?? "";
  let session: unknown;
  try {
    session = JSON.parse(text);
  } catch {
    throw unreadable(`${ref.path} is no JSON`, ref.path);
  }
  const list = isJsonObject(session) ? objectsIn(session["chatMessages"]) : [];
  if (!isJsonObject(session) || list.length === 0)
    throw unreadable(`${ref.path} holds no messages`, ref.path);
  const open = new Map<string, ToolCallBlock>();
  const messages = world.toolkit.reindexMessages(
    list.flatMap((entry): Message[] => {
      const message = messageOf(entry, open, world);
      return message === undefined || message.content.length === 0 ? [] : [{ ...message, index: 0 }];
    }),
  );
  if (messages.length === 0) throw unreadable(`${ref.path} holds no messages`, ref.path);
  const startedAt = world.toolkit.parseTimestamp(session["startTime"]);
  const first = messages.find((message) => message.role === "user")?.content[0];
  const title = first?.type === "text" ? world.toolkit.titleFrom(first.text) : undefined;
  const model = stringAt(session, "selectedModel");
  const header: SessionHeader = {
    id: ref.id,
    provider: SLUG,
    ...(title === undefined ? {} : { title }),
    ...(startedAt === undefined ? {} : { startedAt }),
    endedAt: Math.round(ref.modifiedAt),
    ...(model === undefined ? {} : { model }),
    metadata: {},
    sourcePath: ref.path,
  };
  return {
    header,
    async *messages() {
      yield* messages;
    },
    records: { total: list.length, malformed: 0 },
  };
}
