import type { BinarySource, Block, DocumentBlock, ImageBlock, JsonObject } from "casr-cli/provider";
import type { EventIndex } from "./events.ts";
import { arrayAt, numberAt, objectAt, objectsIn, stringAt } from "./json.ts";

type Assets = EventIndex["assets"];

/** The bytes an attachment or a binary result holds, or refers to. */
function bytesOf(item: JsonObject, assets: Assets): { mediaType: string; data: BinarySource } | undefined {
  const mediaType = stringAt(item, "mimeType");
  const inline = stringAt(item, "data");
  if (mediaType !== undefined && mediaType !== "" && inline !== undefined && inline !== "")
    return { mediaType, data: { base64: inline } };
  const asset = stringAt(item, "assetId");
  return asset === undefined ? undefined : assets.get(asset);
}

function named(item: JsonObject): { name?: string } {
  const name = stringAt(item, "displayName");
  return name === undefined || name === "" ? {} : { name };
}

/** The pictures of a tool's result that are meant for the model. */
export function resultImages(result: JsonObject | undefined, assets: Assets): ImageBlock[] {
  return objectsIn(result?.["binaryResultsForLlm"]).flatMap((item): ImageBlock[] => {
    const bytes = bytesOf(item, assets);
    return bytes !== undefined && bytes.mediaType.startsWith("image/") ? [{ type: "image", ...bytes }] : [];
  });
}

/** A text file given as bytes, the way the CLI sends it. */
function attachedText(item: JsonObject, mediaType: string, data: BinarySource): Block[] {
  if (!("base64" in data)) return [];
  const text = Buffer.from(data.base64, "base64").toString("utf8");
  const name = stringAt(item, "displayName");
  const tag = `<attachment mimeType="${mediaType}"${name === undefined ? "" : ` name="${name}"`}>`;
  return [{ type: "text", text: `${tag}\n${text}\n</attachment>` }];
}

/**
 * Pictures and documents attached to a prompt. A document is sent as such only where the model of the time took
 * its type (`supportedNativeDocumentMimeTypes`); `casr.documents` says that casr wrote it as a document.
 */
export function attachedBlocks(data: JsonObject, assets: Assets): Block[] {
  const native = arrayAt(data, "supportedNativeDocumentMimeTypes");
  const ours = objectAt(data, "casr")?.["documents"] === true;
  return objectsIn(data["attachments"]).flatMap((item): Block[] => {
    if (item["type"] !== "blob" && item["type"] !== "file") return [];
    const bytes = bytesOf(item, assets);
    if (bytes === undefined) return [];
    const { mediaType } = bytes;
    if (mediaType.startsWith("image/"))
      return [{ type: "image", ...bytes, ...named(item) } satisfies ImageBlock];
    const isText = mediaType.startsWith("text/");
    if (ours || (native.includes(mediaType) && !isText))
      return [{ type: "document", ...bytes, ...named(item) } satisfies DocumentBlock];
    if (isText && item["type"] === "blob") return attachedText(item, mediaType, bytes.data);
    // Of all others the model gets the name.
    const { name } = named(item);
    return name === undefined || item["type"] !== "blob" ? [] : [{ type: "text", text: name }];
  });
}

/** What the CLI appends to a prompt for files, folders and GitHub items that were named with it (1.0.102). */
export function referenceText(data: JsonObject): string {
  const files: string[] = [];
  const references: string[] = [];
  for (const item of objectsIn(data["attachments"])) {
    const line = stringAt(item, "taggedFilesEntry");
    if ((item["type"] === "file" || item["type"] === "directory") && line !== undefined) files.push(line);
    if (item["type"] === "github_reference") references.push(reference(item));
  }
  const part = (tag: string, lines: string[]): string =>
    lines.length === 0 ? "" : `\n\n\n\n<${tag}>\n${lines.join("\n")}\n</${tag}>`;
  return part("tagged_files", files) + part("github_references", references);
}

function reference(item: JsonObject): string {
  const word = (key: string): string => stringAt(item, key) ?? "";
  const number = numberAt(item, "number") ?? "";
  return `#${number} - ${word("title")} [${word("referenceType")}] [${word("state")}] (${word("url")})`;
}
