import type { JsonObject, JsonValue, Lineage, Toolkit } from "casr-cli/provider";
import { objectOf, stringOf } from "./json.ts";
import { lineageOf } from "./mark.ts";
import { INJECTED, partsIn, textOf } from "./native.ts";

/** Enough of a prompt for a title. */
const PROMPT_LENGTH = 300;

const KEPT = [
  "sessionId",
  "agentId",
  "workspace",
  "branch",
  "version",
  "model",
  "name",
  "prompt",
  "startedAt",
  "lastActiveAt",
  "forkedFrom",
  "lineage",
  "isHelper",
] as const;

/** What the records of a session (or its head and tail) tell about it. Feed them in file order. */
export class SessionFacts {
  readonly #toolkit: Toolkit;
  sessionId: string | undefined;
  agentId: string | undefined;
  workspace: string | undefined;
  branch: string | undefined;
  version: string | undefined;
  model: string | undefined;
  /** The name a person or the model gave it. */
  name: string | undefined;
  prompt: string | undefined;
  startedAt: number | undefined;
  lastActiveAt: number | undefined;
  forkedFrom: string | undefined;
  lineage: Lineage | undefined;
  isHelper = false;

  constructor(toolkit: Toolkit) {
    this.#toolkit = toolkit;
  }

  /** Takes in one record. */
  add(record: JsonObject): void {
    const time = this.#toolkit.parseTimestamp(record["timestamp"]);
    if (time !== undefined) {
      this.startedAt ??= time;
      this.lastActiveAt = time;
    }
    this.sessionId ??= stringOf(record, "sessionId");
    this.agentId ??= stringOf(record, "agentId");
    this.workspace ??= stringOf(record, "cwd");
    this.branch = stringOf(record, "gitBranch") ?? this.branch;
    this.version = stringOf(record, "version") ?? this.version;
    this.forkedFrom ??= stringOf(objectOf(record, "forkedFrom"), "sessionId");
    this.lineage ??= lineageOf(record["casr"], this.#toolkit);
    this.isHelper ||= record["isSidechain"] === true && this.agentId !== undefined;
    const { type, subtype } = record;
    if (type === "assistant") this.model = stringOf(record, "model") ?? this.model;
    if (type === "system" && subtype === "custom_title") {
      const name = stringOf(objectOf(record, "systemPayload"), "customTitle")?.trim();
      if (name) this.name = name;
    }
    if (
      type === "user" &&
      !(typeof subtype === "string" && (INJECTED.has(subtype) || subtype === "realtime_message"))
    )
      this.prompt ??= promptOf(record);
  }

  /** All of it, to be taken up by `restore`. Taking in the newest records again changes nothing. */
  state(): JsonObject {
    const state: JsonObject = {};
    for (const key of KEPT) if (this[key] !== undefined) state[key] = this[key] as JsonValue;
    return state;
  }

  restore(state: JsonObject): void {
    const known: Partial<Record<(typeof KEPT)[number], unknown>> = {};
    for (const key of KEPT) if (state[key] !== undefined) known[key] = state[key];
    Object.assign(this, known);
  }

  /** What the agent's own list shows. */
  get title(): string | undefined {
    return this.#toolkit.titleFrom(this.name ?? this.prompt ?? "");
  }
}

/** Beginning of what a person said in a record; undefined for texts that casr marked as something else. */
function promptOf(record: JsonObject): string | undefined {
  const origin = stringOf(record["casr"], "origin");
  if (origin !== undefined && origin !== "person") return undefined;
  const text = partsIn(record["message"])
    .map(textOf)
    .find((part) => part !== undefined && part.trim() !== "");
  return text?.slice(0, PROMPT_LENGTH);
}
