import type { BinarySource, JsonObject, Line, RecordPlace, Usage, World } from "casr-cli/provider";
import { isJsonObject, numberAt, objectAt, objectsIn, stringAt } from "./json.ts";
import { isInjected, isKnownEvent, ofSubagent, SKIPPED } from "./native.ts";

/** What an event is to the conversation. */
export type EventKind = "user" | "assistant" | "result" | "note" | "shell" | "cleared" | "compaction";

export interface EventEntry extends RecordPlace {
  kind: EventKind;
}

/** A picture or document that events refer to by id. */
export interface Asset {
  mediaType: string;
  data: BinarySource;
}

/** What the header needs of the events so far. */
export interface EventFacts {
  firstPrompt?: string;
  model: string | undefined;
  usage: Usage | undefined;
  /** Epoch ms of the last event that was looked at. */
  lastTime?: number;
}

/** The last prompt of a person, and what is known before it. */
export interface Turn extends EventFacts {
  /** Among the entries. */
  position: number;
  /** Bytes. */
  offset: number;
  line: number;
  records: { total: number; malformed: number };
  /** How many were known. */
  assets: number;
  agents: number;
}

/** Where an index begins that does not begin with the first line: at a prompt. */
export interface IndexStart {
  /** Bytes. */
  offset: number;
  /** The number of its line, from 1. */
  line: number;
  /** How many messages stand before it. */
  messages: number;
  records: { total: number; malformed: number };
  /** Calls before it without a result, and commands. */
  open: ReadonlySet<string>;
  assets: ReadonlyMap<string, Asset>;
  agents: string[];
  start?: JsonObject;
  facts: EventFacts;
}

/** What one pass over the lines of a session tells; small, whatever the file's size. */
export interface EventIndex extends EventFacts {
  path: string;
  /** The events of the conversation in file order. */
  entries: EventEntry[];
  /** Index of the first entry that is sent after a resume: a compaction, or what follows a cleared context. */
  contextFrom: number;
  /** Pictures and documents that events refer to by id. */
  assets: Map<string, Asset>;
  /** Calls a person made with `!`: the command by the call's id. */
  commands: Map<string, string>;
  /** Ids of the subagents whose events are in the file. */
  agents: Set<string>;
  start?: JsonObject;
  records: { total: number; malformed: number };
  /** Undefined where the context was compacted or cleared behind it. */
  turn?: Turn;
  /** Where the index begins; undefined for the first line. */
  from?: IndexStart;
  /** Something changes what stands before `from`. */
  isRevised: boolean;
  /** An event refers to an asset that does not stand before it. */
  isMissingAsset: boolean;
}

const KINDS: Readonly<Record<string, EventKind>> = {
  "user.message": "user",
  "assistant.message": "assistant",
  "tool.execution_complete": "result",
  "system.notification": "note",
  "skill.context_delivered": "note",
  "tool.user_requested": "shell",
  "session.context_cleared": "cleared",
  "session.compaction_complete": "compaction",
};

/** The type of an event without parsing it; only for lines the CLI wrote: its key comes first. */
function sniffedType(line: Line): string | undefined {
  const { bytes } = line;
  if (bytes[bytes.length - 1] !== 0x7d) return undefined;
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 64)).toString("latin1");
  return /^\{"type":"([a-z_.]+)","data":/.exec(head)?.[1];
}

/** The place of a base64 string in the line, so that its bytes need not be kept. */
function dataIn(line: Line, path: string): BinarySource | undefined {
  const bytes = Buffer.from(line.bytes.buffer, line.bytes.byteOffset, line.bytes.byteLength);
  const mark = bytes.indexOf('"data":"');
  if (mark === -1) return undefined;
  const from = mark + 8;
  const to = bytes.indexOf(0x22, from);
  if (to === -1 || bytes.subarray(from, to).includes(0x5c)) return undefined;
  return { path, offset: line.offset + from, length: to - from, encoding: "base64" };
}

/** Adds up the use of all models, as the last `session.shutdown` tells it for the whole session. */
function usageOf(data: JsonObject): Usage | undefined {
  const metrics =
    objectAt(data, "modelMetrics") ?? objectAt(objectAt(data, "accountingSnapshot"), "modelMetrics");
  if (metrics === undefined) return undefined;
  const usage: Usage = {};
  for (const entry of Object.values(metrics)) {
    const used = isJsonObject(entry) ? objectAt(entry, "usage") : undefined;
    for (const key of ["inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens"] as const) {
      const count = numberAt(used, key);
      if (count !== undefined && Number.isSafeInteger(count) && count >= 0)
        usage[key] = (usage[key] ?? 0) + count;
    }
  }
  return Object.keys(usage).length === 0 ? undefined : usage;
}

class Indexer {
  readonly index: EventIndex;
  readonly #world: World;
  readonly #unknown = new Set<string>();

  constructor(path: string, world: World, from?: IndexStart) {
    this.#world = world;
    this.index = {
      path,
      entries: [],
      contextFrom: 0,
      assets: new Map(from?.assets),
      commands: new Map(),
      agents: new Set(from?.agents),
      model: undefined,
      usage: undefined,
      ...from?.facts,
      ...(from?.start === undefined ? {} : { start: from.start }),
      records: { total: 0, malformed: 0, ...from?.records },
      ...(from === undefined ? {} : { from }),
      isRevised: false,
      isMissingAsset: false,
    };
  }

  add(line: Line): void {
    const { records, path } = this.index;
    const sniffed = sniffedType(line);
    if (sniffed !== undefined && SKIPPED.has(sniffed)) {
      records.total += 1;
      return;
    }
    const event = this.#world.toolkit.parseJsonLine(line, path);
    if (event === undefined) {
      const blank = line.bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
      if (blank) return;
      records.total += 1;
      records.malformed += 1;
      return;
    }
    records.total += 1;
    this.#event(event, line);
  }

  #event(event: JsonObject, line: Line): void {
    const { index } = this;
    const type = stringAt(event, "type") ?? "";
    if (!isKnownEvent(type)) return this.#tellUnknown(type, line);
    const time = this.#world.toolkit.parseTimestamp(event["timestamp"]);
    if (time !== undefined) index.lastTime = time;
    const data = objectAt(event, "data");
    if (data === undefined) return;
    if (type === "session.binary_asset") return this.#asset(data, line);
    if (ofSubagent(event, data)) {
      const agent = stringAt(event, "agentId");
      if (agent !== undefined && agent !== "") index.agents.add(agent);
      return;
    }
    this.#facts(type, data);
    const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
    if (kind === undefined) return;
    if (kind === "compaction" && !compacts(data)) return;
    if (kind === "compaction" || kind === "cleared") {
      index.contextFrom = index.entries.length;
      index.isRevised = true;
      delete index.turn;
    }
    if (kind === "user" && isPrompt(data)) index.turn = this.#turnAt(line);
    this.#links(kind, data);
    index.entries.push({ kind, offset: line.offset, length: line.bytes.length, line: line.number });
  }

  #facts(type: string, data: JsonObject): void {
    const { index } = this;
    switch (type) {
      case "session.start":
        index.start ??= data;
        index.model ??= stringAt(data, "selectedModel");
        break;
      case "session.model_change":
        index.model = stringAt(data, "newModel") ?? index.model;
        break;
      case "assistant.message":
        index.model = stringAt(data, "model") ?? index.model;
        break;
      case "session.shutdown":
        index.usage = usageOf(data) ?? index.usage;
        break;
      case "user.message": {
        if (index.firstPrompt === undefined && isPrompt(data))
          index.firstPrompt = stringAt(data, "content")!.slice(0, 2000);
        break;
      }
      case "tool.user_requested": {
        const id = stringAt(data, "toolCallId");
        if (id !== undefined) index.commands.set(id, stringAt(objectAt(data, "arguments"), "command") ?? "");
        break;
      }
      default:
        break;
    }
  }

  #turnAt(line: Line): Turn {
    const { entries, records, assets, agents, firstPrompt, model, usage, lastTime } = this.index;
    return {
      position: entries.length,
      offset: line.offset,
      line: line.number,
      records: { total: records.total - 1, malformed: records.malformed },
      assets: assets.size,
      agents: agents.size,
      model,
      usage,
      ...(firstPrompt === undefined ? {} : { firstPrompt }),
      ...(lastTime === undefined ? {} : { lastTime }),
    };
  }

  /** Notes what an event has to do with events before it. */
  #links(kind: EventKind, data: JsonObject): void {
    const { index } = this;
    // A command makes another message of every result with its id.
    if (kind === "shell") index.isRevised = true;
    if (kind === "result" && index.from?.open.has(stringAt(data, "toolCallId") ?? "") === true)
      index.isRevised = true;
    if (kind !== "user" && kind !== "result") return;
    const results = objectAt(data, "result")?.["binaryResultsForLlm"];
    for (const item of [...objectsIn(data["attachments"]), ...objectsIn(results)]) {
      const id = stringAt(item, "assetId");
      if (id !== undefined && !index.assets.has(id)) index.isMissingAsset = true;
    }
  }

  #asset(data: JsonObject, line: Line): void {
    const id = stringAt(data, "assetId");
    const mediaType = stringAt(data, "mimeType");
    const inline = stringAt(data, "data");
    if (id === undefined || mediaType === undefined || inline === undefined) return;
    if (this.index.from?.assets.has(id) === true) this.index.isRevised = true;
    this.index.assets.set(id, { mediaType, data: dataIn(line, this.index.path) ?? { base64: inline } });
  }

  #tellUnknown(type: string, line: Line): void {
    const family = type.slice(0, 60);
    if (this.#unknown.has(family) || this.#unknown.size > 100) return;
    this.#unknown.add(family);
    this.#world.warn({
      code: "unknown-record",
      message: `events of type ${JSON.stringify(family)} are not known and left out`,
      path: this.index.path,
      line: line.number,
    });
  }
}

/** A prompt that a person typed. */
function isPrompt(data: JsonObject): boolean {
  const isSaid = (stringAt(data, "content") ?? "").trim() !== "";
  return isSaid && !isInjected(data) && objectAt(data, "casr")?.["origin"] === undefined;
}

/** A compaction that took place; a failed one, or one without a summary, changes nothing. */
function compacts(data: JsonObject): boolean {
  return data["success"] === true && (stringAt(data, "summaryContent") ?? "") !== "";
}

/** Goes over a session's lines once, or over those from a prompt on. */
export async function indexEvents(path: string, world: World, from?: IndexStart): Promise<EventIndex> {
  const indexer = new Indexer(path, world, from);
  const range = from === undefined ? {} : { start: from.offset, firstNumber: from.line };
  for await (const line of world.files.lines(path, range)) {
    world.signal.throwIfAborted();
    if (line.bytes.length > 0) indexer.add(line);
  }
  return indexer.index;
}
