import type { Block, JsonObject, JsonValue, ReasoningBlock, ToolCallBlock, Usage } from "casr-cli/provider";
import { textBlock } from "./content.ts";
import { isJsonObject, numberAt, objectAt, stringAt } from "./json.ts";
import { isClaudeModel } from "./native.ts";
import { serverResultBlock } from "./results.ts";
import { canonicalTool } from "./tools.ts";

function reasoningBlock(block: JsonObject, record: JsonObject): ReasoningBlock[] {
  const model = stringAt(objectAt(record, "message"), "model");
  // Under no model, or another vendor's, the agent does not send it: it is not known to be genuine.
  const issuer = model !== undefined && isClaudeModel(model) ? { issuer: "anthropic" } : {};
  if (block["type"] === "redacted_thinking") {
    const encrypted = stringAt(block, "data");
    return encrypted === undefined
      ? []
      : [{ type: "reasoning", text: "", redacted: true, encrypted, ...issuer }];
  }
  const text = stringAt(block, "thinking") ?? "";
  if (objectAt(record, "casr")?.["reasoning"] === "display")
    return text === "" ? [] : [{ type: "reasoning", text, displayOnly: true }];
  const signature = stringAt(block, "signature");
  if (signature === undefined || signature === "")
    return text.trim() === "" ? [] : [{ type: "reasoning", text }];
  return [{ type: "reasoning", text, signature, ...issuer }];
}

/** The agent a call first came from, where casr noted it. */
function foreignOf(record: JsonObject, callId: string): ToolCallBlock["foreign"] {
  const mark = objectAt(objectAt(record, "casr"), "tool");
  const provider = stringAt(mark, "provider");
  const name = stringAt(mark, "name");
  if (provider === undefined || name === undefined || stringAt(mark, "call") !== callId) return undefined;
  return { provider, name };
}

function callBlock(block: JsonObject, record: JsonObject): ToolCallBlock[] {
  const id = stringAt(block, "id");
  const name = stringAt(block, "name");
  if (id === undefined || name === undefined) return [];
  const input: JsonValue = block["input"] ?? {};
  const foreign = foreignOf(record, id);
  if (foreign !== undefined) return [{ type: "tool_call", id, name, input, foreign }];
  const tool = canonicalTool(name, input);
  return [{ type: "tool_call", id, name, input, ...(tool === undefined ? {} : { tool }) }];
}

/** A call of one of the service's own tools; its further fields are kept for a copy of the session. */
function serverCallBlock(block: JsonObject): ToolCallBlock[] {
  const { id, name, input = {}, ...native } = block;
  if (typeof id !== "string" || typeof name !== "string") return [];
  const tool = name === "web_search" ? canonicalTool("WebSearch", input) : undefined;
  return [{ type: "tool_call", id, name, input, ...(tool === undefined ? {} : { tool }), native }];
}

/**
 * The blocks of one line of a response. Answers of the service's own tools are among them, as results. Types the
 * common form has no word for are left out.
 */
export function responseBlocks(record: JsonObject): Block[] {
  const content = objectAt(record, "message")?.["content"];
  if (typeof content === "string") return textBlock(content);
  if (!Array.isArray(content)) return [];
  return content.flatMap((block): Block[] => {
    if (!isJsonObject(block)) return [];
    switch (block["type"]) {
      case "text":
        return textBlock(stringAt(block, "text"));
      case "thinking":
      case "redacted_thinking":
        return reasoningBlock(block, record);
      case "tool_use":
        return callBlock(block, record);
      case "server_tool_use":
      case "mcp_tool_use":
        return serverCallBlock(block);
      default:
        return stringAt(block, "type")?.endsWith("_tool_result") === true
          ? [serverResultBlock(block)].flatMap((result) => result ?? [])
          : [];
    }
  });
}

/** Token counts of a response; every line of it repeats them. */
export function usageOf(record: JsonObject): Usage | undefined {
  const usage = objectAt(objectAt(record, "message"), "usage");
  if (usage === undefined) return undefined;
  const counts: Record<keyof Omit<Usage, "reasoningTokens">, number | undefined> = {
    inputTokens: numberAt(usage, "input_tokens"),
    outputTokens: numberAt(usage, "output_tokens"),
    cacheReadTokens: numberAt(usage, "cache_read_input_tokens"),
    cacheWriteTokens: numberAt(usage, "cache_creation_input_tokens"),
  };
  const known = Object.entries(counts).filter(([, count]) => count !== undefined);
  return known.length === 0 ? undefined : (Object.fromEntries(known) as Usage);
}
