import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, zstdDecompress } from "node:zlib";

/** A request body larger than allowed. */
export class BodyTooLarge extends Error {}

/** A request body whose compression is unknown or broken. */
export class BodyUnreadable extends Error {}

const DECODERS: Record<string, (data: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

/**
 * The bytes of a request body, decompressed. Throws `BodyTooLarge` for more than `limit` bytes as they came,
 * `BodyUnreadable` for an unknown or broken compression, or more than `limit` bytes of content.
 */
export async function readBody(message: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new BodyTooLarge(`request body over ${limit} bytes`);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const encoding = message.headers["content-encoding"];
  if (encoding === undefined || encoding === "identity" || bytes.length === 0) return bytes;
  const decode = DECODERS[encoding];
  if (decode === undefined) throw new BodyUnreadable(`unknown content encoding ${encoding}`);
  return decode(bytes, { maxOutputLength: limit }).catch((cause: unknown) => {
    throw new BodyUnreadable(String(cause), { cause });
  });
}
