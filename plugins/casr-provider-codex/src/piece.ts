import type { Block, ImageBlock, JsonObject, Origin, ToolResultBlock, World } from "casr-cli/provider";
import { stringOf } from "./json.ts";

/** What one response item adds to the conversation. */
export type Piece =
  | { speaker: "assistant"; blocks: Block[]; phase?: string }
  | { speaker: "tool"; result: ToolResultBlock }
  | { speaker: "user" | "system"; blocks: Block[]; origin?: Origin; author?: string };

/** What reading an item depends on besides the item. */
export interface ItemContext {
  world: World;
  path: string;
  /** Names of the calls so far, namespace in front, by call id. */
  callNames: Map<string, string>;
  failed: ReadonlySet<string>;
  /** Kinds of things already warned about. */
  warned: Set<string>;
}

/** Warns about one kind of thing once per session. */
export function warnOnce(context: ItemContext, code: string, message: string): void {
  if (context.warned.has(code)) return;
  context.warned.add(code);
  context.world.warn({ code, message, path: context.path });
}

const DATA_URL = /^data:([^;,]+)((?:;[^;,]*)*),/;

/** An `input_image` part as a block; undefined (with a warning) when the picture itself is not in the file. */
export function imageOf(
  part: JsonObject,
  name: string | undefined,
  context: ItemContext,
): ImageBlock | undefined {
  const url = stringOf(part, "image_url") ?? "";
  const match = DATA_URL.exec(url);
  if (match === null || !(match[2] ?? "").includes(";base64")) {
    // Codex itself sends a note in its place.
    warnOnce(context, "image-unavailable", "a picture given by its address only was left out");
    return undefined;
  }
  const data = { base64: url.slice(match[0].length) };
  return {
    type: "image",
    mediaType: (match[1] ?? "").toLowerCase(),
    data,
    ...(name === undefined ? {} : { name }),
  };
}
