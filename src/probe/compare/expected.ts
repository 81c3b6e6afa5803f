import type { BinarySource, Block, Message } from "../../session/types.ts";
import { imageFromBase64, sha256 } from "../digest.ts";
import type { WireImage, WireItem } from "../types.ts";

type Base64 = (source: BinarySource) => Promise<string>;

/** One thing the model must be told. `shell`: the exit code of a failing command may stand for an error flag. */
export type Expected = WireItem & { exitCode?: number };

/** The messages that were written, as the items a request should hold. */
export async function expectedItems(messages: AsyncIterable<Message>, base64: Base64): Promise<Expected[]> {
  const items: Expected[] = [];
  for await (const message of messages) {
    for (const block of message.content) await addBlock(items, block, message.role, base64);
  }
  return items;
}

async function addBlock(items: Expected[], block: Block, role: string, base64: Base64): Promise<void> {
  const speaker = role === "assistant" || role === "system" ? role : "user";
  switch (block.type) {
    case "text":
      items.push({ kind: speaker, text: block.text });
      return;
    case "compaction":
      items.push({ kind: speaker, text: block.summary });
      return;
    case "reasoning":
      if (block.displayOnly !== true)
        items.push({ kind: "reasoning", text: block.text, readable: block.text !== "" });
      return;
    case "image":
      items.push({
        kind: "image",
        role: speaker,
        image: imageFromBase64(block.mediaType, await base64(block.data)),
      });
      return;
    case "document": {
      const digest = sha256(Buffer.from(await base64(block.data), "base64"));
      items.push({ kind: "document", role: speaker, mediaType: block.mediaType, digest });
      return;
    }
    case "tool_call":
      items.push({ kind: "call", id: block.id, name: block.name, input: block.input });
      return;
    case "tool_result": {
      const images: WireImage[] = [];
      const texts: string[] = [];
      for (const part of block.content) {
        if (part.type === "text") texts.push(part.text);
        else images.push(imageFromBase64(part.mediaType, await base64(part.data)));
      }
      items.push({
        kind: "result",
        callId: block.callId,
        text: texts.join("\n"),
        images,
        isError: block.isError,
        ...(block.exitCode === undefined ? {} : { exitCode: block.exitCode }),
      });
      return;
    }
  }
}
