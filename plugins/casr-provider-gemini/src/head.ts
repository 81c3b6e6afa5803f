import type { JsonObject, JsonValue, Lineage, World } from "casr-cli/provider";
import { cutContext, workspaceInContext } from "./context.ts";
import { isObject, objectOf, parseJson, stringOf } from "./json.ts";
import { kindOf, messagesIn, partsOf, sniff, textOf } from "./native.ts";
import { usableId } from "./paths.ts";

/** What the first lines of a session file tell. */
export interface Head {
  id: string;
  projectHash: string;
  kind?: string;
  startTime?: JsonValue;
  lastUpdated?: JsonValue;
  summary?: string;
  mark?: JsonValue;
  /** Beginning of the first text a person typed. */
  prompt?: string;
  contextWorkspace?: string;
  /** Something was said: the stub that each resume leaves behind has only the CLI's own context. */
  hasContent: boolean;
}

/** The first words are within a few lines; a head this long without any is taken for a session with content. */
const MAX_LINES = 200;
const MAX_BYTES = 4 * 1024 * 1024;
/** Enough of a pretty-printed file for its id and times. */
const WHOLE_HEAD_BYTES = 64 * 1024;

/** Reads just as many lines as it takes to know a session; undefined when the file is none of Gemini CLI's. */
export async function readHead(path: string, world: World): Promise<Head | undefined> {
  const head = (await headOfLines(path, world)) ?? (await headOfWhole(path, world));
  return head === undefined ? undefined : { ...head, id: usableId(head.id, path) };
}

async function headOfLines(path: string, world: World): Promise<Head | undefined> {
  let head: Head | undefined;
  const waiting: Partial<Head> = {};
  let bytes = 0;
  for await (const line of world.files.lines(path)) {
    bytes += line.bytes.length;
    const start = firstByte(line.bytes);
    if (start === undefined) continue;
    const record = start === OPEN_BRACE ? parseJson(line.text()) : undefined;
    // A first line that is no record: pretty-printed, or not a session at all.
    if (line.number === 1 && !isObject(record)) return undefined;
    if (isObject(record)) {
      const kind = kindOf(record);
      if (kind === "metadata") head = mergedHead(head, metadataHead(record));
      for (const message of kind === "message" ? [record] : (messagesIn(record) ?? []))
        look(message, waiting);
    }
    if (waiting.hasContent === true && head !== undefined) break;
    if (line.number >= MAX_LINES || bytes >= MAX_BYTES) {
      waiting.hasContent ??= true;
      break;
    }
  }
  return head === undefined ? undefined : { ...head, ...waiting };
}

const OPEN_BRACE = 0x7b;

function firstByte(bytes: Uint8Array): number | undefined {
  return bytes.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0d);
}

function metadataHead(record: JsonObject): Head {
  const kind = stringOf(record, "kind");
  const summary = stringOf(record, "summary");
  return {
    id: record["sessionId"] as string,
    projectHash: record["projectHash"] as string,
    hasContent: false,
    ...(kind === undefined ? {} : { kind }),
    ...(summary === undefined || summary === "" ? {} : { summary }),
    ...(record["startTime"] === undefined ? {} : { startTime: record["startTime"] }),
    ...(record["lastUpdated"] === undefined ? {} : { lastUpdated: record["lastUpdated"] }),
    ...(record["casr"] === undefined ? {} : { mark: record["casr"] }),
  };
}

/** Later metadata wins, but for the first start and casr's mark. */
function mergedHead(head: Head | undefined, later: Head): Head {
  const { startTime = later.startTime, mark = later.mark } = head ?? {};
  return {
    ...head,
    ...later,
    ...(startTime === undefined ? {} : { startTime }),
    ...(mark === undefined ? {} : { mark }),
  };
}

/** Notes what a message adds to the head. */
function look(message: JsonValue, head: Partial<Head>): void {
  if (!isObject(message)) return;
  const { type } = message;
  const all = partsOf(message["content"]);
  if (type === "gemini") {
    const calls = message["toolCalls"];
    if (all.length > 0 || (Array.isArray(calls) && calls.length > 0)) head.hasContent = true;
  }
  if (type !== "user") return;
  const workspace = all[0] === undefined ? undefined : workspaceInContext(textOf(all[0]) ?? "");
  if (workspace !== undefined) head.contextWorkspace ??= workspace;
  const { parts } = cutContext(all);
  if (!parts.some((part) => (textOf(part) ?? "media").trim() !== "")) return;
  head.hasContent = true;
  const shown = [...partsOf(message["displayContent"]), ...parts].map(textOf);
  const prompt = shown.find((text) => text !== undefined && text.trim() !== "");
  const marked = objectOf(message, "casr")?.["origin"] !== undefined;
  if (prompt !== undefined && !marked) head.prompt ??= prompt.slice(0, 300);
}

const STRING_FIELD =
  /"(sessionId|projectHash|startTime|lastUpdated|kind|summary)"\s*:\s*("(?:[^"\\]|\\.)*")/gu;

/** Around each entry of the pretty-printed `messages` (0.1.21 to 0.38), told by their indentation. */
const MESSAGE_OPEN = "\n    {\n";
const MESSAGE_CLOSE = "\n    }";

/** A pretty-printed file of the old form: its fields as they stand at the beginning. */
async function headOfWhole(path: string, world: World): Promise<Head | undefined> {
  const bytes = await world.files.read(path, { start: 0, end: WHOLE_HEAD_BYTES });
  if (bytes === undefined) return undefined;
  const text = new TextDecoder().decode(bytes);
  const messagesAt = text.indexOf('"messages"');
  const top = messagesAt === -1 ? text : text.slice(0, messagesAt);
  if (!/^\s*\{/u.test(text)) return undefined;
  const fields: Record<string, string> = {};
  for (const [, key, value] of top.matchAll(STRING_FIELD)) {
    const parsed = parseJson(value!);
    if (typeof parsed === "string") fields[key!] ??= parsed;
  }
  const { sessionId, projectHash = "" } = fields;
  if (sessionId === undefined || messagesAt === -1) return undefined;
  const { hasContent: _none, ...head } = metadataHead({ ...fields, sessionId, projectHash });
  const body = text.slice(messagesAt);
  const found: Partial<Head> = {};
  for (const message of body.split(MESSAGE_OPEN).slice(1)) {
    const end = message.indexOf(MESSAGE_CLOSE);
    if (end !== -1) look(parseJson(`{${message.slice(0, end)}}`) ?? null, found);
    if (end === -1 || found.prompt !== undefined) break;
  }
  // A message too long for the part that was read is no stub.
  const hasContent = found.hasContent ?? /"type"\s*:\s*"(?:user|gemini)"/u.test(body);
  return { ...head, ...found, hasContent };
}

/** What the last lines of a session file tell. */
export interface Tail {
  lastUpdated?: JsonValue;
  summary?: string;
  model?: string;
}

const TAIL_BYTES = 128 * 1024;

/** Looks at the end of a file for the last change of its metadata and the last model. */
export async function readTail(path: string, sizeBytes: number, world: World): Promise<Tail> {
  const start = Math.max(sizeBytes - TAIL_BYTES, 0);
  const tail: Tail = {};
  /** Long answers, where nothing behind them names a model. */
  const answers: string[] = [];
  for await (const line of world.files.lines(path, { start })) {
    // Of a long message nothing but the model of an answer matters here.
    const said = line.bytes.length < SHORT_BYTES ? undefined : sniff(line.bytes)?.type;
    if (said !== undefined) {
      if (said === "gemini") answers.push(line.text());
      continue;
    }
    const record = firstByte(line.bytes) === OPEN_BRACE ? parseJson(line.text()) : undefined;
    if (!isObject(record)) {
      if (line.bytes.length < MAX_FIELD_BYTES) lookAtField(line.text(), tail);
      continue;
    }
    const change = objectOf(record, "$set") ?? (kindOf(record) === "metadata" ? record : undefined);
    const summary = stringOf(change, "summary");
    if (change?.["lastUpdated"] !== undefined) tail.lastUpdated = change["lastUpdated"];
    if (summary !== undefined && summary !== "") tail.summary = summary;
    const model = stringOf(record, "model");
    if (model === undefined) continue;
    tail.model = model;
    answers.length = 0;
  }
  for (let answer = answers.pop(); answer !== undefined; answer = answers.pop()) {
    const model = stringOf(parseJson(answer), "model");
    if (model === undefined) continue;
    tail.model = model;
    break;
  }
  return tail;
}

/** Shorter records are parsed: that takes no longer. */
const SHORT_BYTES = 1024;
const MAX_FIELD_BYTES = 4096;
/** A field of its own line: top-level ones of a pretty-printed file, and the model of a message in it. */
const FIELD_LINE = /^(?: {2}"(summary|lastUpdated)"| {6}"(model)"): (".*"),?$/u;

function lookAtField(line: string, tail: Tail): void {
  const [, top, model, text] = FIELD_LINE.exec(line) ?? [];
  const value = text === undefined ? undefined : parseJson(text);
  if (typeof value !== "string" || value === "") return;
  if (top === "summary") tail.summary = value;
  else if (top === "lastUpdated") tail.lastUpdated = value;
  else if (model !== undefined) tail.model = value;
}

/** casr's mark as lineage; undefined when it is not one. */
export function lineageOf(mark: JsonValue | undefined, world: World): Lineage | undefined {
  const source = objectOf(mark, "source");
  const sourceProvider = stringOf(source, "provider");
  const sourceId = stringOf(source, "id");
  const digest = stringOf(mark, "digest");
  const casrVersion = stringOf(mark, "version");
  const convertedAt = isObject(mark) ? world.toolkit.parseTimestamp(mark["converted_at"]) : undefined;
  if (sourceProvider === undefined || sourceId === undefined || digest === undefined) return undefined;
  if (casrVersion === undefined || convertedAt === undefined) return undefined;
  return { sourceProvider, sourceId, digest, casrVersion, convertedAt };
}
