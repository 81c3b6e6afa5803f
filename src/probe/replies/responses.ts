import { isJsonObject, stringAt, type JsonObject, type JsonValue } from "../../session/json.ts";
import type { ScriptedTurn } from "../types.ts";
import {
  callId,
  eventReply,
  jsonReply,
  usageOf,
  type Render,
  type Reply,
  type ReplyContext,
} from "./reply.ts";

/** An answer of the OpenAI Responses API. */
export const renderResponses: Render = (turn, context) => respond(itemsOf(turn, context), turn, context);

/**
 * The summary that the service makes itself and that only it can read: an answer whose one item is the opaque blob.
 * Codex 0.169.0 asks for it with a `compaction_trigger` at the end of the input.
 */
export function renderProviderSummary(summary: string, context: ReplyContext): Reply {
  return respond([compactionItem(summary, context)], {}, context);
}

/** The older form of the same, `POST /v1/responses/compact`: the new history, which keeps what people said. */
export function renderCompact(summary: string, input: readonly JsonValue[], context: ReplyContext): Reply {
  const kept = input.filter((item) => isJsonObject(item) && item["role"] === "user");
  const output = [...kept, compactionItem(summary, context)];
  const id = `resp_probe_${context.sequence}`;
  return jsonReply({ id, object: "response.compaction", created_at: 0, output, usage: usage({}) });
}

function compactionItem(summary: string, context: ReplyContext): JsonObject {
  const encrypted_content = Buffer.from(`probe ${context.sequence}: ${summary}`).toString("base64");
  return { type: "compaction", id: `cmp_probe_${context.sequence}`, encrypted_content };
}

function usage(turn: ScriptedTurn): JsonObject {
  const { input, output } = usageOf(turn);
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  };
}

function respond(output: JsonObject[], turn: ScriptedTurn, context: ReplyContext): Reply {
  const response = {
    id: `resp_probe_${context.sequence}`,
    object: "response",
    created_at: 0,
    status: "completed",
    model: context.model,
    output,
    usage: usage(turn),
  };
  if (context.stream === "no") return jsonReply(response);
  const begun = { ...response, status: "in_progress", output: [], usage: null };
  const events: JsonObject[] = [
    { type: "response.created", response: begun },
    { type: "response.in_progress", response: begun },
  ];
  output.forEach((item, index) => events.push(...itemEvents(item, index)));
  events.push({ type: "response.completed", response });
  return eventReply(
    events.map((event, sequence_number) => ({ ...event, sequence_number })),
    { named: true },
  );
}

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
    const common = {
      call_id,
      name: call.name,
      ...(call.namespace === undefined ? {} : { namespace: call.namespace }),
      status: "completed",
    };
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

/** An item is announced empty, filled by deltas and then sent whole. */
function itemEvents(item: JsonObject, output_index: number): JsonObject[] {
  const at = { item_id: item["id"] ?? "", output_index };
  const added = (empty: JsonObject): JsonObject => ({
    type: "response.output_item.added",
    output_index,
    item: { ...item, ...(item["status"] === undefined ? {} : { status: "in_progress" }), ...empty },
  });
  const done = { type: "response.output_item.done", output_index, item };
  switch (item["type"]) {
    case "message":
      return [
        added({ content: [] }),
        ...parts(item, "content").flatMap((part, index) => textEvents(part, index, at)),
        done,
      ];
    case "reasoning":
      return [
        added({ summary: [] }),
        ...parts(item, "summary").flatMap((part, index) => summaryEvents(part, index, at)),
        done,
      ];
    case "function_call": {
      const text = stringAt(item, "arguments") ?? "";
      const type = "response.function_call_arguments";
      const events = [
        { type: `${type}.delta`, ...at, delta: text },
        { type: `${type}.done`, ...at, arguments: text },
      ];
      return [added({ arguments: "" }), ...events, done];
    }
    case "custom_tool_call": {
      const input = stringAt(item, "input") ?? "";
      const type = "response.custom_tool_call_input";
      const events = [
        { type: `${type}.delta`, ...at, delta: input },
        { type: `${type}.done`, ...at, input },
      ];
      return [added({ input: "" }), ...events, done];
    }
    default:
      return [added({}), done];
  }
}

function parts(item: JsonObject, key: string): JsonObject[] {
  const list = item[key];
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

function textEvents(part: JsonObject, content_index: number, item: JsonObject): JsonObject[] {
  const at = { ...item, content_index };
  const text = part["text"] ?? "";
  return [
    { type: "response.content_part.added", ...at, part: { ...part, text: "" } },
    { type: "response.output_text.delta", ...at, delta: text },
    { type: "response.output_text.done", ...at, text },
    { type: "response.content_part.done", ...at, part },
  ];
}

function summaryEvents(part: JsonObject, summary_index: number, item: JsonObject): JsonObject[] {
  const at = { ...item, summary_index };
  const text = part["text"] ?? "";
  return [
    { type: "response.reasoning_summary_part.added", ...at, part: { ...part, text: "" } },
    { type: "response.reasoning_summary_text.delta", ...at, delta: text },
    { type: "response.reasoning_summary_text.done", ...at, text },
    { type: "response.reasoning_summary_part.done", ...at, part },
  ];
}
