import type { JsonObject, Line, LinesOptions, World } from "casr-cli/provider";
import { isUnreadable } from "./faults.ts";
import { numberOf, objectOf, stringOf } from "./json.ts";
import { isBlank, sniff, toEnvelope, type Envelope } from "./native.ts";
import { baseName, parseRolloutName } from "./paths.ts";
import { findRollout, statRollout } from "./store.ts";

/** A file, or the first part of one, that a session is made of. */
export interface Segment {
  path: string;
  /** Lines from this ordinal on belong to another thread. */
  endOrdinal?: number;
  /** Byte offset (of the uncompressed file) of the first line that belongs to another thread. */
  endOffset?: number;
  /** False for files of the threads this one was forked from. */
  own: boolean;
}

/** How many lines are looked at for a `session_meta`. Codex itself wants it first. */
const META_LINES = 10;

export function linesOptions(path: string): LinesOptions {
  return path.endsWith(".zst") ? { compression: "zstd" } : {};
}

/**
 * The first `session_meta` line of a file; a fork's copies of its parent's come behind it. Undefined also
 * when the file cannot be read: whoever needs its content will be told then.
 */
export async function firstMeta(path: string, world: World): Promise<Envelope | undefined> {
  try {
    for await (const line of world.files.lines(path, linesOptions(path))) {
      if (line.number > META_LINES) return undefined;
      const envelope = quietEnvelope(line);
      if (envelope?.type === "session_meta") return envelope;
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  return undefined;
}

/** The envelope of a line without a warning when it is damaged. */
export function quietEnvelope(line: Line): Envelope | undefined {
  if (isBlank(line)) return undefined;
  try {
    const value: unknown = JSON.parse(line.text());
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? toEnvelope(value as JsonObject)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The id in a `session_meta` payload, in lower case; undefined when it could be more than an id. */
export function metaId(payload: JsonObject): string | undefined {
  const id = stringOf(payload, "id");
  return id !== undefined && /^[\w-]{1,64}$/.test(id) ? id.toLowerCase() : undefined;
}

/**
 * The files of a session, the oldest ancestor first. A fork of a paginated thread, and a thread that went
 * back to an earlier prompt, go on in a file that holds only what came after; `history_base` says how much
 * of which file comes before (codex-cli 0.151 to 0.169.0). `meta` is the session's own, with the time at
 * which its first file was begun.
 */
export async function segmentsOf(
  path: string,
  world: World,
): Promise<{ meta: Envelope | undefined; segments: Segment[] }> {
  const last = await firstMeta(path, world);
  const id = metaId(last?.payload ?? {});
  const segments: Segment[] = [{ path, own: true }];
  const seen = new Set<string>([parseRolloutName(baseName(path))?.rollout ?? id ?? path]);
  let meta = last;
  let payload = last?.payload;
  for (;;) {
    const base = objectOf(payload, "history_base");
    const parent = stringOf(base, "thread_id")?.toLowerCase();
    if (base === undefined || parent === undefined) break;
    if (seen.has(parent)) {
      world.warn({
        code: "history-loop",
        message: `the beginning of this session, ${parent}, leads back to itself`,
        path,
      });
      break;
    }
    seen.add(parent);
    const file = await findRollout(parent, world);
    const found = file === undefined ? undefined : await statRollout(file.path, world);
    if (found === undefined) {
      world.warn({
        code: "missing-file",
        message: `the file ${parent} that holds the beginning of this session is gone`,
        path,
      });
      break;
    }
    const endOrdinal = numberOf(base, "end_ordinal_exclusive");
    const endOffset = numberOf(base, "end_byte_offset");
    payload = (await firstMeta(found.path, world))?.payload;
    const own = segments[0]!.own && id !== undefined && metaId(payload ?? {}) === id;
    segments.unshift({
      path: found.path,
      ...(endOrdinal === undefined ? {} : { endOrdinal }),
      ...(endOffset === undefined ? {} : { endOffset }),
      own,
    });
    const begun = payload?.["timestamp"];
    if (own && last !== undefined && begun !== undefined)
      meta = { ...last, payload: { ...last.payload, timestamp: begun } };
  }
  return { meta, segments };
}

/** A line of a session; `record` counts lines over all its files. */
export interface SessionLine {
  record: number;
  line: Line;
  segment: Segment;
}

/** A line of the first file to begin at: its byte offset, and how many lines stand before it. */
export interface LinesStart {
  offset: number;
  record: number;
}

/**
 * All lines of the segments, in order, or those from `start` on. A file that breaks off within its compression
 * ends there, once something of it was read; `torn` is told.
 */
export async function* sessionLines(
  segments: Segment[],
  world: World,
  start?: LinesStart,
  torn?: (path: string) => void,
): AsyncIterable<SessionLine> {
  let record = start?.record ?? 0;
  const from = start === undefined ? {} : { start: start.offset, firstNumber: start.record + 1 };
  for (const segment of segments) {
    const before = record;
    try {
      for await (const line of world.files.lines(segment.path, {
        ...linesOptions(segment.path),
        ...from,
      })) {
        if (segment.endOffset !== undefined && line.offset >= segment.endOffset) break;
        if (segment.endOrdinal !== undefined && (ordinalOf(line) ?? -1) >= segment.endOrdinal) break;
        yield { record: record++, line, segment };
      }
    } catch (error) {
      if (!isUnreadable(error) || record === before || !segment.path.endsWith(".zst")) throw error;
      torn?.(segment.path);
    }
  }
}

function ordinalOf(line: Line): number | undefined {
  return sniff(line.bytes)?.ordinal ?? quietEnvelope(line)?.ordinal;
}
