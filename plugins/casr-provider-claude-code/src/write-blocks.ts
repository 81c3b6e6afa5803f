import type { Block, JsonObject, World } from "casr-cli/provider";
import { nativeImageBlock } from "./write-results.ts";

/** A block of a user message as the Messages API has it; none for blocks that stand elsewhere. */
export async function nativeUserBlock(block: Block, world: World): Promise<JsonObject[]> {
  switch (block.type) {
    case "text":
      return [{ type: "text", text: block.text }];
    case "image":
      return [await nativeImageBlock(block, world)];
    case "document": {
      const data = await world.base64(block.data);
      const isText = block.mediaType === "text/plain";
      const source = {
        type: isText ? "text" : "base64",
        media_type: block.mediaType,
        data: isText ? Buffer.from(data, "base64").toString("utf8") : data,
      };
      return [{ type: "document", source, ...(block.name === undefined ? {} : { title: block.name }) }];
    }
    default:
      return [];
  }
}
