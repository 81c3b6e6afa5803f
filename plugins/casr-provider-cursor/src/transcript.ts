import type { JsonObject, Message, SessionRef, SessionSummary, World } from "casr-cli/provider";
import { AgentMessages } from "./agent-read.ts";
import { userTexts } from "./agent-text.ts";
import { isObject, objectOf, objectsOf, stringOf } from "./json.ts";
import { SLUG, USABLE_ID } from "./native.ts";
import { agentFolders, baseName, folderOf, join } from "./paths.ts";
import { textRecords } from "./transcript-text.ts";

/** The later form first: where both are there, it holds more. */
const ENDINGS = [".jsonl", ".txt"];
const ENDING = /\.(?:jsonl|txt)$/iu;
const TEXT = /\.txt$/iu;
const HEAD_LINES = 20;

/** Readable copies of conversations (`projects/<folder>/agent-transcripts`), without the answers of tools. */
export async function transcripts(world: World): Promise<SessionRef[]> {
  const refs: SessionRef[] = [];
  for (const folder of agentFolders(world)) {
    const projects = join(folder, "projects");
    for (const project of await world.files.list(projects)) {
      if (project.kind !== "directory") continue;
      world.signal.throwIfAborted();
      const root = join(projects, project.name, "agent-transcripts");
      const byId = new Map<string, SessionRef>();
      for (const entry of await world.files.list(root)) {
        const names = ENDINGS.map((ending) => join(entry.name, `${entry.name}${ending}`));
        for (const name of entry.kind === "directory" ? names : [entry.name]) {
          const path = join(root, name);
          const ref = ENDING.test(path) ? await refOf(path, world) : undefined;
          if (ref !== undefined && (!TEXT.test(path) || !byId.has(ref.id))) byId.set(ref.id, ref);
        }
      }
      refs.push(...byId.values());
    }
  }
  return refs;
}

async function refOf(path: string, world: World): Promise<SessionRef | undefined> {
  const id = baseName(path).replace(ENDING, "");
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file" || stat.size === 0 || !USABLE_ID.test(id)) return undefined;
  return { provider: SLUG, id, path, sizeBytes: stat.size, modifiedAt: stat.mtimeMs };
}

/** The transcript at `path`: one in a folder of that name, or a file whose first record looks like one. */
export async function identifyTranscript(path: string, world: World): Promise<SessionRef | undefined> {
  const ref = await refOf(path, world);
  if (ref === undefined) return undefined;
  const folder = folderOf(path);
  const named = [folder, folderOf(folder)].some((one) => baseName(one) === "agent-transcripts");
  if (!named) return undefined;
  for await (const record of records(path, world)) return isRecord(record) ? ref : undefined;
  return undefined;
}

function isRecord(record: JsonObject): boolean {
  const { role } = record;
  return (role === "user" || role === "assistant") && isObject(record["message"]);
}

async function* records(path: string, world: World): AsyncIterable<JsonObject> {
  if (TEXT.test(path)) {
    yield* textRecords(path, world);
    return;
  }
  for await (const line of world.files.lines(path)) {
    world.signal.throwIfAborted();
    const record = world.toolkit.parseJsonLine(line, path);
    if (record !== undefined) yield record;
  }
}

/** A transcript's record in the shape of a stored message. Redacted texts stand for nothing. */
function stored(record: JsonObject, line: number): JsonObject {
  const parts = objectsOf(objectOf(record, "message"), "content").map((part, index): JsonObject => {
    const text = stringOf(part, "text");
    if (text !== undefined) return { ...part, text: text.replace(/\s*\[REDACTED\]\s*$/u, "") };
    if (part["type"] !== "tool_use") return part;
    const id = stringOf(part, "id") ?? `call_${line}_${index}`;
    return { type: "tool-call", toolCallId: id, toolName: part["name"] ?? "", args: part["input"] ?? {} };
  });
  return { role: record["role"] ?? "", content: parts };
}

/** The messages of a transcript. What tools answered is not in it, or in few places of the older ones. */
export async function* transcriptMessages(path: string, world: World): AsyncIterable<Message> {
  const messages = new AgentMessages(path, world);
  let line = 0;
  for await (const record of records(path, world)) {
    line += 1;
    if (isRecord(record)) yield* messages.of(stored(record, line));
    else if (TEXT.test(path)) yield* messages.of(record);
  }
}

/** How many records there are. */
export async function transcriptRecords(
  path: string,
  world: World,
): Promise<{ total: number; malformed: number }> {
  const count = { total: 0, malformed: 0 };
  if (TEXT.test(path)) {
    for await (const _record of textRecords(path, world)) count.total += 1;
    return count;
  }
  for await (const line of world.files.lines(path)) {
    if (line.bytes.every((byte) => byte === 0x20 || byte === 0x0d)) continue;
    count.total += 1;
    const record = world.toolkit.parseJsonLine(line, path);
    if (record === undefined || !isRecord(record)) count.malformed += 1;
  }
  return count;
}

/** What a listing shows: the first prompt as title. The name of the folder does not tell the workspace exactly. */
export async function summarizeTranscript(ref: SessionRef, world: World): Promise<SessionSummary> {
  let seen = 0;
  for await (const record of records(ref.path, world)) {
    seen += 1;
    if (seen > HEAD_LINES) break;
    if (record["role"] !== "user") continue;
    for (const part of objectsOf(objectOf(record, "message"), "content")) {
      const said = userTexts(stringOf(part, "text") ?? "").find(({ origin }) => origin === "person");
      const title = world.toolkit.titleFrom(said?.text ?? "");
      if (title !== undefined) return { ref, title, lastActiveAt: Math.trunc(ref.modifiedAt) };
    }
  }
  return { ref, lastActiveAt: Math.trunc(ref.modifiedAt) };
}
