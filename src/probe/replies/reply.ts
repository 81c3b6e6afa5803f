import type { ScriptedTurn } from "../types.ts";

/** What a wire's renderer needs to know besides the turn itself. */
export interface ReplyContext {
  /** Unique per answer: ids in the answer are made from it. */
  sequence: number;
  model: string;
  /** `list`: Gemini's stream as one JSON array. */
  stream: "events" | "list" | "no";
  /** Tools that take any text instead of JSON, where the wire lets a request say so. */
  freeform: ReadonlySet<string>;
}

/** An HTTP answer. */
export interface Reply {
  /** Default 200. */
  status?: number;
  headers?: Record<string, string>;
  contentType: "application/json" | "text/event-stream";
  body: string;
}

/** Turns what the model says into an answer of one wire. */
export type Render = (turn: ScriptedTurn, context: ReplyContext) => Reply;

/**
 * Token counts of an answer. Small on purpose: agents compact a session
 * whose last answer claims to have filled the model's window.
 */
export function usageOf(turn: ScriptedTurn): { input: number; output: number } {
  return { input: turn.inputTokens ?? 10, output: 5 };
}

/** The id of the `position`-th call of an answer. */
export function callId(context: ReplyContext, position: number): string {
  return `call_probe_${context.sequence}_${position}`;
}

export function jsonReply(value: unknown, status = 200): Reply {
  return { status, contentType: "application/json", body: wireJson(value) };
}

/** Server-sent events; `named` events carry their `type` as event name too. */
export function eventReply(events: readonly object[], options: { named: boolean; end?: string }): Reply {
  const lines = events.map((event) => {
    const data = `data: ${wireJson(event)}\n\n`;
    return options.named && "type" in event ? `event: ${String(event.type)}\n${data}` : data;
  });
  if (options.end !== undefined) lines.push(`data: ${options.end}\n\n`);
  return { contentType: "text/event-stream", body: lines.join("") };
}

/** JSON with the two line breaks escaped that only JavaScript knows, as Google's services do: Gemini CLI 0.61.0 ends an event there. */
function wireJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
}
