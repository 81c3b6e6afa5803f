import type { JsonValue } from "../session/json.ts";

/** The model APIs that the loopback server speaks. */
export const WIRES = ["anthropic", "responses", "chat", "gemini"] as const;

export type Wire = (typeof WIRES)[number];

/** One tool call that a scripted turn makes. A string `input` becomes a freeform call where the wire has those. */
export interface ScriptedCall {
  id?: string;
  name: string;
  /** Responses alone: the namespace of the tool, as in an MCP server's. */
  namespace?: string;
  input: JsonValue;
  /** What is called where the request declares no tool of this name; null: nothing. Called all the same when missing. */
  otherwise?: ScriptedCall | null;
}

/** What a model service fails with. Each wire says it in its own words. */
export type ScriptedErrorKind =
  /** 429. */
  | "rate-limit"
  /** 500. */
  | "server"
  /** Too many requests for the service as a whole: 529 (Anthropic), 503 elsewhere. */
  | "overloaded"
  /** 400: the conversation does not fit the model's window. Agents compact it then. */
  | "too-long"
  /** 400. */
  | "invalid"
  /** 401. */
  | "unauthorized";

export interface ScriptedError {
  kind: ScriptedErrorKind;
  message?: string;
  /** Seconds, told as `retry-after` (and in the body where the wire has a place for it); agents choose by themselves when missing. */
  retryAfterSeconds?: number;
  /** Status 200 and the error as an event of the stream that has begun. Without effect on a request that is not streamed. */
  inStream?: boolean;
}

/**
 * What the model "says" in answer to one main request. A turn with an error says nothing else, and is used up by
 * the one request that gets it: when the agent asks again, it gets the next turn.
 */
export interface ScriptedTurn {
  /** Only for a request with this in a text of the user's: one of several conversations, as with subagents. */
  to?: string;
  text?: string;
  reasoning?: string;
  toolCalls?: ScriptedCall[];
  error?: ScriptedError;
  /** Milliseconds to wait before the first byte of the answer. */
  delayMs?: number;
  /**
   * Never finishes: `silent` sends nothing at all, `midway` half of the answer's events. The connection stays open
   * until the agent gives up or the server is closed.
   */
  hang?: "silent" | "midway";
  /** Tokens of the request as the answer reports them. Default 10: agents compact a session that claims to fill the model's window. */
  inputTokens?: number;
}

/**
 * What a request is for.
 * `conversation`: the next step of the conversation; it takes a scripted turn.
 * `compaction`: asks for a summary that shall stand for the conversation.
 * `side`: a title, a classification and the like; gets a short fixed text.
 * `count`: asks for the number of tokens.
 */
export type Purpose = "conversation" | "compaction" | "side" | "count";

/** A request to a model API as a script sees it. */
export interface ModelRequest {
  wire: Wire;
  model: string;
  purpose: Purpose;
  /** How many requests of this purpose came before it. */
  nth: number;
  /** The conversation in it. */
  items: WireItem[];
  /** Names of the tools the model may call. */
  tools: string[];
  body: JsonValue;
}

/**
 * Answers to the main requests. A list gives each request its first turn that is for it, and loses that; the list may
 * be changed while the server runs. A turn of nothing but calls, none of which the request has a tool for, is passed
 * over. A function decides for each request; undefined, and a list that has nothing, is the fixed answer.
 */
export type Script =
  | ScriptedTurn[]
  | ((request: ModelRequest) => ScriptedTurn | undefined | Promise<ScriptedTurn | undefined>);

/** One request as the server saw it. */
export interface RecordedRequest {
  /** Counted from 0 over everything the server received. */
  index: number;
  method: string;
  /** Path and query. */
  path: string;
  /** Absent when the request is not one of a known model API. */
  wire?: Wire;
  /** Absent when the request is not one of a known model API, or was refused. */
  purpose?: Purpose;
  /** Every purpose but `conversation`, and everything that is no model request: it takes no scripted turn. */
  auxiliary: boolean;
  /**
   * True when the server answered with an error of its own: unknown path, another machine, unreadable or too large
   * body, too many requests. A scripted error is no refusal.
   */
  refused: boolean;
  /** Why it was refused. */
  refusal?: string;
  /** `host:port` of another machine that the agent wanted, taking the server for its HTTP proxy. Always refused. */
  proxyFor?: string;
  /** Parsed JSON body; null when there is none or it is not JSON. */
  body: JsonValue;
}

/** A picture by what it shows, not by how it was transported: agents move images between base64, data URLs and files. */
export interface WireImage {
  mediaType: string;
  /** sha256 (hex) of the decoded bytes, or of the URL when the image was not sent inline. */
  digest: string;
  bytes: number;
}

export type WireRole = "user" | "assistant" | "system";

/**
 * One thing that a request tells the model, in the order of the request.
 * The same conversation sent over two wires gives the same items but for what a wire cannot say.
 */
export type WireItem =
  | { kind: "user" | "assistant" | "system"; text: string }
  /** `readable: false` when all the model gets is an opaque blob of its own vendor. */
  | { kind: "reasoning"; text: string; readable: boolean }
  | { kind: "call"; id: string; name: string; input: JsonValue }
  /** `isError` is undefined on wires that have no such flag. */
  | { kind: "result"; callId: string; text: string; images: WireImage[]; isError: boolean | undefined }
  | { kind: "image"; role: WireRole; image: WireImage }
  | { kind: "document"; role: WireRole; mediaType: string; digest: string }
  /** Something no other agent could read: a provider-side compaction, a tool definition inside the input. */
  | { kind: "opaque"; type: string };
