import { join } from "node:path";
import type {
  JsonObject,
  Message,
  ProjectedSession,
  ToolResultBlock,
  World,
  WriteOptions,
  WritePlan,
  Writer,
} from "casr-cli/provider";
import { mediaNotes } from "./notes.ts";
import { CHATS, geminiFolder, PROJECT_ROOT, storeFolder } from "./paths.ts";
import { answerRecords, resultsRecord, userRecord, type RecordBase } from "./records.ts";
import { resumeSteps } from "./resume.ts";
import { nativeCall } from "./tools.ts";
import { normalPath, realWorkspace, slugFor } from "./workspace.ts";

async function plan(session: ProjectedSession, options: WriteOptions, world: World): Promise<WritePlan> {
  const { sessionId } = options;
  const gemini = await geminiFolder(world);
  const workspace = await realWorkspace(options.workspace, world);
  const root = normalPath(workspace, world);
  const store = storeFolder(gemini);
  const folder = join(store, await slugFor(workspace, gemini, world));
  const startedAt = await startOf(session, world);
  // The file's name holds the UTC minute: "2026-11-21T05-10".
  const minute = isoTime(startedAt).slice(0, 16).replace(":", "-");
  const path = join(folder, CHATS, `session-${minute}-${fileTag(sessionId, world)}.jsonl`);
  const metadata = metadataRecord(session, options, { root, startedAt }, world);
  return {
    sessionId,
    path,
    roots: [store],
    steps: [
      {
        kind: "create-file",
        path: join(folder, PROJECT_ROOT),
        content: () => once(root),
        keepExisting: true,
      },
      { kind: "create-file", path, content: () => lines(session, { metadata, sessionId, startedAt }, world) },
    ],
    resume: await resumeSteps(sessionId, options.workspace, world),
    notes: await mediaNotes(session),
  };
}

/** Line 1. `lastUpdated` is now: older sessions are deleted by the CLI. */
function metadataRecord(
  session: ProjectedSession,
  { sessionId, lineage }: WriteOptions,
  { root, startedAt }: { root: string; startedAt: number },
  world: World,
): JsonObject {
  const { header, firstPrompt } = session;
  const { sha256, titleFrom } = world.toolkit;
  const title =
    titleFrom(header.nativeName ?? "") ?? titleFrom(header.title ?? "") ?? titleFrom(firstPrompt ?? "");
  return {
    sessionId,
    projectHash: sha256(root),
    startTime: isoTime(startedAt),
    lastUpdated: isoTime(world.now()),
    kind: "main",
    ...(title === undefined ? {} : { summary: title }),
    casr: {
      source: { provider: lineage.sourceProvider, id: lineage.sourceId },
      digest: lineage.digest,
      version: lineage.casrVersion,
      converted_at: isoTime(lineage.convertedAt),
    },
  };
}

/** The start of the source session, or the time of its first dated message. */
async function startOf(session: ProjectedSession, world: World): Promise<number> {
  const candidates = [session.header.startedAt];
  if (candidates[0] === undefined) {
    for await (const message of session.messages()) {
      if (message.timestamp === undefined) continue;
      candidates.push(message.timestamp);
      break;
    }
  }
  return candidates.find((time) => time !== undefined && isDate(time)) ?? world.now();
}

/**
 * 8 characters for the end of the file name. Natural names end in the first 8 characters of the id there,
 * and the CLI's cleanup deletes by them; these begin with "cs" and so are never the beginning of a UUID.
 */
function fileTag(sessionId: string, world: World): string {
  const digest = BigInt(`0x${world.toolkit.sha256(sessionId).slice(0, 24)}`).toString(36);
  return `cs${digest.slice(-6).padStart(6, "0")}`;
}

async function* once(text: string): AsyncIterable<string> {
  yield text;
}

async function* lines(
  session: ProjectedSession,
  { metadata, sessionId, startedAt }: { metadata: JsonObject; sessionId: string; startedAt: number },
  world: World,
): AsyncIterable<string> {
  yield* lineOf(metadata);
  const records = new Records(sessionId, startedAt, world);
  for await (const message of session.messages()) {
    for (const record of await records.of(message)) yield* lineOf(record);
  }
  for (const record of records.finish()) yield* lineOf(record);
}

/** The CLI's reader (Node's readline) ends lines at U+2028 and U+2029 too; JSON may hold them as escapes. */
function* lineOf(record: JsonObject): Iterable<string> {
  const json = JSON.stringify(record);
  const isPlain = !json.includes("\u2028") && !json.includes("\u2029");
  yield isPlain ? json : json.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
  // Put behind a long line it would be a copy of it.
  yield "\n";
}

/** Turns messages into records. An answer waits for its results: the user interface's copy of a call shows them. */
class Records {
  readonly #world: World;
  readonly #seed: string;
  #time: number;
  #count = 0;
  #waiting: Message | undefined;
  /** Names of the calls made so far whose answers are still to come, by id. */
  readonly #calls = new Map<string, string>();

  constructor(seed: string, startedAt: number, world: World) {
    this.#seed = seed;
    this.#time = startedAt - 1;
    this.#world = world;
  }

  async of(message: Message): Promise<JsonObject[]> {
    if (message.role === "assistant") {
      const before = this.finish();
      if (!message.content.some((block) => block.type === "tool_call"))
        return [...before, ...this.#answer(message, [])];
      this.#waiting = message;
      return before;
    }
    const results = message.content.filter((block) => block.type === "tool_result");
    const before = this.#answered(results);
    const records: JsonObject[] = [];
    if (results.length > 0)
      records.push(await resultsRecord(results, this.#calls, this.#base(message), this.#world));
    for (const { callId } of results) this.#calls.delete(callId);
    if (results.length < message.content.length)
      records.push(await userRecord(message, this.#base(message), this.#world));
    return [...before, ...records];
  }

  /** The answer that still waits. */
  finish(): JsonObject[] {
    return this.#answered([]);
  }

  #answered(results: ToolResultBlock[]): JsonObject[] {
    const message = this.#waiting;
    this.#waiting = undefined;
    return message === undefined ? [] : this.#answer(message, results);
  }

  #answer(message: Message, results: ToolResultBlock[]): JsonObject[] {
    for (const block of message.content)
      if (block.type === "tool_call") this.#calls.set(block.id, block.name);
    return answerRecords(message, results, () => this.#base(message));
  }

  /** Id and time of the next record; times never go back. */
  #base(message: Message): RecordBase {
    const wanted =
      message.timestamp !== undefined && isDate(message.timestamp) ? message.timestamp : this.#time + 1;
    this.#time = Math.max(wanted, this.#time);
    this.#count += 1;
    return {
      id: this.#world.toolkit.uuidFrom(`${this.#seed}:${this.#count}`),
      timestamp: isoTime(this.#time),
    };
  }
}

/** Whether a JavaScript date with a four-digit year can hold it. */
function isDate(epochMs: number): boolean {
  return epochMs >= 0 && epochMs < 253_402_300_800_000;
}

function isoTime(epochMs: number): string {
  return new Date(isDate(epochMs) ? epochMs : 0).toISOString();
}

/** Writes sessions for Gemini CLI 0.39 and later. */
export const writer: Writer = {
  nativeCall,
  plan,
  resume: (session, world) => resumeSteps(session.id, session.workspace, world),
};
