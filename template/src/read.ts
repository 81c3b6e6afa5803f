import type {
  Block,
  History,
  JsonObject,
  Lineage,
  Message,
  Reader,
  SessionHeader,
  SessionReading,
  SessionRef,
  SessionSummary,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import { detect, discover, identify, locate } from "./discover.ts";
import { isObject, partFrom, readHead, type Head, type Part } from "./native.ts";
import { toCanonical } from "./tools.ts";

const ORIGINS = ["person", "injected", "compaction", "command"] as const;

/** The head of a session. Throws `source-unreadable` when there is none. */
async function headOf(ref: SessionRef, world: World): Promise<Head> {
  const head = await readHead(ref.path, world);
  if (head !== undefined) return head;
  throw world.toolkit.unreadable(`${ref.path} does not begin with the head of a session`, ref.path);
}

/** casr's own mark, see write.ts. */
function lineageFrom(mark: JsonObject | undefined, world: World): Lineage | undefined {
  const source = mark?.["source"];
  if (mark === undefined || !isObject(source)) return undefined;
  const { digest, version } = mark;
  const { provider, id } = source;
  const convertedAt = world.toolkit.parseTimestamp(mark["converted_at"]);
  if (typeof provider !== "string" || typeof id !== "string" || convertedAt === undefined) return undefined;
  if (typeof digest !== "string" || typeof version !== "string") return undefined;
  return { sourceProvider: provider, sourceId: id, digest, casrVersion: version, convertedAt };
}

/** What head, summary and header have in common. */
function factsOf(
  head: Head,
  world: World,
): Pick<SessionHeader, "title" | "workspace" | "startedAt" | "lineage"> {
  const { title, workspace, created, casr } = head;
  const startedAt = world.toolkit.parseTimestamp(created);
  const lineage = lineageFrom(casr, world);
  return {
    ...(title === undefined ? {} : { title }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(lineage === undefined ? {} : { lineage }),
  };
}

async function summarize(ref: SessionRef, world: World): Promise<SessionSummary> {
  return { ref, lastActiveAt: ref.modifiedAt, ...factsOf(await headOf(ref, world), world) };
}

function resultFrom(part: Extract<Part, { type: "result" }>): ToolResultBlock {
  const content = part.output
    .map(blockFrom)
    .filter((block) => block.type === "text" || block.type === "image");
  const exitCode = part.exit === undefined ? {} : { exitCode: part.exit };
  return { type: "tool_result", callId: part.id, content, isError: part.failed, ...exitCode };
}

function blockFrom(part: Part): Block {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text };
    case "summary":
      return { type: "compaction", summary: part.text };
    case "thinking":
      return { type: "reasoning", text: part.text };
    case "image":
      return { type: "image", mediaType: part.mime, data: { base64: part.data } };
    case "call": {
      const tool = toCanonical(part.tool, part.args);
      const call = { type: "tool_call" as const, id: part.id, name: part.tool, input: part.args };
      return tool === undefined ? call : { ...call, tool };
    }
    case "result":
      return resultFrom(part);
  }
}

function messageFrom(record: JsonObject, index: number, world: World): Message | undefined {
  const { role, time, origin, parts } = record;
  if (record["type"] !== "message" || typeof role !== "string" || role === "" || !Array.isArray(parts))
    return undefined;
  const content = parts
    .map(partFrom)
    .filter((part) => part !== undefined)
    .map(blockFrom);
  if (content.length === 0) return undefined;
  const timestamp = world.toolkit.parseTimestamp(time);
  const known = ORIGINS.find((word) => word === origin);
  return {
    index,
    role: world.toolkit.normalizeRole(role),
    content,
    inContext: true,
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(known === undefined ? {} : { origin: known }),
  };
}

/** The records behind the head; damaged lines are warned of by `parseJsonLine`, with file and line. */
async function* records(ref: SessionRef, world: World, onDamage: () => void): AsyncIterable<JsonObject> {
  for await (const line of world.files.lines(ref.path)) {
    world.signal.throwIfAborted();
    if (line.number === 1) continue;
    const record = world.toolkit.parseJsonLine(line, ref.path);
    if (record !== undefined) yield record;
    else if (line.text().trim() !== "") onDamage();
  }
}

async function* messages(ref: SessionRef, world: World, _history: History): AsyncIterable<Message> {
  const unknown = new Set<string>();
  let index = 0;
  for await (const record of records(ref, world, () => {})) {
    const message = messageFrom(record, index, world);
    if (message !== undefined) {
      index += 1;
      yield message;
      continue;
    }
    const type = String(record["type"]);
    if (type === "message" || unknown.has(type)) continue;
    unknown.add(type);
    world.warn({ code: "unknown-record", message: `records of type ${type} are left out`, path: ref.path });
  }
}

async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  const head = await headOf(ref, world);
  const counts = { total: 1, malformed: 0 };
  for await (const _ of records(ref, world, () => (counts.malformed += 1))) counts.total += 1;
  counts.total += counts.malformed;
  return {
    header: {
      id: ref.id,
      provider: "sampleagent",
      ...factsOf(head, world),
      metadata: {},
      sourcePath: ref.path,
    },
    messages: ({ history }) => messages(ref, world, history),
    records: counts,
  };
}

export const reader: Reader = { detect, discover, locate, identify, summarize, read };
