import type { Diagnostic, Line } from "../provider/world.ts";

const LF = 0x0a;
const CR = 0x0d;
const BOM_BYTES = 3;

function startsWithBom(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** A line longer than this many bytes is passed over with a warning: it could not become a string. */
const MAX_LINE_BYTES = 512 * 1024 * 1024 - 1024;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

class LineView implements Line {
  readonly number: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly terminated: boolean;

  constructor(number: number, offset: number, bytes: Uint8Array, terminated: boolean) {
    this.number = number;
    this.offset = offset;
    this.bytes = bytes;
    this.terminated = terminated;
  }

  text(): string {
    return decoder.decode(this.bytes);
  }
}

/** Where reading starts: offset and line number of the first byte of `chunks`. */
export interface LineStart {
  offset: number;
  number: number;
}

/**
 * Splits a stream of byte chunks into lines. Only bytes of an unfinished line are copied; a line inside
 * one chunk is a view of it. A chunk may be reused by the source as soon as the next one is asked for.
 */
export async function* splitLines(
  chunks: AsyncIterable<Buffer>,
  start: LineStart,
  warn: (diagnostic: Diagnostic) => void,
): AsyncIterable<Line> {
  let number = start.number;
  let lineOffset = start.offset;
  let held: Buffer[] = [];
  let heldBytes = 0;

  const finish = (tail: Buffer, terminated: boolean): Line | undefined => {
    const length = heldBytes + tail.length;
    const oversized = length > MAX_LINE_BYTES;
    let bytes = heldBytes === 0 ? tail : oversized ? tail : Buffer.concat([...held, tail], length);
    const offset = lineOffset;
    const current = number;
    held = [];
    heldBytes = 0;
    lineOffset = offset + length + (terminated ? 1 : 0);
    number += 1;
    if (oversized) {
      warn({ code: "long-line", message: `a line of ${length} bytes is too long to read`, line: current });
      return undefined;
    }
    if (terminated && bytes[bytes.length - 1] === CR) bytes = bytes.subarray(0, -1);
    return offset === 0 && startsWithBom(bytes)
      ? new LineView(current, offset + BOM_BYTES, bytes.subarray(BOM_BYTES), terminated)
      : new LineView(current, offset, bytes, terminated);
  };

  for await (const chunk of chunks) {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(LF, from);
      if (end === -1) break;
      const line = finish(chunk.subarray(from, end), true);
      if (line !== undefined) yield line;
      from = end + 1;
    }
    if (from < chunk.length) {
      const rest = chunk.subarray(from);
      heldBytes += rest.length;
      // Past the limit nothing is kept: the bytes are only counted.
      if (heldBytes <= MAX_LINE_BYTES) held.push(Buffer.from(rest));
      else held = [];
    }
  }
  if (heldBytes > 0) {
    const last = finish(Buffer.alloc(0), false);
    if (last !== undefined) yield last;
  }
}
