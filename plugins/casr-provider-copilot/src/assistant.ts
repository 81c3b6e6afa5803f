import type { Block, JsonObject, JsonValue, ReasoningBlock, ToolCallBlock, Toolkit } from "casr-cli/provider";
import { objectAt, objectsIn, stringAt } from "./json.ts";
import { canonicalTool } from "./tools.ts";

/** What reads the notation of patches. */
type Notation = Pick<Toolkit, "parsePatch">;

/** Who wrote the reasoning blocks that are sent again. */
export const ANTHROPIC_BLOCKS = "anthropic-messages";

/** One response of the model; several events when the service sent it in pieces. */
export interface Response {
  /** The service's id of the response; pieces of one response share it. */
  apiCallId?: string;
  data: JsonObject;
  timestamp?: number;
  blocks: Block[];
}

function anthropicReasoning(block: JsonObject): ReasoningBlock | undefined {
  if (block["type"] === "redacted_thinking") {
    const encrypted = stringAt(block, "data");
    return encrypted === undefined
      ? undefined
      : { type: "reasoning", text: "", encrypted, redacted: true, issuer: "anthropic" };
  }
  const text = stringAt(block, "thinking");
  if (block["type"] !== "thinking" || text === undefined) return undefined;
  const signature = stringAt(block, "signature");
  return {
    type: "reasoning",
    text,
    ...(signature === undefined || signature === "" ? {} : { signature, issuer: "anthropic" as const }),
  };
}

/**
 * What the model thought and said. Anthropic's blocks are sent again; the readable text of other vendors' reasoning
 * is for people, and their encrypted form is dropped by the CLI on a resume.
 */
function spoken(data: JsonObject): Block[] {
  const content = stringAt(data, "content") ?? "";
  const text: Block[] = content.trim() === "" ? [] : [{ type: "text", text: content }];
  const native = objectAt(data, "reasoningBlocks");
  if (native !== undefined && stringAt(native, "provider") === ANTHROPIC_BLOCKS) {
    const ordered = objectsIn(native["orderedBlocks"]);
    if (ordered.length > 0) return orderedBlocks(ordered);
    const reasoning = objectsIn(native["blocks"]).flatMap((block) => anthropicReasoning(block) ?? []);
    if (reasoning.length > 0) return [...reasoning, ...text];
  }
  const readable = stringAt(data, "reasoningText") ?? "";
  return readable.trim() === "" ? text : [{ type: "reasoning", text: readable }, ...text];
}

/** Texts and thoughts in the order the model made them; the calls follow from the list of requests. */
function orderedBlocks(ordered: JsonObject[]): Block[] {
  return ordered.flatMap((block): Block[] => {
    const text = block["type"] === "text" ? (stringAt(block, "text") ?? "") : "";
    if (text.trim() !== "") return [{ type: "text", text }];
    const reasoning = anthropicReasoning(block);
    return reasoning === undefined ? [] : [reasoning];
  });
}

/** What only the interface shows of a call. */
const CALL_DETAILS = ["toolTitle", "intentionSummary", "mcpServerName", "mcpToolName"];

function details(request: JsonObject): JsonObject {
  const found: JsonObject = {};
  for (const key of CALL_DETAILS) if (typeof request[key] === "string") found[key] = request[key]!;
  return found;
}

/** A call; undefined when it has no id or name. `marks` are those casr left on the event, by call id. */
function toolCall(
  request: JsonObject,
  marks: JsonObject | undefined,
  notation: Notation,
): ToolCallBlock | undefined {
  const id = stringAt(request, "toolCallId");
  const name = stringAt(request, "name");
  if (id === undefined || id === "" || name === undefined || name === "") return undefined;
  const given = request["arguments"];
  const input: JsonValue = given === undefined || given === null ? {} : given;
  const mark = marks !== undefined && Object.hasOwn(marks, id) ? objectAt(marks, id) : undefined;
  const provider = stringAt(mark, "provider");
  const original = stringAt(mark, "name");
  if (provider !== undefined && original !== undefined)
    return { type: "tool_call", id, name, input, foreign: { provider, name: original } };
  const tool = canonicalTool(name, input, notation, {
    server: stringAt(request, "mcpServerName"),
    tool: stringAt(request, "mcpToolName"),
  });
  const native = details(request);
  return {
    type: "tool_call",
    id,
    name,
    input,
    ...(tool === undefined ? {} : { tool }),
    ...(Object.keys(native).length === 0 ? {} : { native }),
  };
}

/** The blocks of one `assistant.message` event. */
export function responseBlocks(data: JsonObject, notation: Notation): Block[] {
  const marks = objectAt(objectAt(data, "casr"), "tools");
  const calls = objectsIn(data["toolRequests"]).flatMap(
    (request) => toolCall(request, marks, notation) ?? [],
  );
  return [...spoken(data), ...calls];
}

/**
 * Adds a further piece of a response. The CLI sends pieces as one: their texts run on without anything between them,
 * and only the first piece's reasoning is sent.
 */
export function joinPieces(blocks: Block[], more: Block[]): Block[] {
  const ofType = (type: Block["type"]): Block[] =>
    [...blocks, ...more].filter((block) => block.type === type);
  const text = ofType("text")
    .map((block) => (block.type === "text" ? block.text : ""))
    .join("");
  const first = blocks.filter((block) => block.type === "reasoning");
  const later = more.flatMap((block): Block[] =>
    block.type === "reasoning" && block.text !== "" ? [{ type: "reasoning", text: block.text }] : [],
  );
  return [
    ...first,
    ...later,
    ...(text === "" ? [] : [{ type: "text" as const, text }]),
    ...ofType("tool_call"),
  ];
}

/** Whether an event is a further piece of the response before it. */
export function continues(response: Response, data: JsonObject): boolean {
  const id = stringAt(data, "apiCallId");
  return id !== undefined && id !== "" && id === response.apiCallId;
}
