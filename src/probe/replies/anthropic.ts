import type { JsonObject } from "../../session/json.ts";
import { isJsonObject } from "../../session/json.ts";
import type { ScriptedTurn } from "../types.ts";
import { callId, eventReply, jsonReply, usageOf, type Render, type ReplyContext } from "./reply.ts";

/** An answer of the Anthropic Messages API. */
export const renderAnthropic: Render = (turn, context) => {
  const blocks = blocksOf(turn, context);
  const { input, output } = usageOf(turn);
  const usage = {
    input_tokens: input,
    output_tokens: output,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
  };
  const stopReason = turn.toolCalls?.length ? "tool_use" : "end_turn";
  const message = {
    id: `msg_probe_${context.sequence}`,
    type: "message",
    role: "assistant",
    model: context.model,
    content: blocks,
    stop_reason: stopReason,
    stop_sequence: null,
    usage,
  };
  if (context.stream === "no") return jsonReply(message);
  const events: object[] = [
    { type: "message_start", message: { ...message, content: [], stop_reason: null } },
  ];
  blocks.forEach((block, index) => events.push(...blockEvents(block, index)));
  events.push(
    { type: "message_delta", delta: { stop_reason: stopReason, stop_sequence: null }, usage },
    { type: "message_stop" },
  );
  return eventReply(events, { named: true });
};

function blocksOf(turn: ScriptedTurn, context: ReplyContext): JsonObject[] {
  const blocks: JsonObject[] = [];
  if (turn.reasoning !== undefined) {
    blocks.push({ type: "thinking", thinking: turn.reasoning, signature: `sig_probe_${context.sequence}` });
  }
  if (turn.text !== undefined) blocks.push({ type: "text", text: turn.text });
  turn.toolCalls?.forEach((call, position) => {
    const input = isJsonObject(call.input) ? call.input : { input: call.input };
    blocks.push({ type: "tool_use", id: call.id ?? callId(context, position), name: call.name, input });
  });
  return blocks;
}

/** A block starts empty and is then filled by deltas. */
function blockEvents(block: JsonObject, index: number): object[] {
  const start = { ...block };
  const deltas: object[] = [];
  if (block["type"] === "text") {
    start["text"] = "";
    deltas.push({ type: "text_delta", text: block["text"] });
  } else if (block["type"] === "thinking") {
    start["thinking"] = "";
    start["signature"] = "";
    deltas.push({ type: "thinking_delta", thinking: block["thinking"] });
    deltas.push({ type: "signature_delta", signature: block["signature"] });
  } else {
    start["input"] = {};
    deltas.push({ type: "input_json_delta", partial_json: JSON.stringify(block["input"]) });
  }
  return [
    { type: "content_block_start", index, content_block: start },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}
