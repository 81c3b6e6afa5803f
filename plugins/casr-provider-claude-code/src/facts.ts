import type { JsonObject, JsonValue, Lineage, Toolkit } from "casr-cli/provider";
import { isJsonObject, objectAt, objectsIn, stringAt } from "./json.ts";
import { SYNTHETIC_MODEL, isPromptText } from "./native.ts";

/** casr's mark in a session it wrote: the record-level field `casr` of the first record. */
function lineageOf(record: JsonObject, toolkit: Toolkit): Lineage | undefined {
  const mark = objectAt(record, "casr");
  const source = objectAt(mark, "source");
  const provider = stringAt(source, "provider");
  const id = stringAt(source, "id");
  const digest = stringAt(mark, "digest");
  const version = stringAt(mark, "version");
  const convertedAt = toolkit.parseTimestamp(mark?.["converted_at"]);
  if (provider === undefined || id === undefined || digest === undefined || version === undefined)
    return undefined;
  if (convertedAt === undefined) return undefined;
  return { sourceProvider: provider, sourceId: id, digest, casrVersion: version, convertedAt };
}

/** The text of a user record that could name the session; undefined for results, machine texts and sidechains. */
function promptText(record: JsonObject): string | undefined {
  if (record["type"] !== "user" || record["isMeta"] === true || record["isSidechain"] === true)
    return undefined;
  if (record["isCompactSummary"] === true) return undefined;
  const content = objectAt(record, "message")?.["content"];
  const texts =
    typeof content === "string"
      ? [content]
      : objectsIn(content).map((block) => (block["type"] === "text" ? stringAt(block, "text") : undefined));
  return texts.find((text) => text !== undefined && isPromptText(text));
}

/** Of a prompt no more is needed for a title. */
const KEPT_CHARS = 2000;

const KEPT = [
  "customTitle",
  "aiTitle",
  "summary",
  "lastPrompt",
  "firstPrompt",
  "workspace",
  "branch",
  "version",
  "model",
  "entrypoint",
  "startedAt",
  "lastActiveAt",
  "lineage",
  "forkedFrom",
  "requestSession",
  "recordedId",
  "sidechainFirst",
] as const;

/** What the records of a session (or its head and tail) tell about it. Feed them in file order. */
export class SessionFacts {
  readonly #toolkit: Toolkit;
  customTitle: string | undefined;
  aiTitle: string | undefined;
  summary: string | undefined;
  lastPrompt: string | undefined;
  firstPrompt: string | undefined;
  workspace: string | undefined;
  branch: string | undefined;
  version: string | undefined;
  model: string | undefined;
  entrypoint: string | undefined;
  startedAt: number | undefined;
  lastActiveAt: number | undefined;
  lineage: Lineage | undefined;
  /** Session this one was branched off. */
  forkedFrom: string | undefined;
  requestSession: string | undefined;
  /** `sessionId` inside the records; may differ from the file's name. */
  recordedId: string | undefined;
  /** The first record of a conversation is a subagent's. */
  sidechainFirst: boolean | undefined;
  messages = 0;

  constructor(toolkit: Toolkit) {
    this.#toolkit = toolkit;
  }

  /** Takes in one parsed record. */
  add(record: JsonObject, type: string): void {
    switch (type) {
      case "custom-title":
        this.#set("customTitle", record, "customTitle");
        break;
      case "ai-title":
        this.#set("aiTitle", record, "aiTitle");
        break;
      case "summary":
        this.#set("summary", record, "summary");
        break;
      case "last-prompt":
        this.#set("lastPrompt", record, "lastPrompt");
        break;
      case "user":
      case "assistant":
      case "system":
      case "attachment":
        this.#addChained(record, type);
        break;
      default:
        break;
    }
    this.recordedId ??= stringAt(record, "sessionId");
  }

  #set(field: "customTitle" | "aiTitle" | "summary" | "lastPrompt", record: JsonObject, key: string): void {
    const value = stringAt(record, key)?.trim();
    if (value) this[field] = value;
  }

  #addChained(record: JsonObject, type: string): void {
    const time = this.#toolkit.parseTimestamp(record["timestamp"]);
    if (time !== undefined) {
      this.startedAt ??= time;
      this.lastActiveAt = time;
    }
    this.workspace ??= stringAt(record, "cwd");
    this.branch = stringAt(record, "gitBranch") ?? this.branch;
    this.version = stringAt(record, "version") ?? this.version;
    this.entrypoint ??= stringAt(record, "entrypoint");
    this.forkedFrom ??= stringAt(objectAt(record, "forkedFrom"), "sessionId");
    this.requestSession ??= stringAt(record, "requestSessionId");
    if (isJsonObject(record["casr"])) this.lineage ??= lineageOf(record, this.#toolkit);
    if (type !== "user" && type !== "assistant") return;
    this.sidechainFirst ??= record["isSidechain"] === true;
    this.messages += 1;
    if (type === "user") this.firstPrompt ??= promptText(record);
    const model = stringAt(objectAt(record, "message"), "model");
    if (type === "assistant" && model !== SYNTHETIC_MODEL && record["isSidechain"] !== true)
      this.model = model ?? this.model;
  }

  /** All of it, to be taken up by `restore`. Taking in the newest records again changes nothing. */
  state(): JsonObject {
    const state: JsonObject = {};
    for (const key of KEPT) if (this[key] !== undefined) state[key] = this[key] as JsonValue;
    for (const key of ["lastPrompt", "firstPrompt"] as const)
      if (this[key] !== undefined) state[key] = this[key].slice(0, KEPT_CHARS);
    return state;
  }

  restore(state: JsonObject): void {
    const known: Partial<Record<(typeof KEPT)[number], unknown>> = {};
    for (const key of KEPT) if (state[key] !== undefined) known[key] = state[key];
    Object.assign(this, known);
  }

  /** A name a person or the agent gave, best first. */
  get nativeName(): string | undefined {
    return this.customTitle ?? this.aiTitle ?? this.summary;
  }

  /** What the agent's own list shows. */
  get title(): string | undefined {
    const text = this.nativeName ?? this.lastPrompt ?? this.firstPrompt;
    return text === undefined ? undefined : this.#toolkit.titleFrom(text);
  }

  /** The branch, unless the workspace is no git repository. */
  get gitBranch(): string | undefined {
    return this.branch === "" || this.branch === "HEAD" ? undefined : this.branch;
  }
}
