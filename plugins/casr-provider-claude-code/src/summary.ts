import { basename, dirname, join } from "node:path";
import type { JsonObject, SessionRef, SessionSummary, World } from "casr-cli/provider";
import { SessionFacts } from "./facts.ts";
import { isJsonObject, stringAt } from "./json.ts";
import { SUBAGENT_FILE } from "./paths.ts";

/** Claude Code itself lists sessions from this much of each end of the file. */
const WINDOW_BYTES = 65_536;

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // A line cut by the window, or a damaged one: a listing goes on without it.
    return undefined;
  }
}

async function windowText(path: string, start: number, end: number, world: World): Promise<string> {
  const bytes = await world.files.read(path, { start, end });
  return bytes === undefined
    ? ""
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** Short strings of a record that the end of the window cut through. */
function salvage(line: string): JsonObject {
  const found: JsonObject = {};
  for (const key of ["cwd", "timestamp", "gitBranch", "version", "entrypoint", "sessionId"]) {
    const match = new RegExp(`"${key}":("(?:[^"\\\\]|\\\\.){0,4096}")`).exec(line);
    if (match === null) continue;
    const value = parse(`{"value":${match[1]!}}`)?.["value"];
    if (typeof value === "string") found[key] = value;
  }
  return found;
}

/** The title in the file beside a session that `/rename` and `/branch` write. */
export async function readTitleFile(path: string, world: World): Promise<string | undefined> {
  const file = join(dirname(path), basename(path, ".jsonl"), "custom-title.json");
  const text = await world.files.readText(file);
  const title = text === undefined ? undefined : stringAt(parse(text), "customTitle")?.trim();
  return title === "" ? undefined : title;
}

/** Log lines of sent requests, many and long: nothing of the conversation. */
const REQUEST_LOG = '{"type":"api-request';

/** Shorter lines are parsed: that takes no longer. */
const SHORT_CHARS = 1024;

/** Whether a line holds a tool's result: what it tells besides, the next record of the conversation tells, too. */
function saysNothingNew(line: string, { firstPrompt, workspace, sidechainFirst }: SessionFacts): boolean {
  const isBegun = firstPrompt !== undefined && workspace !== undefined && sidechainFirst !== undefined;
  return isBegun && line.length > SHORT_CHARS && line.includes('"type":"tool_result"');
}

/** What head and tail of a session file tell. */
export async function summaryFacts(path: string, size: number, world: World): Promise<SessionFacts> {
  const facts = new SessionFacts(world.toolkit);
  /** The last result, where no record of the conversation came behind it. */
  let result: string | undefined;
  const add = (line: string): void => {
    const record = parse(line.startsWith("\uFEFF") ? line.slice(1) : line);
    if (record === undefined) return;
    if (typeof record["uuid"] === "string") result = undefined;
    facts.add(record, stringAt(record, "type") ?? "");
  };
  const feed = (lines: string[]): void => {
    for (const line of lines) {
      if (line.startsWith(REQUEST_LOG) && facts.recordedId !== undefined) continue;
      if (saysNothingNew(line, facts)) result = line;
      else add(line);
    }
  };
  const head = (await windowText(path, 0, Math.min(size, WINDOW_BYTES), world)).split("\n");
  const cut = size > WINDOW_BYTES ? head.pop() : undefined;
  feed(head);
  if (cut !== undefined && facts.workspace === undefined) facts.add(salvage(cut), "system");
  if (size > WINDOW_BYTES) {
    const start = Math.max(WINDOW_BYTES, size - WINDOW_BYTES);
    const tail = (await windowText(path, start, size, world)).split("\n");
    // Where the two windows meet, the line that was cut in the head goes on in the tail.
    if (start === WINDOW_BYTES && cut !== undefined) tail[0] = cut + tail[0]!;
    else tail.shift();
    feed(tail);
  }
  if (result !== undefined) add(result);
  return facts;
}

/** What a listing shows of a session. */
export async function summarize(ref: SessionRef, world: World): Promise<SessionSummary> {
  const facts = await summaryFacts(ref.path, ref.sizeBytes, world);
  facts.customTitle ??= await readTitleFile(ref.path, world);
  const { title, nativeName, workspace, gitBranch, startedAt, lastActiveAt, model, lineage } = facts;
  const isSubagent = SUBAGENT_FILE.test(basename(ref.path)) || facts.sidechainFirst === true;
  const hidden = isSubagent
    ? "subagent"
    : facts.entrypoint?.startsWith("sdk-") === true
      ? "headless"
      : undefined;
  return {
    ref,
    ...(title === undefined ? {} : { title }),
    ...(nativeName === undefined ? {} : { nativeName }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(lastActiveAt === undefined ? {} : { lastActiveAt }),
    ...(model === undefined ? {} : { model }),
    ...(gitBranch === undefined ? {} : { gitBranch }),
    ...(lineage === undefined ? {} : { lineage }),
    ...(hidden === undefined ? {} : { hidden }),
  };
}
