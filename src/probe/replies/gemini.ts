import type { JsonObject } from "../../session/json.ts";
import { isJsonObject } from "../../session/json.ts";
import { callId, eventReply, jsonReply, usageOf, type Render } from "./reply.ts";

/** An answer of Gemini's generateContent and streamGenerateContent. */
export const renderGemini: Render = (turn, context) => {
  const parts: JsonObject[] = [];
  if (turn.reasoning !== undefined) parts.push({ text: turn.reasoning, thought: true });
  if (turn.text !== undefined) parts.push({ text: turn.text });
  turn.toolCalls?.forEach((call, position) => {
    const args = isJsonObject(call.input) ? call.input : { input: call.input };
    const id = call.id ?? callId(context, position);
    parts.push({ functionCall: { id, name: call.name, args } });
  });
  const { input, output } = usageOf(turn);
  const answer = {
    candidates: [{ index: 0, content: { role: "model", parts }, finishReason: "STOP" }],
    usageMetadata: {
      promptTokenCount: input,
      candidatesTokenCount: output,
      totalTokenCount: input + output,
    },
    modelVersion: context.model,
    responseId: `probe_${context.sequence}`,
  };
  if (context.stream === "events") return eventReply([answer], { named: false });
  return jsonReply(context.stream === "list" ? [answer] : answer);
};
