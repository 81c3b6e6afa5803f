import type { JsonObject, JsonValue, World } from "casr-cli/provider";
import { sessionLines, type Segment, type SessionLine } from "./chain.ts";
import { typedText, startsTurn } from "./context.ts";
import { arrayOf, numberOf, objectOf, stringOf } from "./json.ts";
import { isBlank, LINE_TYPES, sniff, toEnvelope, type Envelope, type LineHead } from "./native.ts";
import { Replay, slotOf, type Slot } from "./replay.ts";
import { isTurn, turnAt, type ScanFacts, type ScanStart, type Turn } from "./turn.ts";

/** What one pass over a session's lines tells, besides the shape of its history. */
export interface Scan extends ScanFacts {
  replay: Replay;
  records: { total: number; malformed: number };
  /** Ids of calls that failed though their output does not say so. */
  failed: Set<string>;
  /** Sessions of subagents started from this one. */
  children: Set<string>;
  /** Timestamp of the last line of the session's own file, as text. */
  lastTime?: string;
  /** The last prompt, where nothing behind it compacts the history or takes anything back. */
  turn?: Turn;
  /** Something was compacted or taken back. */
  isRevised: boolean;
  /** Short digests of the ids of calls before the first line that was read. */
  idsBefore: ReadonlySet<string>;
}

const SILENT_EVENTS = new Set([
  "agent_message",
  "agent_reasoning_raw_content",
  "exec_command_begin",
  "exec_command_end",
  "exec_command_output_delta",
  "patch_apply_begin",
  "patch_apply_end",
  "task_started",
  "task_complete",
  "turn_aborted",
  "thread_settings_applied",
  "web_search_end",
]);
const SILENT_LINES = new Set([
  "world_state",
  "token_usage_record",
  "retained_context",
  "security_risk_score",
  "realtime_item",
]);
const TELLING_ITEMS =
  /"item":\{"type":"(?:UserMessage|SubAgentActivity|CollabAgentToolCall|McpToolCall|DynamicToolCall)"/;
/** Ids of other letters than ASCII have to be parsed. */
const OUTPUT_ID = /^(?:"id":"[^"\\]*",)?"call_id":"([^"\\\u0080-\u00ff]+)",/;
const ASSISTANT = /^(?:"(?:id|status|phase)":"[^"\\]*",)*"role":"assistant",/;

/** Whether a line can be passed over without parsing it. */
function isSilent(head: LineHead): boolean {
  if (SILENT_LINES.has(head.type)) return true;
  if (head.type !== "event_msg" || head.kind === undefined) return false;
  if (SILENT_EVENTS.has(head.kind)) return true;
  return (
    head.kind === "item_completed" && head.rest.includes('"item":{"type":"') && !TELLING_ITEMS.test(head.rest)
  );
}

/** The slot of a response item that its first bytes describe fully; undefined when it must be parsed. */
function sniffedSlot(head: LineHead, record: number, calls: ReadonlyMap<string, string>): Slot | undefined {
  if (head.type !== "response_item") return undefined;
  const slot: Slot = { record, part: -1, startsTurn: false, trims: false };
  if (head.kind === "reasoning") return slot;
  if (head.kind === "message") return ASSISTANT.test(head.rest) ? slot : undefined;
  if (head.kind !== "function_call_output" && head.kind !== "custom_tool_call_output") return undefined;
  const id = OUTPUT_ID.exec(head.rest)?.[1];
  if (id === undefined) return undefined;
  // The call's own string: the one out of the line's head would keep all of the head.
  slot.output = {
    id: calls.get(id) ?? id,
    pairing: head.kind === "function_call_output" ? "function" : "custom",
  };
  return slot;
}

function noteItem(item: JsonObject, scan: Scan): void {
  switch (stringOf(item, "type")) {
    case "UserMessage":
      if (!scan.previewIsTyped) {
        const texts = arrayOf(item, "content").map((part) => stringOf(part, "text") ?? "");
        notePreview(texts.join("\n"), scan, true);
      }
      break;
    case "SubAgentActivity": {
      const child = stringOf(item, "agent_thread_id");
      if (child !== undefined) scan.children.add(child.toLowerCase());
      break;
    }
    case "CollabAgentToolCall":
      for (const child of arrayOf(item, "receiver_thread_ids")) {
        if (typeof child === "string") scan.children.add(child.toLowerCase());
      }
      break;
    case "McpToolCall":
    case "DynamicToolCall": {
      const id = stringOf(item, "id");
      if (id !== undefined && item["status"] === "failed") scan.failed.add(id);
      break;
    }
  }
}

/** The first prompt: as its event shows what a person typed, else as the model was told it. */
function notePreview(text: string, scan: Scan, isTyped: boolean): void {
  if (text.trim() === "" || scan.previewIsTyped) return;
  if (scan.preview !== undefined && !isTyped) return;
  scan.preview = text;
  scan.previewIsTyped = isTyped;
}

function noteEvent(payload: JsonObject, scan: Scan): void {
  switch (stringOf(payload, "type")) {
    case "user_message":
      notePreview(stringOf(payload, "message") ?? "", scan, true);
      break;
    case "item_completed": {
      const item = objectOf(payload, "item");
      if (item !== undefined) noteItem(item, scan);
      break;
    }
    case "collab_agent_spawn_end": {
      const child = stringOf(payload, "new_thread_id");
      if (child !== undefined) scan.children.add(child.toLowerCase());
      break;
    }
    case "mcp_tool_call_end": {
      const id = stringOf(payload, "call_id");
      const result: JsonValue | undefined = payload["result"];
      const ok = objectOf(result, "Ok");
      const failed =
        ok === undefined
          ? objectOf(payload, "result") !== undefined
          : ok["is_error"] === true || ok["isError"] === true;
      if (id !== undefined && failed) scan.failed.add(id);
      break;
    }
    case "token_count": {
      const total = objectOf(objectOf(payload, "info"), "total_token_usage");
      if (total !== undefined) scan.usage = total;
      break;
    }
    case "thread_rolled_back":
      noteRevision(scan);
      scan.replay.rollBack(Math.trunc(numberOf(payload, "num_turns") ?? 0));
      break;
  }
}

function noteRevision(scan: Scan): void {
  scan.isRevised = true;
  delete scan.turn;
}

function noteLine(envelope: Envelope, at: SessionLine, scan: Scan, world: World): void {
  const { type, payload } = envelope;
  const { record } = at;
  switch (type) {
    case "response_item": {
      const slot = slotOf(payload, record, -1, world.toolkit);
      if (isTurn(slot)) scan.turn = turnAt(slot.record, at.line.offset, scan);
      scan.replay.push(slot);
      if (scan.preview === undefined && startsTurn(payload)) notePreview(typedText(payload), scan, false);
      break;
    }
    case "inter_agent_communication":
      scan.replay.push({ record, part: -1, startsTurn: true, trims: false });
      break;
    case "compacted":
      noteRevision(scan);
      if (!scan.replay.compact(payload, record)) scan.records.malformed += 1;
      break;
    case "event_msg":
      // Thoughts that casr wrote for people only stand in events; they come and go with their turn.
      if (envelope.casr !== undefined && stringOf(payload, "type") === "agent_reasoning") {
        scan.replay.push({ record, part: -1, startsTurn: false, trims: false });
      } else noteEvent(payload, scan);
      break;
    case "turn_context": {
      const model = stringOf(payload, "model");
      const cwd = stringOf(payload, "cwd");
      if (model !== undefined) scan.model = model;
      if (cwd !== undefined && at.segment.own) scan.cwd = cwd;
      break;
    }
  }
}

/**
 * First pass over a session, or over its lines from `start` on: replays its history in slots and notes what the
 * header needs. Lines that do not matter are recognised by their first bytes and never parsed.
 */
export async function scanSession(segments: Segment[], world: World, start?: ScanStart): Promise<Scan> {
  const scan: Scan = {
    replay: new Replay(world.toolkit),
    records: { total: 0, malformed: 0, ...start?.records },
    previewIsTyped: false,
    ...start?.facts,
    failed: new Set(),
    children: new Set(start?.children),
    isRevised: false,
    idsBefore: start?.idsBefore ?? new Set(),
  };
  const unknown = new Set<string>();
  /** Ids of calls without an answer so far. */
  const calls = new Map<string, string>();
  const torn = (path: string): void => {
    scan.records.malformed += 1;
    world.warn({ code: "torn-file", message: "the file breaks off; what stands before that is used", path });
  };
  for await (const at of sessionLines(segments, world, start, torn)) {
    const { record, line, segment } = at;
    world.signal.throwIfAborted();
    if (isBlank(line)) continue;
    scan.records.total += 1;
    const head = sniff(line.bytes);
    const time = head?.timestamp;
    if (segment.own && time !== undefined) noteTime(time, scan);
    if (head !== undefined && isSilent(head)) continue;
    const slot = head === undefined ? undefined : sniffedSlot(head, record, calls);
    if (slot !== undefined) {
      scan.replay.push(slot);
      if (slot.output !== undefined) calls.delete(slot.output.id);
      continue;
    }
    const value = world.toolkit.parseJsonLine(line, segment.path);
    const envelope = value === undefined ? undefined : toEnvelope(value);
    if (envelope === undefined) {
      // Old files hold `{"record_type":"state"}` lines, which say nothing.
      if (value === undefined || value["record_type"] === undefined) scan.records.malformed += 1;
      continue;
    }
    if (head === undefined && segment.own && envelope.timestamp !== undefined)
      noteTime(envelope.timestamp, scan);
    if (!LINE_TYPES.has(envelope.type) && !unknown.has(envelope.type)) {
      unknown.add(envelope.type);
      world.warn({
        code: "unknown-record",
        message: `lines of type ${JSON.stringify(envelope.type.slice(0, 60))} are not known`,
        path: segment.path,
        line: line.number,
      });
    }
    noteLine(envelope, at, scan, world);
    const call = stringOf(envelope.payload, "call_id");
    if (call !== undefined && envelope.type === "response_item") calls.set(call, call);
  }
  if (scan.replay.opaque > 0) {
    world.warn({
      code: "opaque-compaction",
      message:
        "the service compacted this session into a summary that only it can read; the messages before it are used instead",
      path: segments.at(-1)!.path,
    });
  }
  return scan;
}

function noteTime(time: string, scan: Scan): void {
  scan.firstTime ??= time;
  scan.lastTime = time;
}
