import type { JsonValue } from "../session/json.ts";

/** The model APIs that the loopback server speaks. */
export const WIRES = ["anthropic", "responses", "chat", "gemini"] as const;

export type Wire = (typeof WIRES)[number];

/** One tool call that a scripted turn makes. A string `input` becomes a freeform call where the wire has those. */
export interface ScriptedCall {
  id?: string;
  name: string;
  input: JsonValue;
}

/** What the model "says" in answer to one main request. */
export interface ScriptedTurn {
  text?: string;
  reasoning?: string;
  toolCalls?: ScriptedCall[];
}

/** One request as the server saw it. */
export interface RecordedRequest {
  /** Counted from 0 over everything the server received. */
  index: number;
  method: string;
  /** Path and query. */
  path: string;
  /** Absent when the request is not one of a known model API. */
  wire?: Wire;
  /**
   * A title, summary, classification or token count that the agent makes beside the conversation:
   * it gets a fixed answer and takes no scripted turn.
   */
  auxiliary: boolean;
  /** True when it was answered with an error: unknown path, unreadable or too large body, too many requests. */
  refused: boolean;
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
