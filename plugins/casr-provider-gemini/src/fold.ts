import type { JsonObject, JsonValue, Line, World } from "casr-cli/provider";
import { cutContext, workspaceInContext } from "./context.ts";
import { isObject, objectsOf, stringOf } from "./json.ts";
import { madeOf, type Made } from "./made.ts";
import { mcpServer } from "./tools.ts";
import { kindOf, messagesIn, partsOf, sniff, SUMMARY_ANSWER, textOf, UI_TYPES } from "./native.ts";

/** Where one message of the folded log stands. Small: files have many. */
export interface Entry {
  id: string;
  type: string;
  /** Line number and byte range of the record that holds it. */
  line: number;
  offset: number;
  end: number;
  /** Its place in the record's `messages` array; -1 when the record is the message itself. */
  position: number;
  /** Short digest of what a user message says. */
  said?: string;
  /** Key of the archive when it is a compression summary. */
  summary?: string;
  /** What comes of it, once that is known. */
  made?: Made;
  /** Of a prompt with a record of its own: the records before that one. */
  prompt?: { total: number; malformed: number };
}

/** Messages that a compression took out of the context, and what stood behind its summary right then. */
export interface Archive {
  dropped: Entry[];
  tail: Entry[];
}

/** A session's log of operations, played through. */
export interface Folded {
  /** All metadata merged as the CLI merges it, without `messages`. */
  metadata: JsonObject;
  /** `startTime` of the first metadata record: a resume within the same minute adds a second one. */
  startTime?: JsonValue | undefined;
  /** casr's mark, which stands on a metadata record. */
  mark?: JsonValue | undefined;
  entries: Entry[];
  /** By `Entry.summary`. */
  archives: Map<string, Archive>;
  /** Beginning of the first text a person typed, also when it is no longer in the context. */
  firstPrompt?: string;
  /** Model of the last answer. */
  model?: string;
  /** Ids of subagent sessions that calls name. */
  agents: Set<string>;
  /** MCP servers that the labels of calls name, also of calls that a later record holds without labels. */
  servers: Set<string>;
  /** Workspace in the CLI's own context text. */
  contextWorkspace?: string;
  /** False once a record took back messages or put others in their place. */
  onlyAdds: boolean;
  records: { total: number; malformed: number };
}

/** Length of `firstPrompt`: enough for a title. */
const PROMPT_LENGTH = 300;

/** Plays a log of operations (Gemini CLI 0.61.0, `loadConversationRecord`), keeping positions, not contents. */
export class Fold {
  readonly #world: World;
  readonly #path: string;
  readonly #unknown = new Set<string>();
  /** In record order; a message with a known id takes the place of the earlier one. */
  #entries = new Map<string, Entry>();
  /** Archive keys by the ids of the summaries seen. */
  readonly #summaries = new Map<string, string>();
  readonly folded: Folded;
  /** Warns of nothing; undefined when what comes of messages is found when they are asked for. */
  readonly #silent: World | undefined;

  /** `folded` is what is known of all records before the first; then what comes of messages is wanted, too. */
  constructor(path: string, world: World, folded?: Folded) {
    this.#path = path;
    this.#world = world;
    this.#silent = folded === undefined ? undefined : world.toolkit.quiet(world);
    this.folded = folded ?? {
      metadata: {},
      entries: [],
      archives: new Map(),
      agents: new Set(),
      servers: new Set(),
      onlyAdds: true,
      records: { total: 0, malformed: 0 },
    };
  }

  /** Reads all lines of the file, or those from the byte offset `start` on. */
  async readLines(start = 0, firstNumber = 1): Promise<void> {
    const { records } = this.folded;
    for await (const line of this.#world.files.lines(this.#path, { start, firstNumber })) {
      if (isBlank(line)) continue;
      records.total += 1;
      const at = { line: line.number, offset: line.offset, end: line.offset + line.bytes.length };
      const answers = this.#silent === undefined ? idOfAnswers(line.bytes) : undefined;
      if (answers !== undefined) {
        this.#put({ ...at, id: answers, type: "user", position: -1 });
        continue;
      }
      const record = this.#world.toolkit.parseJsonLine(line, this.#path);
      if (record === undefined) records.malformed += 1;
      else this.add(record, at);
    }
  }

  /** Applies one record that stands at `at`. */
  add(record: JsonObject, at: Pick<Entry, "line" | "offset" | "end">): void {
    switch (kindOf(record)) {
      case "rewind":
        return this.#rewind(record["$rewindTo"] as string);
      case "message":
        return this.#put(this.#entry(record, { ...at, position: -1 }));
      case "set":
        return this.#set(record["$set"] as JsonValue, record, at);
      case "metadata":
        this.#mergeMetadata(record);
        if ((messagesIn(record) ?? []).length > 0) this.folded.onlyAdds = false;
        return this.#listed(messagesIn(record) ?? [], at).forEach((entry) => this.#put(entry));
      default:
        return this.#warnUnknown(
          `record with ${Object.keys(record).slice(0, 3).join(", ") || "no keys"}`,
          at.line,
          record["casr"],
        );
    }
  }

  /** The outcome of everything added so far. */
  finish(): Folded {
    this.folded.entries = [...this.#entries.values()];
    return this.folded;
  }

  #put(entry: Entry): void {
    if (entry.summary !== undefined && entry.position === -1) this.#summaries.set(entry.id, entry.summary);
    this.#entries.set(entry.id, entry);
  }

  /** An unknown id drops everything, as it does in the CLI. */
  #rewind(id: string): void {
    this.folded.onlyAdds = false;
    if (!this.#entries.has(id)) return this.#entries.clear();
    let found = false;
    for (const known of this.#entries.keys()) {
      found ||= known === id;
      if (found) this.#entries.delete(known);
    }
  }

  #set(change: JsonValue, record: JsonObject, at: Pick<Entry, "line" | "offset" | "end">): void {
    if (!isObject(change)) return;
    const messages = messagesIn(record);
    if (messages !== undefined) this.#replace(this.#listed(messages, at));
    this.#mergeMetadata(change);
  }

  #mergeMetadata(change: JsonObject): void {
    const { messages: _messages, ...metadata } = change;
    this.folded.startTime ??= metadata["startTime"];
    this.folded.mark ??= metadata["casr"];
    Object.assign(this.folded.metadata, metadata);
  }

  #replace(listed: Entry[]): void {
    this.folded.onlyAdds = false;
    const old = [...this.#entries.values()];
    this.#entries = new Map();
    listed.forEach((entry) => this.#put(entry));
    const place = listed.findIndex((entry) => entry.summary !== undefined);
    const summary = listed[place];
    if (summary === undefined || this.#isKnownSummary(summary, listed.slice(place + 1), old)) return;
    const key = `${summary.said}:${this.folded.archives.size}`;
    summary.summary = key;
    this.#summaries.set(summary.id, key);
    const dropped = old.filter((entry) => !this.#entries.has(entry.id) && !UI_TYPES.has(entry.type));
    // The fixed answer behind the summary is as new as the summary.
    this.folded.archives.set(key, { dropped, tail: listed.slice(place + 2) });
  }

  /**
   * Whether a summary was in the list before. It gets a new id when the CLI merges turns after a cancelled
   * prompt: then what follows it is the same as before, whereas a new compression cuts there.
   */
  #isKnownSummary(summary: Entry, after: Entry[], old: Entry[]): boolean {
    const same = old.findIndex((entry) => entry.summary !== undefined && entry.said === summary.said);
    const next = (entries: Entry[]): string | undefined =>
      entries.find((entry) => entry.said !== undefined)?.said;
    const merged = same !== -1 && next(old.slice(same + 1)) === next(after);
    const key = this.#summaries.get(summary.id) ?? (merged ? old[same]!.summary : undefined);
    if (key === undefined) return false;
    summary.summary = key;
    this.#summaries.set(summary.id, key);
    return true;
  }

  #listed(messages: JsonValue[], at: Pick<Entry, "line" | "offset" | "end">): Entry[] {
    const entries: Entry[] = [];
    // A compression puts its summary in front of everything but the CLI's own context.
    let opening = true;
    messages.forEach((message, position) => {
      if (!isObject(message) || typeof message["id"] !== "string") return;
      entries.push(this.#entry(message, { ...at, position }, opening ? messages[position + 1] : undefined));
      opening &&= cutContext(partsOf(message["content"])).parts.length === 0;
    });
    return entries;
  }

  #entry(message: JsonObject, at: Omit<Entry, "id" | "type">, next?: JsonValue): Entry {
    const type = stringOf(message, "type") ?? "";
    const entry: Entry = { ...at, id: message["id"] as string, type };
    if (type === "gemini") this.#noteAnswer(message);
    else if (type === "user") this.#noteUser(message, entry, next);
    else if (!UI_TYPES.has(type)) this.#warnUnknown(`message of type "${type}"`, at.line);
    if (this.#silent !== undefined) entry.made = madeOf(entry, message, this.#path, this.#silent);
    if (entry.position === -1 && entry.said !== undefined && !isAnswer(message)) {
      const { total, malformed } = this.folded.records;
      // Its own record is counted already.
      entry.prompt = { total: total - 1, malformed };
    }
    return entry;
  }

  #noteAnswer(message: JsonObject): void {
    const model = stringOf(message, "model");
    if (model !== undefined) this.folded.model = model;
    for (const call of objectsOf(message, "toolCalls")) {
      const agent = stringOf(call, "agentId");
      if (agent !== undefined) this.folded.agents.add(agent);
      const server = mcpServer(stringOf(call, "displayName"));
      if (server !== undefined) this.folded.servers.add(server);
    }
  }

  #noteUser(message: JsonObject, entry: Entry, next: JsonValue | undefined): void {
    const all = partsOf(message["content"]);
    if (this.folded.contextWorkspace === undefined && all[0] !== undefined) {
      const workspace = workspaceInContext(textOf(all[0]) ?? "");
      if (workspace !== undefined) this.folded.contextWorkspace = workspace;
    }
    const { parts } = cutContext(all);
    const text = parts.map(textOf).find((part) => part !== undefined && part.trim() !== "");
    if (text === undefined) return;
    // Twelve characters are copied; more would be a view that keeps the whole digest.
    entry.said = this.#world.toolkit.sha256(text).slice(0, 12);
    if (isSummary(text, next)) entry.summary = entry.said;
    const marked = isObject(message["casr"]) && message["casr"]["origin"] !== undefined;
    const shown = partsOf(message["displayContent"])
      .map(textOf)
      .find((part) => (part ?? "").trim() !== "");
    if (entry.summary === undefined && !marked)
      this.folded.firstPrompt ??= (shown ?? text).slice(0, PROMPT_LENGTH);
  }

  #warnUnknown(what: string, line: number, own?: JsonValue): void {
    if (own !== undefined || this.#unknown.has(what)) return;
    this.#unknown.add(what);
    this.#world.warn({ code: "unknown-record", message: `${what} was left out`, path: this.#path, line });
  }
}

/** What follows the head of a record that answers calls. */
const ANSWERS = '"content":[{"functionResponse":{"';
/** Shorter records are parsed: that takes no longer. */
const SHORT_BYTES = 2048;
const TEXT_KEY = Buffer.from('"text":');
/** Text that only people see. */
const SHOWN_TEXT = '"displayContent":[{';
const CLOSING_BRACE = 0x7d;

/**
 * The id of a record that holds nothing but answers to calls; undefined also where that takes parsing. They are most
 * bytes of a session, and nothing in them matters before they are asked for.
 */
function idOfAnswers(line: Uint8Array): string | undefined {
  if (line.length < SHORT_BYTES || line.at(-1) !== CLOSING_BRACE) return undefined;
  const head = sniff(line);
  if (head?.type !== "user" || !head.rest.startsWith(ANSWERS)) return undefined;
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.length);
  // Within strings the quotes of a key are escaped.
  const text = bytes.indexOf(TEXT_KEY);
  const isShown = text !== -1 && bytes.toString("latin1", text - SHOWN_TEXT.length, text) === SHOWN_TEXT;
  return text === -1 || isShown ? head.id : undefined;
}

/** Whether a record answers calls. */
function isAnswer({ content }: JsonObject): boolean {
  return partsOf(content).some((part) => isObject(part["functionResponse"]) && part["thought"] !== true);
}

/** A compression's summary: the model wrote a snapshot, and the CLI's fixed answer follows. */
function isSummary(text: string, next: JsonValue | undefined): boolean {
  const trimmed = text.trim();
  if (trimmed.startsWith("<state_snapshot>") && trimmed.endsWith("</state_snapshot>")) return true;
  if (!isObject(next) || next["type"] !== "gemini") return false;
  return partsOf(next["content"]).map(textOf).join("") === SUMMARY_ANSWER;
}

function isBlank({ bytes }: Line): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  return true;
}
