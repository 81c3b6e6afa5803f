import { callId, eventReply, jsonReply, USAGE, type Render } from "./reply.ts";

/** An answer of the OpenAI Chat Completions API. */
export const renderChat: Render = (turn, context) => {
  const toolCalls = turn.toolCalls?.map((call, index) => ({
    index,
    id: call.id ?? callId(context, index),
    type: "function",
    function: {
      name: call.name,
      arguments: typeof call.input === "string" ? call.input : JSON.stringify(call.input),
    },
  }));
  const message = {
    role: "assistant",
    content: turn.text ?? null,
    ...(turn.reasoning === undefined ? {} : { reasoning_content: turn.reasoning }),
    ...(toolCalls?.length ? { tool_calls: toolCalls } : {}),
  };
  const finish_reason = toolCalls?.length ? "tool_calls" : "stop";
  const head = { id: `chatcmpl-probe-${context.sequence}`, created: 0, model: context.model };
  const usage = {
    prompt_tokens: USAGE.input,
    completion_tokens: USAGE.output,
    total_tokens: USAGE.input + USAGE.output,
  };
  if (!context.stream) {
    const choices = [{ index: 0, message, finish_reason }];
    return jsonReply({ ...head, object: "chat.completion", choices, usage });
  }
  const chunk = { ...head, object: "chat.completion.chunk" };
  return eventReply(
    [
      { ...chunk, choices: [{ index: 0, delta: message, finish_reason: null }] },
      { ...chunk, choices: [{ index: 0, delta: {}, finish_reason }] },
      { ...chunk, choices: [], usage },
    ],
    { named: false, end: "[DONE]" },
  );
};
