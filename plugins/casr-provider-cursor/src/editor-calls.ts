import type { JsonObject, JsonValue, ToolCallBlock, ToolResultBlock, Toolkit } from "casr-cli/provider";
import { isObject, objectOf, objectsOf, parseJson, stringOf } from "./json.ts";
import { defined, foreignOf } from "./mark.ts";
import { canonicalTool } from "./tools.ts";

/** JSON that is kept as text, or as it is in some versions. */
function inner(value: JsonValue | undefined): JsonValue | undefined {
  return typeof value === "string" ? parseJson(value) : value;
}

function filled(value: JsonValue | undefined): JsonObject | undefined {
  return isObject(value) && Object.keys(value).length > 0 ? value : undefined;
}

/** Content rows (`composer.content.<sha256>`) by which edits are recorded since 2026-05. */
export type ContentOf = (key: string) => string | undefined;

const CONTENT_KEY = /^composer\.content\.[0-9a-f]{6,64}$/u;
const MOST_CONTENT = 4 * 1024 * 1024;

/**
 * What the model asked for: its own arguments where they were kept, else those the editor made of them. An edit
 * of which only a reference is kept gets the file's text after it, under the name the editor's schema has for it.
 */
function inputOf(data: JsonObject, content: ContentOf): JsonValue {
  const raw = inner(data["rawArgs"]);
  const params = inner(data["params"]);
  const input = filled(raw) ?? filled(params) ?? (typeof raw === "string" && raw !== "" ? raw : {});
  if (data["name"] !== "edit_file_v2" || !isObject(input) || input["contentsAfterEdit"] !== undefined)
    return input;
  const key = stringOf(inner(data["result"]), "afterContentId");
  const text = key !== undefined && CONTENT_KEY.test(key) ? content(key) : undefined;
  if (text === undefined || text.length > MOST_CONTENT) return input;
  return { ...filled(params), ...input, contentsAfterEdit: text };
}

/** Server and tool of a call to an MCP server: its parameters name them. */
function mcpOf(data: JsonObject, input: JsonValue): ToolCallBlock["tool"] {
  const [listed] = objectsOf(inner(data["params"]), "tools");
  const server = stringOf(listed, "serverName");
  const tool = stringOf(listed, "name");
  if (server === undefined || tool === undefined) return undefined;
  const given = inner(listed?.["parameters"]);
  const own = isObject(input) && input["tools"] === undefined ? input : given;
  return isObject(own) ? { kind: "mcp", server, tool, args: own } : undefined;
}

/** The call in a bubble's `toolFormerData`; `mark` is casr's record on the bubble. */
export function callOf(
  data: JsonObject,
  fallbackId: string,
  mark: JsonObject | undefined,
  content: ContentOf,
  toolkit: Toolkit,
): ToolCallBlock | undefined {
  const name = stringOf(mark, "name") ?? stringOf(data, "name");
  if (name === undefined || name === "") return undefined;
  const given = stringOf(data, "toolCallId");
  const id = given === undefined || given === "" ? fallbackId : given;
  const input = inputOf(data, content);
  const foreign = foreignOf(mark);
  const known =
    foreign === undefined ? (canonicalTool(name, input, toolkit) ?? mcpOf(data, input)) : undefined;
  return { type: "tool_call", id, name, input, ...defined({ tool: known, foreign }) };
}

/** States of a call that has no answer yet. */
const OPEN = new Set(["loading", "pending", "started", "running", "streaming", "in_progress"]);

/** The words of an error: what the model was told, else what the person was. */
function errorText(value: JsonValue | undefined): string | undefined {
  const error = inner(value) ?? value;
  if (typeof error === "string") return error === "" ? undefined : error;
  return (
    stringOf(error, "modelVisibleErrorMessage") || stringOf(error, "clientVisibleErrorMessage") || undefined
  );
}

/** The texts in what an MCP server gave: `{content: [{type: "text", text}]}`. */
function mcpText(text: string): string | undefined {
  const content = objectsOf(parseJson(text), "content");
  const texts = content.flatMap((part) => stringOf(part, "text") ?? []);
  return texts.length > 0 && texts.length === content.length ? texts.join("\n") : undefined;
}

function payloadOf(result: JsonValue | undefined, raw: string): string {
  if (typeof result === "string") return result;
  if (!isObject(result)) return raw;
  const plain = stringOf(result, "result");
  if (plain !== undefined && typeof result["selectedTool"] === "string") return mcpText(plain) ?? plain;
  for (const key of ["output", "contents", "resultForModel"]) {
    const text = stringOf(result, key);
    if (text !== undefined) return text;
  }
  return plain !== undefined && Object.keys(result).length === 1 ? plain : raw;
}

/** The answer in a bubble's `toolFormerData`; undefined while there is none. */
export function resultOf(data: JsonObject, call: ToolCallBlock): ToolResultBlock | undefined {
  const status = stringOf(data, "status") ?? "completed";
  const raw = typeof data["result"] === "string" ? data["result"] : "";
  const result = typeof data["result"] === "string" ? parseJson(raw) : data["result"];
  const error = errorText(data["error"]);
  if (OPEN.has(status) && raw === "" && error === undefined) return undefined;
  const exit = isObject(result) ? (result["exitCodeV2"] ?? result["exitCode"]) : undefined;
  const exitCode = Number.isSafeInteger(exit) ? (exit as number) : undefined;
  const rejected = isObject(result) && result["rejected"] === true;
  const outcome = stringOf(objectOf(data, "additionalData"), "status");
  const failed =
    ["error", "cancelled", "rejected", "skipped"].includes(status) ||
    rejected ||
    outcome === "rejected" ||
    outcome === "error" ||
    (outcome === undefined && exitCode !== undefined && exitCode !== 0);
  const rawText = typeof data["result"] === "string" ? raw : isObject(result) ? JSON.stringify(result) : "";
  const payload = payloadOf(result, rawText);
  const silent = status === "cancelled" ? "Cancelled" : rejected ? "Rejected by the user" : "";
  const isEmpty = payload === "" || payload === "{}";
  const text = failed && isEmpty ? (error ?? silent) : payload;
  return {
    type: "tool_result",
    callId: call.id,
    content: text === "" ? [] : [{ type: "text", text }],
    isError: failed,
    ...(call.tool?.kind === "shell" ? defined({ exitCode }) : {}),
  };
}
