import type { JsonObject } from "../../session/json.ts";
import type { ScriptedError, ScriptedErrorKind, Wire } from "../types.ts";
import { eventReply, jsonReply, type Reply, type ReplyContext } from "./reply.ts";

/** How a kind of error is called on each wire. OpenAI: `[type, code]`. */
interface Names {
  status: Record<"anthropic" | "openai" | "gemini", number>;
  anthropic: string;
  openai: [type: string, code: string | null];
  gemini: string;
  message: string;
}

const all = (status: number): Names["status"] => ({ anthropic: status, openai: status, gemini: status });

/**
 * Names as the vendors document them. For `too-long` the words count as well: Claude Code looks for
 * "prompt is too long", Codex for the code `context_length_exceeded`.
 */
const ERRORS: Record<ScriptedErrorKind, Names> = {
  "rate-limit": {
    status: all(429),
    anthropic: "rate_limit_error",
    openai: ["rate_limit_exceeded", "rate_limit_exceeded"],
    gemini: "RESOURCE_EXHAUSTED",
    message: "Rate limit reached. Please try again later.",
  },
  server: {
    status: all(500),
    anthropic: "api_error",
    openai: ["server_error", "server_error"],
    gemini: "INTERNAL",
    message: "Internal server error",
  },
  overloaded: {
    status: { anthropic: 529, openai: 503, gemini: 503 },
    anthropic: "overloaded_error",
    openai: ["service_unavailable_error", "server_is_overloaded"],
    gemini: "UNAVAILABLE",
    message: "Overloaded",
  },
  "too-long": {
    status: all(400),
    anthropic: "invalid_request_error",
    openai: ["invalid_request_error", "context_length_exceeded"],
    gemini: "INVALID_ARGUMENT",
    message: "prompt is too long: 250000 tokens > 200000 maximum",
  },
  invalid: {
    status: all(400),
    anthropic: "invalid_request_error",
    openai: ["invalid_request_error", null],
    gemini: "INVALID_ARGUMENT",
    message: "Invalid request",
  },
  unauthorized: {
    status: all(401),
    anthropic: "authentication_error",
    openai: ["invalid_request_error", "invalid_api_key"],
    gemini: "UNAUTHENTICATED",
    message: "Invalid authentication credentials",
  },
};

/** An error as the service behind a wire would answer it. */
export function renderError(wire: Wire, error: ScriptedError, context: ReplyContext): Reply {
  const names = ERRORS[error.kind];
  const family = wire === "anthropic" || wire === "gemini" ? wire : "openai";
  const status = names.status[family];
  const message = error.message ?? names.message;
  const body = errorBody(wire, names, status, message, error, context);
  if (error.inStream === true && context.stream === "events")
    return inStream(wire, body, names, message, context);
  const headers: Record<string, string> = {};
  if (error.retryAfterSeconds !== undefined) headers["retry-after"] = String(error.retryAfterSeconds);
  return { ...jsonReply(body, status), headers };
}

function errorBody(
  wire: Wire,
  names: Names,
  status: number,
  message: string,
  error: ScriptedError,
  context: ReplyContext,
): JsonObject {
  if (wire === "anthropic") {
    const request_id = `req_probe_${context.sequence}`;
    return { type: "error", error: { type: names.anthropic, message }, request_id };
  }
  if (wire === "gemini") {
    const retry = {
      "@type": "type.googleapis.com/google.rpc.RetryInfo",
      retryDelay: `${error.retryAfterSeconds}s`,
    };
    const details = error.retryAfterSeconds === undefined ? [] : [retry];
    return { error: { code: status, message, status: names.gemini, details } };
  }
  const [type, code] = names.openai;
  return { error: { message, type, param: null, code } };
}

/** The error after the head of a stream, which already said 200. */
function inStream(
  wire: Wire,
  body: JsonObject,
  names: Names,
  message: string,
  { sequence, model }: ReplyContext,
): Reply {
  if (wire === "anthropic") {
    const usage = { input_tokens: 10, output_tokens: 0 };
    const start = {
      type: "message_start",
      message: {
        id: `msg_probe_${sequence}`,
        type: "message",
        role: "assistant",
        model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage,
      },
    };
    return eventReply([start, body], { named: true });
  }
  if (wire !== "responses") return eventReply([body], { named: false });
  const response = { id: `resp_probe_${sequence}`, object: "response", created_at: 0, model, output: [] };
  const failed = {
    ...response,
    status: "failed",
    error: { code: names.openai[1] ?? names.openai[0], message },
  };
  return eventReply(
    [
      { type: "response.created", sequence_number: 0, response: { ...response, status: "in_progress" } },
      { type: "response.failed", sequence_number: 1, response: failed },
    ],
    { named: true },
  );
}
