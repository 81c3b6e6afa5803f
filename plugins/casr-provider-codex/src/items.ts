import type { Block, JsonObject, JsonValue, Origin, ReasoningBlock, TextBlock } from "casr-cli/provider";
import { readToolItem } from "./calls.ts";
import { classifyParts, imageLabel, type ClassedPart } from "./context.ts";
import { arrayOf, stringOf } from "./json.ts";
import type { Envelope } from "./native.ts";
import { imageOf, warnOnce, type ItemContext, type Piece } from "./piece.ts";

const ORIGINS: Partial<Record<ClassedPart["class"], Origin>> = {
  person: "person",
  command: "command",
  injected: "injected",
  compaction: "compaction",
};

/** User and developer messages. A message of mixed parts becomes one piece for each run of one origin. */
function userPieces(item: JsonObject, envelope: Envelope, context: ItemContext): Piece[] {
  const marked = stringOf(envelope.casr, "origin");
  const developer = stringOf(item, "role") === "developer";
  const classed = classifyParts(item, envelope.metadata?.["client_authored"] === true);
  const pieces: (Piece & { speaker: "user" | "system" })[] = [];
  let label: string | undefined;
  for (const { part, class: found, text } of classed) {
    const origin = (marked as Origin | undefined) ?? ORIGINS[found];
    if (marked === undefined && found === "wrapper" && text !== undefined) label = imageLabel(text) ?? label;
    if (origin === undefined) continue;
    const block = blockOfPart(part, text, origin, label, context);
    if (block === undefined) continue;
    if (block.type === "image") label = undefined;
    const last = pieces.at(-1);
    if (last !== undefined && last.origin === origin) last.blocks.push(block);
    else
      pieces.push({
        speaker: developer && marked !== undefined ? "system" : "user",
        blocks: [block],
        origin,
      });
  }
  return pieces;
}

function blockOfPart(
  part: JsonObject,
  text: string | undefined,
  origin: Origin,
  label: string | undefined,
  context: ItemContext,
): Block | undefined {
  if (text !== undefined) {
    if (text === "") return undefined;
    return origin === "compaction" ? { type: "compaction", summary: text } : { type: "text", text };
  }
  const type = stringOf(part, "type");
  if (type === "input_image") return imageOf(part, label, context);
  if (type === "input_audio") warnOnce(context, "audio-unavailable", "a recording was left out");
  return undefined;
}

function assistantPiece(item: JsonObject): Piece[] {
  const blocks = arrayOf(item, "content").flatMap((part): TextBlock[] => {
    const text = stringOf(part, "text") ?? stringOf(part, "refusal");
    return text === undefined || text === "" ? [] : [{ type: "text", text }];
  });
  const phase = stringOf(item, "phase");
  return blocks.length === 0
    ? []
    : [{ speaker: "assistant", blocks, ...(phase === undefined ? {} : { phase }) }];
}

function reasoningPiece(item: JsonObject): Piece[] {
  const summary = arrayOf(item, "summary").flatMap((part) => stringOf(part, "text") ?? []);
  const content = arrayOf(item, "content").flatMap((part) => stringOf(part, "text") ?? []);
  const encrypted = stringOf(item, "encrypted_content");
  const text = [...summary, ...content].filter((part) => part !== "").join("\n");
  if (text === "" && (encrypted === undefined || encrypted === "")) return [];
  const native = { summary, ...(content.length === 0 ? {} : { content }) };
  const block: ReasoningBlock = {
    type: "reasoning",
    text,
    ...(encrypted === undefined || encrypted === "" ? {} : { encrypted }),
    issuer: "openai",
    native,
  };
  return [{ speaker: "assistant", blocks: [block] }];
}

/** What one agent told another: readable text was sent to the model as input. */
function agentMessage(item: JsonObject, context: ItemContext): Piece[] {
  const content = item["content"];
  const parts: JsonValue[] = typeof content === "string" ? [{ text: content }] : arrayOf(item, "content");
  const blocks = parts.flatMap((part): TextBlock[] => {
    const text = stringOf(part, "text");
    return text === undefined || text === "" ? [] : [{ type: "text", text }];
  });
  if (parts.some((part) => stringOf(part, "type") === "encrypted_content")) {
    warnOnce(
      context,
      "encrypted-message",
      "messages between agents that only the service can read were left out",
    );
  }
  if (blocks.length === 0) return [];
  const author = stringOf(item, "author");
  return [{ speaker: "user", blocks, origin: "injected", ...(author === undefined ? {} : { author }) }];
}

/**
 * Turns one response item (codex-cli 0.47 to 0.169.0) into pieces of the conversation; none for items
 * that are no part of it. `record` gives ids to items that have none.
 */
export function readItem(
  item: JsonObject,
  envelope: Envelope,
  record: number,
  context: ItemContext,
): Piece[] {
  switch (stringOf(item, "type")) {
    case "message": {
      const role = stringOf(item, "role");
      if (role === "assistant") return assistantPiece(item);
      return role === "user" || role === "developer" ? userPieces(item, envelope, context) : [];
    }
    case "reasoning":
      return reasoningPiece(item);
    case "agent_message":
      return agentMessage(item, context);
    case "compaction":
    case "context_compaction":
      warnOnce(context, "opaque-compaction", "a summary that only the service can read was left out");
      return [];
    default:
      return readToolItem(item, envelope, record, context) ?? [];
  }
}
