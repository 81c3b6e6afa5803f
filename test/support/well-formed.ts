import type { Message } from "casr-cli/provider";

export { malformations } from "../../src/testing/well-formed.ts";

/** All texts a message shows, its tool results included. */
export function textsOf(message: Message): string[] {
  return message.content.flatMap((block) => {
    if (block.type === "text" || block.type === "reasoning") return [block.text];
    if (block.type === "compaction") return [block.summary];
    return block.type === "tool_result"
      ? block.content.flatMap((part) => (part.type === "text" ? [part.text] : []))
      : [];
  });
}
