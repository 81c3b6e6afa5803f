import type { Block, Message } from "../session/types.ts";

const BLOCKS = new Set(["text", "reasoning", "image", "document", "tool_call", "tool_result", "compaction"]);

/** What a message breaks of the session model, whatever its file held; empty when all is well. */
export function malformations(messages: readonly Message[]): string[] {
  return messages.flatMap((message, position) => {
    const wrong: string[] = [];
    const expect = (holds: boolean, what: string): void => {
      if (!holds) wrong.push(`message ${position}: ${what}`);
    };
    expect(message.index === position, `index is ${String(message.index)}`);
    expect(typeof message.role === "string" && message.role !== "", "role is no word");
    expect(typeof message.inContext === "boolean", "inContext is no boolean");
    expect(message.id === undefined || typeof message.id === "string", "id is no string");
    expect(message.model === undefined || typeof message.model === "string", "model is no string");
    const { timestamp } = message;
    expect(timestamp === undefined || !Number.isNaN(new Date(timestamp).getTime()), "timestamp is no time");
    expect(Array.isArray(message.content) && message.content.length > 0, "has no blocks");
    for (const count of Object.values(message.usage ?? {}))
      expect(Number.isFinite(count), "usage is no number");
    for (const block of message.content)
      wrong.push(...blockFaults(block).map((fault) => `message ${position}: ${fault}`));
    return wrong;
  });
}

function blockFaults(block: Block): string[] {
  const wrong: string[] = [];
  const text = (value: unknown, what: string): void => {
    if (typeof value !== "string") wrong.push(`${block.type}.${what} is ${typeof value}, not a string`);
  };
  if (!BLOCKS.has(block.type)) return [`block type ${String(block.type)}`];
  if (block.type === "text" || block.type === "reasoning") text(block.text, "text");
  if (block.type === "compaction") text(block.summary, "summary");
  if (block.type === "image" || block.type === "document") {
    text(block.mediaType, "mediaType");
    if ("base64" in block.data) text(block.data.base64, "data.base64");
    else text(block.data.path, "data.path");
  }
  if (block.type === "tool_call") {
    text(block.id, "id");
    text(block.name, "name");
    if (block.input === undefined) wrong.push("tool_call.input is undefined");
  }
  if (block.type === "tool_result") {
    text(block.callId, "callId");
    if (typeof block.isError !== "boolean") wrong.push("tool_result.isError is no boolean");
    if (block.exitCode !== undefined && !Number.isInteger(block.exitCode))
      wrong.push("tool_result.exitCode is no integer");
    for (const part of block.content) wrong.push(...blockFaults(part));
  }
  return wrong;
}
