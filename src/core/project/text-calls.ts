import type { Block, Message, TextBlock, ToolCallBlock, ToolResultBlock } from "../../session/types.ts";
import type { ProjectionContext } from "./options.ts";

function callText(call: ToolCallBlock): TextBlock {
  const input = typeof call.input === "string" ? call.input : JSON.stringify(call.input, null, 2);
  return { type: "text", text: `[Tool call ${call.foreign?.name ?? call.name}]\n${input}` };
}

function resultBlocks(result: ToolResultBlock, name: string): Block[] {
  const state = result.isError ? " failed" : "";
  const head: TextBlock = { type: "text", text: `[Result of ${name}${state}]` };
  return [head, ...result.content];
}

/**
 * For targets that take no unknown tools: calls without a form of the target's own become text of the
 * assistant, their results user text. `ready` is a run in which each answer follows its call.
 */
export function callsAsText(ready: Message[], context: ProjectionContext): Message[] {
  const foreign = new Map<string, string>();
  return ready.flatMap((message): Message[] => {
    const content = message.content.map((block): Block => {
      if (block.type !== "tool_call" || block.foreign === undefined) return block;
      foreign.set(block.id, block.foreign.name);
      context.losses.add("tool-as-text", block.foreign.name);
      return callText(block);
    });
    if (message.role !== "tool") return [{ ...message, content }];
    const asText = content.flatMap((block) => {
      const name = block.type === "tool_result" ? foreign.get(block.callId) : undefined;
      return name === undefined ? [] : resultBlocks(block as ToolResultBlock, name);
    });
    const kept = content.filter((block) => block.type !== "tool_result" || !foreign.has(block.callId));
    const messages: Message[] = kept.length > 0 ? [{ ...message, content: kept }] : [];
    if (asText.length > 0) messages.push({ ...message, role: "user", origin: "injected", content: asText });
    return messages;
  });
}
