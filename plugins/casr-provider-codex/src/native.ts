import type { JsonObject, JsonValue, Line } from "casr-cli/provider";
import { isObject, stringOf } from "./json.ts";

/** One line of a session file (codex-cli 0.169.0; `ordinal` only in paginated files). */
export interface Envelope {
  timestamp?: string;
  ordinal?: number;
  type: string;
  payload: JsonObject;
  metadata?: JsonObject;
  /** casr's own note on a line it wrote; Codex ignores and keeps it. */
  casr?: JsonObject;
}

/** What the first bytes of a line tell without parsing it. */
export interface LineHead {
  timestamp: string;
  ordinal?: number;
  type: string;
  /** `payload.type` of events and response items. */
  kind?: string;
  /** The raw bytes after the payload's type, for further looks. */
  rest: string;
}

const HEAD =
  /^\{"timestamp":"([^"\\]*)",(?:"ordinal":(\d+),)?"type":"(\w+)","payload":\{(?:"type":"(\w+)",?)?/;
const HEAD_BYTES = 480;
const CLOSING_BRACE = 0x7d;

/**
 * Reads the start of a line in the key order Codex writes. Undefined when the line looks different or
 * does not end like a complete object: then it has to be parsed.
 */
export function sniff(bytes: Uint8Array): LineHead | undefined {
  if (bytes.at(-1) !== CLOSING_BRACE) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD_BYTES)).toString(
    "latin1",
  );
  const match = HEAD.exec(text);
  if (match === null) return undefined;
  return {
    timestamp: match[1] ?? "",
    ...(match[2] === undefined ? {} : { ordinal: Number(match[2]) }),
    type: match[3] ?? "",
    ...(match[4] === undefined ? {} : { kind: match[4] }),
    rest: text.slice(match[0].length),
  };
}

/** Response items as bare lines, without an envelope, as versions before about September 2025 wrote them. */
const BARE_ITEMS = new Set([
  "message",
  "reasoning",
  "function_call",
  "function_call_output",
  "local_shell_call",
]);

/** The envelope of a parsed line; undefined for what Codex would pass over as well. */
export function toEnvelope(value: JsonObject): Envelope | undefined {
  const type = stringOf(value, "type");
  const payload = value["payload"];
  if (type !== undefined && isObject(payload)) {
    const timestamp = stringOf(value, "timestamp");
    const ordinal = value["ordinal"];
    const metadata = value["metadata"];
    const casr = value["casr"];
    return {
      ...(timestamp === undefined ? {} : { timestamp }),
      ...(typeof ordinal === "number" ? { ordinal } : {}),
      type,
      payload,
      ...(isObject(metadata) ? { metadata } : {}),
      ...(isObject(casr) ? { casr } : {}),
    };
  }
  if (payload !== undefined) return undefined;
  if (type !== undefined && BARE_ITEMS.has(type)) return { type: "response_item", payload: value };
  const isHeader =
    type === undefined && typeof value["id"] === "string" && typeof value["timestamp"] === "string";
  return isHeader
    ? { timestamp: stringOf(value, "timestamp")!, type: "session_meta", payload: value }
    : undefined;
}

/** `content_item_kinds` of an item (0.147 and newer): what made each content part. */
export function contentKinds(item: JsonObject): (string | undefined)[] {
  const passthrough = item["internal_chat_message_metadata_passthrough"];
  const kinds: JsonValue | undefined = isObject(passthrough) ? passthrough["content_item_kinds"] : undefined;
  return Array.isArray(kinds) ? kinds.map((kind) => (typeof kind === "string" ? kind : undefined)) : [];
}

/** Whether a line is blank. */
export function isBlank(line: Line): boolean {
  return line.bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** Every `type` of a line that codex-cli 0.169.0 knows. */
export const LINE_TYPES = new Set([
  "session_meta",
  "response_item",
  "compacted",
  "inter_agent_communication",
  "inter_agent_communication_metadata",
  "event_msg",
  "turn_context",
  "world_state",
  "token_usage_record",
  "retained_context",
  "security_risk_score",
  "realtime_item",
  "rollout_reference",
]);
