import type { JsonObject, JsonValue } from "./json.ts";
import type { CanonicalTool } from "./tool-types.ts";

/** Name and version of this intermediate representation. */
export const SESSION_SCHEMA = "casr.session/1";

/** Who speaks in a message. Foreign roles pass through as their own string. */
export type Role = "user" | "assistant" | "tool" | "system" | (string & {});

/**
 * Where the text of a non-assistant message came from:
 * `person` typed it, the agent `injected` it (still sent to the model), it is the
 * summary of a `compaction`, or the record of a `command` the person ran in the agent.
 */
export type Origin = "person" | "injected" | "compaction" | "command";

/** Token counts of one message or one session; every field is a count of tokens. */
export interface Usage {
  inputTokens?: number;
  outputTokens?: number;
  cacheReadTokens?: number;
  cacheWriteTokens?: number;
  reasoningTokens?: number;
}

/** How a session relates to another one. */
export interface SessionLink {
  id: string;
  provider: string;
  relation: "fork" | "subagent" | "conversion";
}

/**
 * The provenance mark casr leaves in a session it wrote.
 * `digest` is the sha256 (hex) of the source session's bytes at conversion time.
 */
export interface Lineage {
  sourceProvider: string;
  sourceId: string;
  digest: string;
  casrVersion: string;
  /** Epoch ms. */
  convertedAt: number;
}

/** Everything about a session but its messages. Times are epoch ms. */
export interface SessionHeader {
  id: string;
  /** Slug of the provider that read it. */
  provider: string;
  title?: string;
  /** The name a person or the agent gave it, as opposed to a title taken from the first prompt. */
  nativeName?: string;
  /** Absolute working directory. */
  workspace?: string;
  git?: { branch?: string; commit?: string; remote?: string };
  startedAt?: number;
  endedAt?: number;
  model?: string;
  agentVersion?: string;
  usage?: Usage;
  parent?: SessionLink;
  children?: SessionLink[];
  lineage?: Lineage;
  /** Leftovers of the native format that have no field here. Never holds message content. */
  metadata: JsonObject;
  /** The file (or database) the session was read from. */
  sourcePath: string;
}

/** Bytes of an image or document: inline, or a range of a file holding base64 or raw bytes. */
export type BinarySource =
  | { base64: string }
  | { path: string; offset: number; length: number; encoding: "base64" | "raw" };

export interface TextBlock {
  type: "text";
  text: string;
}

/** What the model thought. `issuer` is the vendor whose service can read `signature`/`encrypted`. */
export interface ReasoningBlock {
  type: "reasoning";
  text: string;
  signature?: string;
  encrypted?: string;
  redacted?: boolean;
  issuer?: "anthropic" | "openai" | "google" | (string & {});
  /** Kept in file and user interface of the target but not sent to its model. Set by projection. */
  displayOnly?: boolean;
  /** Provider-private detail, meaningful only to the provider the session was read by. */
  native?: JsonValue;
}

export interface ImageBlock {
  type: "image";
  mediaType: string;
  data: BinarySource;
  /** Path or label the agent recorded for it. */
  name?: string;
}

export interface DocumentBlock {
  type: "document";
  mediaType: string;
  data: BinarySource;
  name?: string;
}

/** A tool call. `name` and `input` are native to the session's own agent. */
export interface ToolCallBlock {
  type: "tool_call";
  /** Links the call to its result; unique within a session. */
  id: string;
  name: string;
  /** Usually an object; a string for freeform tools. */
  input: JsonValue;
  /** The call in the common vocabulary, when the provider's table knows the tool. */
  tool?: CanonicalTool;
  /**
   * The tool's name in the agent the call first came from, when that agent's tool is kept under
   * another name here (`mcp__codex__exec` for Codex's `exec`).
   */
  foreign?: { provider: string; name: string };
  /** Provider-private detail, meaningful only to the provider the session was read by. */
  native?: JsonValue;
}

/**
 * The answer to a tool call. `content` is the payload alone: the agent's framing (exit code
 * lines, line numbers, wrappers) is parsed off by the reader and put back by the writer.
 */
export interface ToolResultBlock {
  type: "tool_result";
  callId: string;
  content: (TextBlock | ImageBlock)[];
  isError: boolean;
  exitCode?: number;
  durationMs?: number;
  /**
   * The text with the source agent's framing, as its model saw it; set only where that differs from
   * the payload. Used when the call keeps its foreign name, so that its answer keeps its form too.
   */
  framed?: string;
  /** The agent cut the payload before it was recorded. */
  truncated?: boolean;
  /** The call never got an answer in the source; this one was made by the reader or by casr. */
  synthetic?: boolean;
  /** Provider-private framing, meaningful only to the provider the session was read by. */
  native?: JsonValue;
}

/** The summary that took the place of earlier messages. */
export interface CompactionBlock {
  type: "compaction";
  summary: string;
}

export type Block =
  | TextBlock
  | ReasoningBlock
  | ImageBlock
  | DocumentBlock
  | ToolCallBlock
  | ToolResultBlock
  | CompactionBlock;

/** One message; its blocks are in the order the model saw or made them. */
export interface Message {
  /** Contiguous from 0 within what the reader yields. */
  index: number;
  id?: string;
  role: Role;
  author?: string;
  model?: string;
  /** Epoch ms. */
  timestamp?: number;
  content: Block[];
  usage?: Usage;
  stopReason?: string;
  /** Absent for assistant and tool messages. */
  origin?: Origin;
  /** False for what the source agent would no longer send to its model. */
  inContext: boolean;
  extra?: JsonObject;
}
