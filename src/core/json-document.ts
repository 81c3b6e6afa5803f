import type { JsonValue } from "../session/json.ts";
import type { Diagnostic, Files, JsonDocument, JsonDocumentOptions, JsonItem } from "../provider/world.ts";
import { JsonScan, type Span } from "./json-scan.ts";

const WINDOW_BYTES = 1024 * 1024;
/** A longer value could not become a string. */
const MAX_VALUE_BYTES = 256 * 1024 * 1024;
const MAX_MEMBER_BYTES = 1024 * 1024;

function parsed(bytes: Uint8Array): JsonValue | undefined {
  try {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
    return JSON.parse(text) as JsonValue;
  } catch {
    // Its place is known: who asks for it tells that it is damaged.
    return undefined;
  }
}

/**
 * Goes through the JSON file at `path` once and notes where its values are. Undefined when there is no such file,
 * or no array or object in it. One of which a part is missing or damaged gives what stands before, with a warning
 * that names file and offset.
 */
export async function openJson(
  files: Pick<Files, "stat" | "read">,
  path: string,
  options: JsonDocumentOptions,
  signal: AbortSignal,
  warn: (diagnostic: Diagnostic) => void,
): Promise<JsonDocument | undefined> {
  const stat = await files.stat(path);
  if (stat?.kind !== "file") return undefined;
  const scan = new JsonScan(options.lists);
  const size = Math.min(stat.size, options.end ?? stat.size);
  while (scan.offset < size && !scan.done) {
    signal.throwIfAborted();
    const range = { start: scan.offset, end: Math.min(scan.offset + WINDOW_BYTES, size) };
    const bytes = await files.read(path, range);
    if (bytes === undefined || bytes.length === 0) break;
    scan.feed(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  }
  const { root, closed, damagedAt } = scan;
  if (root !== "object" && root !== "array") return undefined;
  // Who looks at the head alone is told when all of it is read.
  if (!closed && options.end === undefined) {
    const where = damagedAt === undefined ? "ends too early" : "is damaged";
    const message = `the JSON ${where}, at byte ${damagedAt ?? scan.offset}: what stands before was kept`;
    warn({ code: "torn-file", message, path });
  }

  const valueAt = async (
    name: string,
    { start, end }: Span,
    limit: number,
  ): Promise<JsonValue | undefined> => {
    if (end - start > limit) return undefined;
    const bytes = await files.read(path, { start, end });
    const value = bytes?.length === end - start ? parsed(bytes) : undefined;
    if (value === undefined) {
      const message = `the member ${JSON.stringify(name.slice(0, 60))} at byte ${start} is not JSON`;
      warn({ code: "bad-member", message, path });
    }
    return value;
  };

  /** Reads as many neighbouring items at once as fit into a window. */
  async function* items(list: string, from = 0, to = Number.POSITIVE_INFINITY): AsyncIterable<JsonItem> {
    const spans = scan.lists.get(list);
    if (spans === undefined) return;
    const last = Math.min(to, spans.length);
    let next = from;
    while (next < last) {
      signal.throwIfAborted();
      const first = next;
      const { start, end } = spans.at(first);
      let through = end;
      next += 1;
      while (next < last && spans.at(next).end - start <= WINDOW_BYTES) through = spans.at(next++).end;
      if (through - start > MAX_VALUE_BYTES) {
        const message = `a value of ${through - start} bytes at byte ${start} is too long to read`;
        warn({ code: "long-value", message, path });
        yield { position: first, start, end, value: undefined };
        continue;
      }
      let bytes = await files.read(path, { start, end: through });
      for (let position = first; position < next; position += 1) {
        const span = spans.at(position);
        const own = bytes?.subarray(span.start - start, span.end - start);
        const value = own?.length === span.end - span.start ? parsed(own) : undefined;
        // A value can be as long as all memory allows: its bytes need not live while somebody works with it.
        if (position === next - 1) bytes = undefined;
        yield { position, ...span, value };
      }
    }
  }

  return {
    root,
    complete: closed,
    names: [...scan.members.keys()],
    count: (list) => scan.lists.get(list)?.length,
    async member(name, maxBytes = MAX_MEMBER_BYTES) {
      const span = scan.members.get(name);
      return span === undefined ? undefined : valueAt(name, span, Math.min(maxBytes, MAX_VALUE_BYTES));
    },
    items,
  };
}
