import type {
  Block,
  CanonicalTool,
  History,
  JsonDocument,
  JsonObject,
  JsonValue,
  Message,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import { arrayOf, isObject, numberOf, objectOf, stringOf } from "casr-opencode-store/json";

/** What the extension puts behind every prompt, made anew each time. */
const ENVIRONMENT = /\s*<environment_details>[\s\S]*?<\/environment_details>\s*/g;

type Draft = Omit<Message, "index">;

/** Records that a summary or a cut stands for: they name it, and it is there. */
function isHidden(record: JsonObject, standing: ReadonlySet<string>): boolean {
  const parents = [stringOf(record, "condenseParent"), stringOf(record, "truncationParent")];
  return parents.some((parent) => parent !== undefined && standing.has(parent));
}

/** What one run through a history tells: the ids of the summaries and cuts that are there, and how many records are objects. */
export async function glanceAt(
  document: JsonDocument,
  world: World,
): Promise<{ standing: ReadonlySet<string>; usable: number }> {
  const standing = new Set<string>();
  let usable = 0;
  for await (const { value: record } of document.items("")) {
    world.signal.throwIfAborted();
    if (!isObject(record)) continue;
    usable += 1;
    const condensed = record["isSummary"] === true ? stringOf(record, "condenseId") : undefined;
    const cut = record["isTruncationMarker"] === true ? stringOf(record, "truncationId") : undefined;
    for (const id of [condensed, cut]) if (id !== undefined) standing.add(id);
  }
  return { standing, usable };
}

/** The messages of a task of the older extension; damaged records are left out. */
export async function* taskMessages(
  document: JsonDocument,
  standing: ReadonlySet<string>,
  history: History,
  path: string,
  world: World,
): AsyncIterable<Message> {
  let index = 0;
  for await (const { value: record } of document.items("")) {
    world.signal.throwIfAborted();
    if (!isObject(record)) continue;
    const inContext = !isHidden(record, standing);
    if (!inContext && history === "context") continue;
    for (const draft of messagesOf(record, inContext, path, world)) yield { ...draft, index: index++ };
  }
}

function messagesOf(record: JsonObject, inContext: boolean, path: string, world: World): Draft[] {
  const timestamp = numberOf(record, "ts");
  const shared = { inContext, ...(timestamp === undefined ? {} : { timestamp }) };
  if (record["type"] === "reasoning") {
    const encrypted = stringOf(record, "encrypted_content");
    if (encrypted === undefined) return [];
    const thought: Block = { type: "reasoning", text: "", encrypted, issuer: "openai" };
    return [{ ...shared, role: "assistant", content: [thought] }];
  }
  const content = record["content"];
  const given: JsonValue[] =
    typeof content === "string" ? [{ type: "text", text: content }] : arrayOf(record, "content");
  const role = stringOf(record, "role");
  if (role === "assistant") {
    const said = given.flatMap(answerBlock);
    return said.length === 0 ? [] : [{ ...shared, role, content: said }];
  }
  if (role !== "user") {
    world.warn({
      code: "unknown-record",
      message: `messages of role ${JSON.stringify(role ?? "")} are not known`,
      path,
    });
    return [];
  }
  const results = given.flatMap((part) => resultBlock(part) ?? []);
  const summary = record["isSummary"] === true;
  const said = given.flatMap((part) => userBlock(part, summary) ?? []);
  return [
    ...(results.length === 0 ? [] : [{ ...shared, role: "tool", content: results }]),
    ...(said.length === 0
      ? []
      : [
          { ...shared, role, origin: summary ? ("compaction" as const) : ("person" as const), content: said },
        ]),
  ];
}

function imageOf(part: JsonObject): Block[] {
  const source = objectOf(part, "source");
  const mediaType = stringOf(source, "media_type");
  const base64 = stringOf(source, "data");
  return mediaType === undefined || base64 === undefined || base64 === ""
    ? []
    : [{ type: "image", mediaType, data: { base64 } }];
}

function userBlock(part: JsonValue, summary: boolean): Block[] | undefined {
  if (!isObject(part)) return undefined;
  if (part["type"] === "image") return imageOf(part);
  if (part["type"] !== "text") return undefined;
  const text = (stringOf(part, "text") ?? "").replace(ENVIRONMENT, "");
  if (text.trim() === "") return undefined;
  return [summary ? { type: "compaction", summary: text } : { type: "text", text }];
}

function resultBlock(part: JsonValue): ToolResultBlock | undefined {
  const callId = isObject(part) && part["type"] === "tool_result" ? stringOf(part, "tool_use_id") : undefined;
  if (!isObject(part) || callId === undefined || callId === "") return undefined;
  const given: JsonValue[] =
    typeof part["content"] === "string"
      ? [{ type: "text", text: part["content"] }]
      : arrayOf(part, "content");
  const content = given.flatMap((one): ToolResultBlock["content"] => {
    if (!isObject(one)) return [];
    if (one["type"] === "image") return imageOf(one) as ToolResultBlock["content"];
    const text = stringOf(one, "text") ?? "";
    return text === "" ? [] : [{ type: "text", text }];
  });
  return { type: "tool_result", callId, content, isError: part["is_error"] === true };
}

function answerBlock(part: JsonValue): Block[] {
  if (!isObject(part)) return [];
  const text = stringOf(part, "text") ?? stringOf(part, "thinking") ?? "";
  switch (part["type"]) {
    case "text":
      return text === "" ? [] : [{ type: "text", text }];
    case "thinking":
    case "reasoning": {
      const signature = stringOf(part, "signature");
      if (text === "" && signature === undefined) return [];
      return [
        { type: "reasoning", text, ...(signature === undefined ? {} : { signature, issuer: "anthropic" }) },
      ];
    }
    case "tool_use": {
      const id = stringOf(part, "id") ?? "";
      const name = stringOf(part, "name") ?? "";
      if (id === "" || name === "") return [];
      const input = isObject(part["input"]) ? part["input"] : {};
      const tool = taskTool(name, input);
      return [{ type: "tool_call", id, name, input, ...(tool === undefined ? {} : { tool }) }];
    }
    default:
      return [];
  }
}

/** The extension's own tools, as far as the common vocabulary has them. */
function taskTool(name: string, input: JsonObject): CanonicalTool | undefined {
  const { command, cwd, path, content, regex, file_pattern: include, ...rest } = input;
  const more = Object.keys(rest).length === 0 ? {} : { rest };
  const only = (...names: string[]): boolean =>
    Object.keys(input).every((key) => names.includes(key) || Object.hasOwn(rest, key));
  if (name === "execute_command" && typeof command === "string" && only("command", "cwd")) {
    if (cwd === undefined || cwd === null) return { kind: "shell", command, ...more };
    return typeof cwd === "string" ? { kind: "shell", command, workdir: cwd, ...more } : undefined;
  }
  if (typeof path !== "string") return undefined;
  if (name === "write_to_file" && typeof content === "string" && only("path", "content"))
    return { kind: "write", path, content, ...more };
  if (name === "list_files" && only("path")) return { kind: "list", path, ...more };
  if (name === "search_files" && typeof regex === "string" && only("path", "regex", "file_pattern")) {
    if (include === undefined || include === null) return { kind: "grep", pattern: regex, path, ...more };
    return typeof include === "string" ? { kind: "grep", pattern: regex, path, include, ...more } : undefined;
  }
  return undefined;
}
