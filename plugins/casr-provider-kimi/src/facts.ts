import type { JsonObject } from "casr-cli/provider";
import { messageTokens } from "./estimate.ts";
import { numberAt, objectAt, objectsIn, stringAt } from "./json.ts";
import { partKind, storedCall, summaryOf } from "./parts.ts";

/** What is known of a stored message without its text. */
export interface MessageFacts {
  kind: "message";
  role: string;
  id?: string;
  /** It holds something to yield. */
  speaks: boolean;
  /** A person's prompt: what is taken back is counted in these. */
  isPrompt: boolean;
  /** It outlives a compaction; with its size in tokens. */
  keptTokens?: number;
  isSummary: boolean;
  /** It is sent as one with its neighbours of the same kind. */
  isJoined: boolean;
  /** It was injected, as what, and for which prompt. */
  variant?: string;
  owner?: string;
}

/** One event of the model's answer. */
export interface EventFacts {
  kind: "begin" | "end" | "part" | "call" | "result";
  /** The step it belongs to; of a result: its call. */
  of: string;
  /** Of a call. */
  callId?: string;
  /** Of a part: it holds something that counts. */
  speaks?: boolean;
  /** The step did not come to its end. */
  isBroken?: boolean;
}

/** A compaction, an undo or a clearing. */
export interface TurnFacts {
  kind: "compaction" | "undo" | "clear";
  /** Of a compaction: it has a summary. */
  speaks?: boolean;
  /** Of an undo: prompts taken back; of an older compaction: messages that the summary replaces. */
  count?: number;
  /** How many of the person's messages were kept, in compactions that keep them. */
  keeps?: number;
}

export type Facts = MessageFacts | EventFacts | TurnFacts;

/** What a record of the conversation is, by its type without `context.`; undefined for one that changes nothing. */
export function factsOf(type: string, record: JsonObject): Facts | undefined {
  switch (type) {
    case "append_message":
      return messageFacts(objectAt(record, "message"));
    case "append_loop_event":
      return eventFacts(objectAt(record, "event"));
    case "clear":
      return { kind: "clear" };
    case "undo": {
      const count = numberAt(record, "count") ?? 0;
      return Number.isSafeInteger(count) && count > 0 ? { kind: "undo", count } : undefined;
    }
    case "apply_compaction": {
      const count = numberAt(record, "compactedCount") ?? numberAt(record, "count") ?? 0;
      const keeps = record["legacyTail"] === true ? undefined : numberAt(record, "keptUserMessageCount");
      const isTold = summaryOf(record) !== "";
      return { kind: "compaction", count, speaks: isTold, ...(keeps === undefined ? {} : { keeps }) };
    }
    default:
      return undefined;
  }
}

/** Whether a person asked for it: typed, or a skill or command called by its slash (`isUndoAnchorOrigin`). */
function isAsked(origin: JsonObject | undefined): boolean {
  if (origin === undefined || origin["kind"] === "user") return true;
  return (
    (origin["kind"] === "skill_activation" || origin["kind"] === "plugin_command") &&
    origin["trigger"] === "user-slash"
  );
}

function messageFacts(message: JsonObject | undefined): MessageFacts | undefined {
  const role = stringAt(message, "role");
  if (message === undefined || role === undefined) return undefined;
  const origin = objectAt(message, "origin");
  const { content } = message;
  const id = stringAt(message, "id");
  const isInjected = origin?.["kind"] === "injection";
  const owner = stringAt(origin, "ownerPromptId");
  const isOwn = role === "user" && isAsked(origin);
  return {
    kind: "message",
    role,
    ...(id === undefined ? {} : { id }),
    speaks: speaks(role, message),
    isPrompt: isOwn && origin?.["inTurn"] !== true,
    isSummary: origin?.["kind"] === "compaction_summary",
    isJoined: role === "user" && origin?.["kind"] === "user",
    ...(isOwn ? { keptTokens: messageTokens(content) } : {}),
    ...(isInjected ? { variant: stringAt(origin, "variant") ?? "" } : {}),
    ...(isInjected && owner !== undefined ? { owner } : {}),
  };
}

/** Whether a stored message has something to yield. */
function speaks(role: string, message: JsonObject): boolean {
  if (role === "tool") return (stringAt(message, "toolCallId") ?? "") !== "";
  const { content } = message;
  const parts = typeof content === "string" ? [{ type: "text", text: content }] : objectsIn(content);
  const kinds = new Set(parts.map(partKind));
  if (role !== "assistant") return kinds.has("text") || kinds.has("media");
  const hasCalls = objectsIn(message["toolCalls"]).some((call) => storedCall(call) !== undefined);
  return hasCalls || kinds.has("text") || kinds.has("think");
}

function eventFacts(event: JsonObject | undefined): EventFacts | undefined {
  const step = stringAt(event, "stepUuid") ?? stringAt(event, "uuid") ?? "";
  switch (event?.["type"]) {
    case "step.begin":
      return { kind: "begin", of: stringAt(event, "uuid") ?? "" };
    case "step.end": {
      const reason = event["finishReason"];
      return { kind: "end", of: step, isBroken: reason === "interrupted" || reason === "error" };
    }
    case "content.part":
      return { kind: "part", of: step, speaks: /^(?:text|think)$/.test(partKind(event["part"])) };
    case "tool.call": {
      const callId = stringAt(event, "toolCallId");
      const isCall = callId !== undefined && callId !== "" && stringAt(event, "name");
      return isCall ? { kind: "call", of: step, callId } : undefined;
    }
    case "tool.result":
      return { kind: "result", of: stringAt(event, "toolCallId") ?? "" };
    default:
      return undefined;
  }
}
