import type { DocumentBlock, ImageBlock, JsonObject, World } from "casr-cli/provider";
import { stringOf } from "./json.ts";

/** Attachments whose text stands beside them; the agent sends nothing of them. */
const NOT_SENT: ReadonlySet<string> = new Set(["text/plain", "application/x-directory"]);

const DATA_URL = /^data:[^,]*?(;base64)?,/i;

/** The base64 text of a `data:` URL; undefined for other URLs. */
function base64Of(url: string): string | undefined {
  const match = DATA_URL.exec(url);
  if (match === null) return undefined;
  const body = url.slice(match[0].length);
  if (match[1] !== undefined) return body;
  try {
    return Buffer.from(decodeURIComponent(body)).toString("base64");
  } catch {
    return undefined;
  }
}

/** The image or document of a `file` part; undefined for what is not sent or not stored. */
export function fileBlock(
  data: JsonObject,
  path: string,
  world: World,
): ImageBlock | DocumentBlock | undefined {
  const mediaType = stringOf(data, "mime") ?? "";
  const url = stringOf(data, "url") ?? "";
  if (NOT_SENT.has(mediaType) || mediaType === "") return undefined;
  const base64 = base64Of(url);
  if (base64 === undefined || base64 === "") {
    const name = stringOf(data, "filename") ?? mediaType;
    world.warn({
      code: "missing-file",
      message: `the attachment ${JSON.stringify(name)} is not in the store`,
      path,
    });
    return undefined;
  }
  const name = stringOf(data, "filename");
  const type = mediaType.startsWith("image/") ? "image" : "document";
  return { type, mediaType, data: { base64 }, ...(name === undefined ? {} : { name }) };
}

/** A `file` part's fields for an image or document. */
export function filePart(block: ImageBlock | DocumentBlock, base64: string): JsonObject {
  const { mediaType, name } = block;
  return {
    type: "file",
    mime: mediaType,
    ...(name === undefined ? {} : { filename: name }),
    url: `data:${mediaType};base64,${base64}`,
  };
}
