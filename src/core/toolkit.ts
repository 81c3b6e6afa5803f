import { hash } from "node:crypto";
import { isJsonObject, type JsonObject, type JsonValue } from "../session/json.ts";
import { flattenContent, normalizeRole, reindexMessages, titleFrom } from "../session/content.ts";
import { formatPatch, parsePatch } from "../session/patch.ts";
import { parseTimestamp } from "../session/time.ts";
import type { Diagnostic, Line, Toolkit, World } from "../provider/world.ts";
import { CasrError, messageOf } from "./errors.ts";
import { fileEnds } from "./file-ends.ts";
import { IdFingerprints } from "./fingerprints.ts";
import { WindowedRecords } from "./record-source.ts";

/** Lower-case hex sha256 of text (as UTF-8) or bytes. */
export function sha256(data: string | Uint8Array): string {
  return hash("sha256", data, "hex");
}

/**
 * A UUID from the sha256 of `seed`, marked as version 5, the one for names: several agents take only versions
 * 1 to 5 for a session's id, and 8, which would be right for this digest, for something else.
 */
export function uuidFrom(seed: string): string {
  const hex = hash("sha256", seed, "hex");
  const variant = "89ab"[Number.parseInt(hex[16]!, 16) & 3]!;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function isBlank(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  return true;
}

function parseJsonLine(
  line: Line,
  path: string,
  warn: (diagnostic: Diagnostic) => void,
): JsonObject | undefined {
  if (isBlank(line.bytes)) return undefined;
  const at = { path, line: line.number };
  let value: JsonValue;
  try {
    value = JSON.parse(line.text()) as JsonValue;
  } catch (error) {
    if (line.terminated)
      warn({ code: "bad-line", message: `not JSON: ${messageOf(error).slice(0, 120)}`, ...at });
    else warn({ code: "torn-line", message: "the last line is incomplete and was left out", ...at });
    return undefined;
  }
  if (isJsonObject(value)) return value;
  warn({ code: "bad-line", message: "not a JSON object", ...at });
  return undefined;
}

/** Members are read when somebody asks for them, as they are in `world`. */
function quiet(world: World): World {
  return Object.create(world, { warn: { value: () => {} } }) as World;
}

/** The helpers every provider gets; `warn` receives what `parseJsonLine` has to say. */
export function createToolkit(warn: (diagnostic: Diagnostic) => void): Toolkit {
  return {
    flattenContent,
    parseTimestamp,
    normalizeRole,
    reindexMessages,
    titleFrom,
    sha256,
    uuidFrom,
    parseJsonLine: (line, path) => parseJsonLine(line, path, warn),
    records: (files, path) => new WindowedRecords(files, path, warn),
    ends: fileEnds,
    fingerprints: (text) => (text === undefined ? new IdFingerprints() : IdFingerprints.from(text)),
    quiet,
    unreadable: (message, path) => new CasrError("source-unreadable", message, { context: { path } }),
    parsePatch,
    formatPatch,
  };
}
