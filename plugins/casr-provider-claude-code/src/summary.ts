import { basename, dirname, join } from "node:path";
import type { EndLine, JsonObject, SessionRef, SessionSummary, World } from "casr-cli/provider";
import { SessionFacts } from "./facts.ts";
import { isJsonObject, stringAt } from "./json.ts";
import { SUBAGENT_FILE } from "./paths.ts";

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Cut off, or damaged: a listing goes on without it.
    return undefined;
  }
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
const SHORT_BYTES = 1024;

/** Whether a line holds a tool's result: what it tells besides, the next record of the conversation tells, too. */
function saysNothingNew(line: EndLine, { firstPrompt, workspace, sidechainFirst }: SessionFacts): boolean {
  const isBegun = firstPrompt !== undefined && workspace !== undefined && sidechainFirst !== undefined;
  return isBegun && line.size > SHORT_BYTES && line.includes('"type":"tool_result"');
}

/** What head and tail of a session file tell. */
export async function summaryFacts(path: string, size: number, world: World): Promise<SessionFacts> {
  const facts = new SessionFacts(world.toolkit);
  const ends = await world.toolkit.ends(world.files, path, size);
  /** The last result, where no record of the conversation came behind it. */
  let result: EndLine | undefined;
  const add = (line: EndLine): void => {
    const { record } = line;
    if (record === undefined) {
      if (line.isCut && facts.workspace === undefined) facts.add(salvage(line.text), "system");
      return;
    }
    if (typeof record["uuid"] === "string") result = undefined;
    facts.add(record, stringAt(record, "type") ?? "");
  };
  for (const line of ends.lines()) {
    if (facts.recordedId !== undefined && line.startsWith(REQUEST_LOG)) continue;
    if (saysNothingNew(line, facts)) result = line;
    else add(line);
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
