import type { JsonObject } from "../../session/json.ts";
import type { ScriptedTurn } from "../types.ts";
import { callId, eventReply, jsonReply, USAGE, type Render, type ReplyContext } from "./reply.ts";

/** An answer of the OpenAI Responses API. */
export const renderResponses: Render = (turn, context) => {
  const output = itemsOf(turn, context);
  const response = {
    id: `resp_probe_${context.sequence}`,
    object: "response",
    created_at: 0,
    status: "completed",
    model: context.model,
    output,
    usage: {
      input_tokens: USAGE.input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: USAGE.output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: USAGE.input + USAGE.output,
    },
  };
  if (!context.stream) return jsonReply(response);
  const events: JsonObject[] = [
    { type: "response.created", response: { ...response, status: "in_progress", output: [], usage: null } },
  ];
  output.forEach((item, index) => events.push(...itemEvents(item, index)));
  events.push({ type: "response.completed", response });
  return eventReply(
    events.map((event, sequence_number) => ({ ...event, sequence_number })),
    { named: true },
  );
};

function itemsOf(turn: ScriptedTurn, context: ReplyContext): JsonObject[] {
  const n = context.sequence;
  const items: JsonObject[] = [];
  if (turn.reasoning !== undefined) {
    const summary = [{ type: "summary_text", text: turn.reasoning }];
    items.push({ type: "reasoning", id: `rs_probe_${n}`, summary, encrypted_content: null });
  }
  if (turn.text !== undefined) {
    const content = [{ type: "output_text", text: turn.text, annotations: [] }];
    items.push({ type: "message", id: `msg_probe_${n}`, role: "assistant", status: "completed", content });
  }
  turn.toolCalls?.forEach((call, position) => {
    const call_id = call.id ?? callId(context, position);
    const common = { call_id, name: call.name, status: "completed" };
    items.push(
      typeof call.input === "string"
        ? { type: "custom_tool_call", id: `ctc_probe_${n}_${position}`, ...common, input: call.input }
        : {
            type: "function_call",
            id: `fc_probe_${n}_${position}`,
            ...common,
            arguments: JSON.stringify(call.input),
          },
    );
  });
  return items;
}

function itemEvents(item: JsonObject, output_index: number): JsonObject[] {
  const added = { type: "response.output_item.added", output_index, item };
  const done = { type: "response.output_item.done", output_index, item };
  if (item["type"] !== "message") return [added, done];
  const content = Array.isArray(item["content"]) ? item["content"] : [];
  const deltas = content.map((part, content_index) => ({
    type: "response.output_text.delta",
    item_id: item["id"] ?? "",
    output_index,
    content_index,
    delta: (part as JsonObject)["text"] ?? "",
  }));
  return [{ ...added, item: { ...item, content: [] } }, ...deltas, done];
}
