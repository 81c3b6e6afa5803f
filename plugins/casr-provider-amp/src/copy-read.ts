import type { Block, JsonObject, Message, ToolResultBlock, World } from "casr-cli/provider";
import { fromClaude } from "./copy-tools.ts";
import { COPY_MARK } from "./copy-file.ts";
import { unguarded } from "./guard.ts";
import { isObject, numberOf, objectOf, objectsOf, parseJson, stringOf } from "./json.ts";
import { isShell } from "./tools-read.ts";
import { canonicalTool } from "./tools.ts";

/** The first line is short; a longer one is no copy's. */
const HEAD_BYTES = 64 * 1024;

/** The first line of a copy casr made for Amp's import; undefined for every other file. */
export async function copyHead(path: string, world: World): Promise<JsonObject | undefined> {
  const bytes = await world.files.read(path, { start: 0, end: HEAD_BYTES });
  if (bytes === undefined) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const head = parseJson(text.slice(0, text.indexOf("\n") === -1 ? undefined : text.indexOf("\n")));
  return isObject(head) && stringOf(objectOf(head, "casr"), "copy") === COPY_MARK ? head : undefined;
}

/** The members of a thread that a copy's first line stands for. */
export function membersOfCopy(head: JsonObject): JsonObject {
  return { title: head["customTitle"] ?? "", casr: head["casr"] ?? {} };
}

/** The messages of a copy. `records` counts lines when given. */
export async function* copyMessages(
  path: string,
  world: World,
  records?: { total: number; malformed: number },
): AsyncIterable<Message> {
  const names = new Map<string, string>();
  let index = 0;
  for await (const line of world.files.lines(path)) {
    world.signal.throwIfAborted();
    if (line.bytes.length === 0) continue;
    const record = world.toolkit.parseJsonLine(line, path);
    if (records !== undefined) {
      records.total += 1;
      if (record === undefined) records.malformed += 1;
    }
    if (record === undefined) continue;
    const message = messageOf(record, names, world);
    if (message !== undefined && message.content.length > 0) yield { ...message, index: index++ };
  }
}

function messageOf(
  record: JsonObject,
  names: Map<string, string>,
  world: World,
): Omit<Message, "index"> | undefined {
  const mark = objectOf(record, "casr") ?? {};
  const content = objectsOf(objectOf(record, "message"), "content");
  const timestamp = world.toolkit.parseTimestamp(stringOf(record, "timestamp"));
  const base = { inContext: true, ...(timestamp === undefined ? {} : { timestamp }) };
  if (record["type"] === "assistant")
    return {
      ...base,
      role: "assistant",
      content: content.flatMap((block) => answerBlock(block, mark, names, world) ?? []),
    };
  if (record["type"] !== "user" || mark["turn"] === "end") return undefined;
  const results = content.filter((block) => block["type"] === "tool_result");
  if (results.length > 0)
    return { ...base, role: "tool", content: results.map((block) => result(block, mark, names)) };
  const isSummary = mark["compaction"] === true;
  const origin = isSummary ? "compaction" : stringOf(mark, "origin") === "command" ? "command" : undefined;
  return {
    ...base,
    role: "user",
    origin: origin ?? (mark["origin"] === undefined ? "person" : "injected"),
    content: content.flatMap((block): Block[] => {
      const part = partOf(block);
      if (part === undefined) return [];
      if (part.type === "text" && mark["guards"] === true) part.text = unguarded(part.text);
      return [isSummary && part.type === "text" ? { type: "compaction", summary: part.text } : part];
    }),
  };
}

function partOf(block: JsonObject): ToolResultBlock["content"][number] | undefined {
  const text = stringOf(block, "text");
  if (text !== undefined) return { type: "text", text };
  const source = objectOf(block, "source");
  const data = stringOf(source, "data");
  const mediaType = stringOf(source, "media_type");
  if (data === undefined || mediaType === undefined) return undefined;
  return { type: "image", mediaType, data: { base64: data } };
}

function answerBlock(
  block: JsonObject,
  mark: JsonObject,
  names: Map<string, string>,
  world: World,
): Block | undefined {
  const text = stringOf(block, "text");
  if (block["type"] === "text") return text === undefined ? undefined : { type: "text", text };
  if (block["type"] === "thinking") {
    const signature = stringOf(block, "signature");
    const signed = signature ? { signature, issuer: "anthropic" } : {};
    return { type: "reasoning", text: stringOf(block, "thinking") ?? "", ...signed };
  }
  if (block["type"] === "redacted_thinking")
    return {
      type: "reasoning",
      text: "",
      encrypted: stringOf(block, "data") ?? "",
      redacted: true,
      issuer: "anthropic",
    };
  const id = stringOf(block, "id");
  const name = stringOf(block, "name");
  if (block["type"] !== "tool_use" || id === undefined || name === undefined) return undefined;
  const origin = objectOf(objectOf(mark, "foreign"), id);
  const noted = objectOf(objectOf(mark, "calls"), id);
  const written = { name, input: block["input"] ?? {} };
  const provider = stringOf(origin, "provider");
  const other = stringOf(origin, "name");
  const foreign = provider === undefined || other === undefined ? undefined : { provider, name: other };
  const own =
    noted !== undefined
      ? { name: stringOf(noted, "name") ?? name, input: noted["input"] ?? {} }
      : foreign === undefined
        ? fromClaude(written)
        : written;
  names.set(id, foreign === undefined ? own.name : "");
  const tool = foreign === undefined ? canonicalTool(own.name, own.input, world.toolkit) : undefined;
  return {
    type: "tool_call",
    id,
    ...own,
    ...(tool === undefined ? {} : { tool }),
    ...(foreign === undefined ? {} : { foreign }),
  };
}

function result(block: JsonObject, mark: JsonObject, names: ReadonlyMap<string, string>): ToolResultBlock {
  const callId = stringOf(block, "tool_use_id") ?? "";
  const noted = objectOf(objectOf(mark, "results"), callId);
  const skip = numberOf(noted, "skip") ?? 0;
  const exitCode = numberOf(noted, "exitCode");
  const raw = block["content"];
  const parts =
    typeof raw === "string"
      ? [{ type: "text" as const, text: raw.slice(skip) }]
      : objectsOf(block, "content")
          .slice(skip > 0 ? 1 : 0)
          .flatMap((part) => partOf(part) ?? []);
  const known = isShell(names.get(callId) ?? "") && exitCode !== undefined;
  return {
    type: "tool_result",
    callId,
    content: parts.filter((part) => part.type === "image" || part.text !== ""),
    isError: block["is_error"] === true,
    ...(known ? { exitCode } : {}),
  };
}
