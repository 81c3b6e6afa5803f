import type { JsonObject, JsonValue, Line, World } from "casr-cli/provider";
import { arrayAt, isJsonObject, objectAt, stringAt } from "./json.ts";
import { CONTENT_ATTACHMENTS, STATE_RECORDS, isErrorNotice } from "./native.ts";
import { SessionFacts } from "./facts.ts";
import { yieldsOf } from "./yields.ts";
import { RecordTable, type Boundary, type Preserved, type RecordEntry, type RecordKind } from "./table.ts";

/** Where a record stands in its file. */
export interface Place {
  offset: number;
  length: number;
  line: number;
}

/** Everything one pass over a file tells: small per record, nothing per byte. */
export interface RecordIndex {
  records: RecordTable;
  facts: SessionFacts;
  /** `leafUuid` of the newest `last-prompt` record that has one. */
  chosenLeaf?: string;
  total: number;
  malformed: number;
}

/** Log lines of sent requests: most bytes of a file, nothing of the conversation. Not worth parsing. */
const REQUEST_LOG = Buffer.from('{"type":"api-request');

function isRequestLog(line: Line): boolean {
  const { bytes } = line;
  if (bytes.length < REQUEST_LOG.length || bytes[bytes.length - 1] !== 0x7d) return false;
  return REQUEST_LOG.every((byte, index) => bytes[index] === byte);
}

const NO_CALLS: string[] = [];

/** Calls of the service's own tools are not among them: their answers stand in the same response. */
function callIds(record: JsonObject): string[] {
  const content = objectAt(record, "message")?.["content"];
  if (!Array.isArray(content)) return NO_CALLS;
  let ids = NO_CALLS;
  for (const block of content) {
    if (!isJsonObject(block)) continue;
    const { type } = block;
    const id = stringAt(block, type === "tool_result" ? "tool_use_id" : "id");
    if (id === undefined || (type !== "tool_result" && type !== "tool_use")) continue;
    if (ids === NO_CALLS) ids = [id];
    else ids.push(id);
  }
  return ids;
}

function holdsResult(content: JsonValue | undefined): boolean {
  return (
    Array.isArray(content) && content.some((block) => isJsonObject(block) && block["type"] === "tool_result")
  );
}

function kindOf(record: JsonObject): RecordKind {
  switch (record["type"]) {
    case "user":
      return holdsResult(objectAt(record, "message")?.["content"]) ? "result" : "user";
    case "assistant":
      return isErrorNotice(record) ? "other" : "assistant";
    case "system":
      if (record["subtype"] === "compact_boundary") return "boundary";
      // Output drawn for the terminal alone (`/context`): what the model gets stands in a record of its own.
      return record["subtype"] === "local_command" && record["isDisplayOnly"] !== true ? "command" : "other";
    case "attachment":
      return CONTENT_ATTACHMENTS.has(stringAt(objectAt(record, "attachment"), "type") ?? "")
        ? "attachment"
        : "other";
    default:
      return "other";
  }
}

function preservedOf(record: JsonObject): Preserved | undefined {
  const metadata = objectAt(record, "compactMetadata");
  const messages = objectAt(metadata, "preservedMessages");
  const segment = objectAt(metadata, "preservedSegment");
  const anchor = stringAt(messages, "anchorUuid") ?? stringAt(segment, "anchorUuid");
  if (anchor === undefined) return undefined;
  const head = stringAt(segment, "headUuid");
  const tail = stringAt(segment, "tailUuid");
  const listed = arrayAt(messages, "uuids").filter((uuid) => typeof uuid === "string");
  return {
    anchor,
    ...(listed.length === 0 ? {} : { uuids: listed }),
    ...(head === undefined ? {} : { head }),
    ...(tail === undefined ? {} : { tail }),
  };
}

function boundaryOf(record: JsonObject): Boundary {
  const logicalParent = stringAt(record, "logicalParentUuid");
  const preserved = preservedOf(record);
  return {
    ...(logicalParent === undefined ? {} : { logicalParent }),
    ...(preserved === undefined ? {} : { preserved }),
  };
}

function entryOf(
  record: JsonObject,
  line: Line,
  uuid: string,
  { total, malformed }: RecordIndex,
): RecordEntry {
  const kind = kindOf(record);
  const attachment = kind === "attachment" ? stringAt(objectAt(record, "attachment"), "type") : undefined;
  const calls = kind === "assistant" || kind === "result" ? callIds(record) : NO_CALLS;
  return {
    offset: line.offset,
    length: line.bytes.length,
    line: line.number,
    kind,
    uuid,
    parent: stringAt(record, "parentUuid"),
    sidechain: record["isSidechain"] === true,
    messageId: kind === "assistant" ? stringAt(objectAt(record, "message"), "id") : undefined,
    calls,
    boundary: kind === "boundary" ? boundaryOf(record) : undefined,
    queued: attachment === "queued_command",
    hook: attachment?.startsWith("hook_") ?? false,
    prompt: kind === "user" && record["isMeta"] !== true && record["isCompactSummary"] !== true,
    yields: yieldsOf(kind, record, calls.length),
    // Its own line is counted already.
    total: total - 1,
    malformed,
  };
}

const CHAIN_RECORDS: ReadonlySet<string> = new Set(["user", "assistant", "system", "attachment"]);

/** Where an index is begun, with what is known of all that stands before. */
export interface Beginning {
  offset: number;
  /** The number of the first line, from 1. */
  line: number;
  total: number;
  malformed: number;
  facts: SessionFacts;
}

/**
 * Reads a session file once, from `beginning` on, and remembers where its records are. Damaged lines are warned
 * about and counted.
 */
export async function indexRecords(path: string, world: World, beginning?: Beginning): Promise<RecordIndex> {
  const records = new RecordTable();
  const { total = 0, malformed = 0, facts = new SessionFacts(world.toolkit) } = beginning ?? {};
  const index: RecordIndex = { records, facts, total, malformed };
  const unknown = new Set<string>();
  const range = beginning === undefined ? {} : { start: beginning.offset, firstNumber: beginning.line };
  for await (const line of world.files.lines(path, range)) {
    if (line.bytes.length === 0) continue;
    if (isRequestLog(line)) {
      index.total += 1;
      continue;
    }
    const record = world.toolkit.parseJsonLine(line, path);
    if (record === undefined) {
      const blank = line.bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
      if (!blank) {
        index.total += 1;
        index.malformed += 1;
      }
      continue;
    }
    index.total += 1;
    const type = stringAt(record, "type") ?? "";
    if (!CHAIN_RECORDS.has(type) && !STATE_RECORDS.has(type) && !unknown.has(type)) {
      unknown.add(type);
      world.warn({
        code: "unknown-record",
        message: `records of type ${JSON.stringify(type.slice(0, 60))} are not known and left out`,
        path,
        line: line.number,
      });
    }
    if (type === "last-prompt") {
      const leaf = stringAt(record, "leafUuid");
      if (leaf !== undefined) index.chosenLeaf = leaf;
    }
    index.facts.add(record, type);
    const uuid = stringAt(record, "uuid");
    if (uuid !== undefined && uuid !== "") records.add(entryOf(record, line, uuid, index));
  }
  return index;
}
