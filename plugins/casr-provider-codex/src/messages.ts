import type { History, JsonObject, Message, World } from "casr-cli/provider";
import { Assembler, type PieceSource } from "./assemble.ts";
import { quietEnvelope, sessionLines, type Segment } from "./chain.ts";
import { usageOf } from "./header.ts";
import { readItem } from "./items.ts";
import type { ItemContext, Piece } from "./piece.ts";
import { arrayOf, isObject, objectOf, stringOf } from "./json.ts";
import { sniff, type Envelope } from "./native.ts";
import type { Scan } from "./scan.ts";
import type { ScanStart, Turn } from "./turn.ts";
import { viewOf } from "./view.ts";

/** Line types that the second pass looks into even where the view does not ask for them. */
const TELLING = new Set(["turn_context", "token_usage_record"]);

/** A thought that casr wrote for people: it stands in an event only and is not sent. */
function displayedThought(envelope: Envelope): Piece[] {
  const text = stringOf(envelope.payload, "text");
  if (text === undefined || text === "") return [];
  return [{ speaker: "assistant", blocks: [{ type: "reasoning", text, displayOnly: true }] }];
}

/** What older versions wrote for a message between agents. */
function communication(payload: JsonObject): JsonObject {
  return { type: "agent_message", author: payload["author"] ?? null, content: payload["content"] ?? null };
}

/** What the second pass knows when it comes to a line. */
export interface MessagesStart {
  /** How many messages stand before it. */
  messages: number;
  /** What answers from here on. */
  model?: string;
  /** Responses are told by records of their own. */
  precise: boolean;
}

/** What the second pass may be given besides the lines. */
export interface MessagesOptions {
  history: History;
  /** The line to begin at; default the first. */
  start?: ScanStart & MessagesStart;
  /** Told of the last prompt of a session before it is given. */
  atTurn?: (turn: Turn, start: MessagesStart) => void;
}

/** Second pass: the messages of one history of a session, parsed line by line. */
export async function* messagesOf(
  segments: Segment[],
  scan: Scan,
  { history, start, atTurn }: MessagesOptions,
  world: World,
): AsyncIterable<Message> {
  const view = viewOf(scan.replay, history);
  const assembler = new Assembler(view.unanswered, start?.messages ?? 0);
  const context: ItemContext = {
    world,
    path: segments.at(-1)!.path,
    callNames: new Map(),
    failed: scan.failed,
    warned: new Set(),
  };
  let model = start?.model;
  let precise = start?.precise ?? false;
  for await (const { record, line } of sessionLines(segments, world, start)) {
    world.signal.throwIfAborted();
    const inContext = view.lines.get(record);
    const parts = view.parts.get(record);
    const wanted = inContext !== undefined || parts !== undefined;
    if (!wanted) {
      const head = sniff(line.bytes);
      // `token_count` follows each response in files that have no `token_usage_record`.
      const telling =
        head !== undefined && (TELLING.has(head.type) || (head.kind === "token_count" && !precise));
      if (!telling) continue;
    }
    const envelope = quietEnvelope(line);
    if (envelope === undefined) continue;
    const { type, payload } = envelope;
    // The summary as the model wrote it; the compaction behind it holds it again.
    if (inContext === false && envelope.metadata?.["compaction_output"] === true) continue;
    const timestamp = world.toolkit.parseTimestamp(envelope.timestamp);
    const source: PieceSource = {
      inContext: inContext ?? true,
      ...(timestamp === undefined ? {} : { timestamp }),
      ...(model === undefined ? {} : { model }),
    };
    let pieces: Piece[] = [];
    if (type === "turn_context") model = stringOf(payload, "model") ?? model;
    else if (type === "token_usage_record") {
      precise = true;
      yield* assembler.endResponse(usageOf(objectOf(payload, "usage")));
    } else if (type === "response_item") pieces = readItem(payload, envelope, record, context);
    else if (type === "inter_agent_communication")
      pieces = readItem(communication(payload), envelope, record, context);
    else if (type === "compacted") {
      const items = scan.replay.made.get(record) ?? arrayOf(payload, "replacement_history");
      pieces = items.flatMap((item, part) =>
        parts?.has(part) === true && isObject(item) ? readItem(item, { type, payload }, record, context) : [],
      );
    } else if (type === "event_msg") {
      if (wanted) pieces = displayedThought(envelope);
      else if (!precise)
        yield* assembler.endResponse(usageOf(objectOf(objectOf(payload, "info"), "last_token_usage")));
    }
    if (record === scan.turn?.record && atTurn !== undefined) {
      yield* assembler.finish();
      const messages = assembler.count;
      atTurn(scan.turn, { messages, precise, ...(model === undefined ? {} : { model }) });
    }
    for (const piece of pieces) yield* assembler.push(piece, source);
  }
  yield* assembler.finish();
}
