import type { JsonObject, World } from "casr-cli/provider";
import { isObject, parseJson, stringOf } from "./json.ts";
import { BREAK, NOTE, QUOTE, RUN, USER } from "./native.ts";
import { folderOf, isAbsolute } from "./paths.ts";

const HASH = 0x23;
const GREATER = 0x3e;

/** One session in a history: a start of Aider, or all of a history that casr made. */
export interface Run {
  id: string;
  history: string;
  /** Byte range, and the number of its first line. */
  start: number;
  end: number;
  line: number;
  /** Epoch ms. */
  startedAt: number;
  /** Time of the next start, or of the file. */
  changedAt: number;
  /** First prompt that is no command. */
  prompt?: string;
  /** There is at least one prompt. */
  used: boolean;
  model?: string;
  version?: string;
  /** What casr noted at the beginning. */
  mark?: JsonObject;
  workspace?: string;
}

/** A prompt is as long as it was typed; a list shows its beginning. */
const MAX_PROMPT = 500;

/** A run as JSON, which goes with the session's reference. */
export function listedOf(run: Run): JsonObject {
  const { prompt, ...rest } = run;
  return { ...rest, ...(prompt === undefined ? {} : { prompt: prompt.slice(0, MAX_PROMPT) }) };
}

/** The run a reference tells of; undefined when it tells of none. */
export function runOf(listed: JsonObject): Run | undefined {
  const { id, history, start, end, line, startedAt, changedAt } = listed;
  if (typeof id !== "string" || typeof history !== "string") return undefined;
  if (typeof start !== "number" || typeof end !== "number" || typeof line !== "number") return undefined;
  if (typeof startedAt !== "number" || typeof changedAt !== "number") return undefined;
  const run: Run = { id, history, start, end, line, startedAt, changedAt, used: true };
  for (const key of ["prompt", "model", "version", "workspace"] as const) {
    const value = stringOf(listed, key);
    if (value !== undefined) run[key] = value;
  }
  if (isObject(listed["mark"])) run.mark = listed["mark"];
  return run;
}

/** Local time without a zone, as epoch ms. */
function timeOf(parts: RegExpExecArray, world: World): number {
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const utc = Date.UTC(year, month - 1, day, hour, minute, second);
  return utc - world.utcOffsetMinutes(utc) * 60_000;
}

/** The casr note in a line, if it is one. */
export function noteIn(line: string): JsonObject | undefined {
  if (!line.startsWith(NOTE)) return undefined;
  const parsed = parseJson(line.slice(NOTE.length).trimEnd());
  return isObject(parsed) ? parsed : undefined;
}

const MODEL = /^> (?:Main )?[Mm]odels?: (\S+)/u;
const VERSION = /^> Aider v(\S+)/u;

/** All sessions of a history, oldest first. One pass over the file, which holds no text but titles. */
export async function runsOf(history: string, world: World): Promise<Run[]> {
  const stat = await world.files.stat(history);
  if (stat?.kind !== "file") return [];
  const runs: Run[] = [];
  const ids = new Map<string, number>();
  let current: Run | undefined;
  let at = 0;
  const hash = world.toolkit.sha256(history).slice(0, 8);
  for await (const line of world.files.lines(history)) {
    world.signal.throwIfAborted();
    at = line.offset;
    const [first] = line.bytes;
    if (first !== HASH && first !== GREATER) continue;
    const text = line.text();
    const started = first === HASH ? RUN.exec(text) : null;
    if (started !== null) {
      // Later starts in a history of casr's go on with the same session.
      if (current?.mark !== undefined) continue;
      const time = timeOf(started, world);
      if (current !== undefined)
        Object.assign(current, { end: line.offset, changedAt: Math.max(time, current.startedAt) });
      const [, year, month, day, hour, minute, second] = started;
      const name = `${year}-${month}-${day}T${hour}-${minute}-${second}-${hash}`;
      const count = (ids.get(name) ?? 0) + 1;
      ids.set(name, count);
      const id = count === 1 ? name : `${name}-${count}`;
      const place = { start: line.offset, end: stat.size, line: line.number };
      current = { id, history, ...place, startedAt: time, changedAt: stat.mtimeMs, used: false };
      runs.push(current);
      continue;
    }
    if (current !== undefined) look(text, current);
  }
  // A history that is still growing ends where it was read to.
  if (current !== undefined) current.end = Math.max(stat.size, at);
  return runs.filter((run) => run.used);
}

function look(text: string, run: Run): void {
  if (text.startsWith(USER)) {
    run.used = true;
    const said = text.slice(USER.length).trim();
    if (run.prompt === undefined && said !== "" && said !== "<blank>" && !/^[/!]/u.test(said))
      run.prompt = said;
    return;
  }
  if (!text.startsWith(QUOTE)) return;
  run.model ??= MODEL.exec(text)?.[1] as string;
  run.version ??= VERSION.exec(text)?.[1] as string;
  if (run.model === undefined) delete run.model;
  if (run.version === undefined) delete run.version;
  const note = run.mark === undefined && !run.used ? noteIn(text) : undefined;
  const id = stringOf(note, "id");
  if (note === undefined || id === undefined || !/^[A-Za-z0-9][A-Za-z0-9-]{0,127}$/u.test(id)) return;
  run.mark = note;
  run.id = id;
  run.used = true;
  const workspace = stringOf(note, "workspace");
  if (workspace !== undefined && isAbsolute(workspace)) run.workspace = workspace;
}

/** The folder Aider was started in: the one its history is in. */
export function workspaceOf(run: Run): string | undefined {
  return run.mark === undefined ? folderOf(run.history) : run.workspace;
}

/** A line of a prompt without what marks it as one. */
export function promptLine(line: string): string {
  const text = line.slice(USER.length);
  return text.endsWith(BREAK) ? text.slice(0, -BREAK.length) : text;
}
