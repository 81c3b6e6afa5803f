import type { JsonObject } from "../../session/json.ts";
import type { ScriptedCall } from "../types.ts";
import { callId, eventReply, jsonReply, usageOf, type Render, type ReplyContext } from "./reply.ts";

/** An answer of the OpenAI Chat Completions API. `reasoning_content` is what the compatible services say thoughts in. */
export const renderChat: Render = (turn, context) => {
  const calls = (turn.toolCalls ?? []).map((call, index) => renderCall(call, index, context));
  const message: JsonObject = { role: "assistant", content: turn.text ?? null };
  if (turn.reasoning !== undefined) message["reasoning_content"] = turn.reasoning;
  const finish_reason = calls.length > 0 ? "tool_calls" : "stop";
  const head = { id: `chatcmpl-probe-${context.sequence}`, created: 0, model: context.model };
  const { input, output } = usageOf(turn);
  const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
  if (context.stream === "no") {
    if (calls.length > 0) message["tool_calls"] = calls;
    const choices = [{ index: 0, message, finish_reason }];
    return jsonReply({ ...head, object: "chat.completion", choices, usage });
  }
  const deltas: JsonObject[] = [{ role: "assistant", content: "" }];
  if (turn.reasoning !== undefined) deltas.push({ reasoning_content: turn.reasoning });
  if (turn.text !== undefined) deltas.push({ content: turn.text });
  calls.forEach((call, index) => deltas.push({ tool_calls: [{ index, ...call }] }));
  const chunk = { ...head, object: "chat.completion.chunk" };
  return eventReply(
    [
      ...deltas.map((delta) => ({ ...chunk, choices: [{ index: 0, delta, finish_reason: null }] })),
      { ...chunk, choices: [{ index: 0, delta: {}, finish_reason }] },
      { ...chunk, choices: [], usage },
    ],
    { named: false, end: "[DONE]" },
  );
};

function renderCall(call: ScriptedCall, position: number, context: ReplyContext): JsonObject {
  const id = call.id ?? callId(context, position);
  const { name, input } = call;
  if (typeof input === "string" && context.freeform.has(name))
    return { id, type: "custom", custom: { name, input } };
  const text = typeof input === "string" ? input : JSON.stringify(input);
  return { id, type: "function", function: { name, arguments: text } };
}
