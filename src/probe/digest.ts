import { createHash } from "node:crypto";
import type { WireImage } from "./types.ts";

/** sha256 of a text or of bytes, in hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** The image that base64 text stands for. */
export function imageFromBase64(mediaType: string, base64: string): WireImage {
  const bytes = Buffer.from(base64, "base64");
  return { mediaType, digest: sha256(bytes), bytes: bytes.length };
}

/** The image behind a URL: decoded for a base64 data URL, else known by the URL alone. */
export function imageFromUrl(url: string): WireImage {
  const match = /^data:([^;,]*)((?:;[^;,]*)*),/.exec(url);
  if (match === null) return { mediaType: "", digest: sha256(url), bytes: 0 };
  const mediaType = match[1] ?? "";
  const data = url.slice(match[0].length);
  if (match[2]?.includes(";base64")) return imageFromBase64(mediaType, data);
  const bytes = Buffer.from(percentDecoded(data));
  return { mediaType, digest: sha256(bytes), bytes: bytes.length };
}

/** A text with a stray percent sign is no valid URL, but somebody sent it. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
