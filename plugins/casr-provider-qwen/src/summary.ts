import type { JsonObject, Line, SessionRef, SessionSummary, World } from "casr-cli/provider";
import { SessionFacts } from "./facts.ts";
import { isBlank, recordsOf } from "./lines.ts";
import { RECORD_TYPES } from "./native.ts";
import { LEGACY_FILE, placeOf, stemOf } from "./paths.ts";
import { legacyFacts } from "./legacy.ts";

/** The CLI's own list looks at ten records and the last 64 KiB. */
const HEAD_LINES = 10;
const HEAD_BYTES = 4 * 1024 * 1024;
const TAIL_BYTES = 64 * 1024;

/** Shorter lines are parsed: that takes no longer. */
const SHORT_BYTES = 1024;
const RESULT = '"type":"tool_result"';

const bufferOf = ({ buffer, byteOffset, length }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, length);

/** Whether a record is one of Qwen Code's: Claude Code's have the same fields, but no `parts`. */
function isOwnRecord(record: JsonObject): boolean {
  const { uuid, parentUuid, sessionId, type, message } = record;
  if (typeof uuid !== "string" || typeof sessionId !== "string" || parentUuid === undefined) return false;
  if (typeof type !== "string" || !RECORD_TYPES.has(type)) return false;
  if (type === "system")
    return typeof record["subtype"] === "string" && record["systemPayload"] !== undefined;
  return typeof message === "object" && message !== null && "parts" in message;
}

/** What the first and the last lines of a file tell. `own` is false when none of the first is a record of Qwen Code's. */
export async function factsOf(
  path: string,
  sizeBytes: number,
  world: World,
): Promise<{ facts: SessionFacts; own: boolean }> {
  const facts = new SessionFacts(world.toolkit);
  let own = false;
  let end = 0;
  /** The last line, where it is a tool's result: what it tells besides, the next line tells, too. */
  let result: Buffer | undefined;
  const add = (text: string): void => {
    for (const record of recordsOf(text)) {
      result = undefined;
      facts.add(record);
      own ||= isOwnRecord(record);
    }
  };
  const isBegun = (): boolean => own && facts.workspace !== undefined && facts.startedAt !== undefined;
  const feed = (line: Line): void => {
    // Its bytes are another line's later: only what is kept is copied.
    const { bytes } = line;
    const isResult = bytes.length > SHORT_BYTES && isBegun() && bufferOf(bytes).includes(RESULT);
    if (isResult) result = Buffer.from(bytes);
    else add(line.text());
  };
  for await (const line of world.files.lines(path)) {
    end = line.offset + line.bytes.length;
    if (!isBlank(line)) feed(line);
    if (line.number >= HEAD_LINES || end >= HEAD_BYTES) break;
  }
  const start = Math.max(end, sizeBytes - TAIL_BYTES);
  if (start < sizeBytes) {
    for await (const line of world.files.lines(path, { start })) {
      // The first line is most likely cut; a JSON object has to begin it.
      if (line.bytes[0] === 0x7b) feed(line);
    }
  }
  if (result !== undefined) add(result.toString("utf8"));
  return { facts, own };
}

/** What a listing shows, from the head and the tail of the file. */
export async function summarize(ref: SessionRef, world: World): Promise<SessionSummary> {
  const isLegacy = LEGACY_FILE.test(`${stemOf(ref.path)}.json`) && ref.path.endsWith(".json");
  const facts = isLegacy
    ? await legacyFacts(ref.path, ref.modifiedAt, world)
    : (await factsOf(ref.path, ref.sizeBytes, world)).facts;
  const { title, name, workspace, startedAt, lastActiveAt, model, branch, lineage } = facts;
  const place = placeOf(ref.path);
  const isHelper = place.parentId !== undefined || facts.isHelper;
  const hidden = isHelper ? "subagent" : place.archived ? "archived" : undefined;
  return {
    ref,
    ...(title === undefined ? {} : { title }),
    ...(name === undefined ? {} : { nativeName: name }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(lastActiveAt === undefined ? {} : { lastActiveAt }),
    ...(model === undefined ? {} : { model }),
    ...(branch === undefined ? {} : { gitBranch: branch }),
    ...(lineage === undefined ? {} : { lineage }),
    ...(hidden === undefined ? {} : { hidden }),
  };
}
