import type { Block, JsonObject, JsonValue, Message, World } from "casr-cli/provider";
import { noteIn, promptLine, type Run } from "./history.ts";
import { objectOf, stringOf } from "./json.ts";
import {
  ANSWER,
  linesOf,
  NOTE,
  QUOTE,
  RUN,
  THINKING,
  trimmed,
  unescapeLine,
  USER,
  type Piece,
} from "./native.ts";
import { unreadable } from "./faults.ts";

const HIDDEN_THOUGHTS =
  /^<thinking-content-7bbeb8e1441453ad999a0bbba8a46d4b>([^]*?)<\/thinking-content-7bbeb8e1441453ad999a0bbba8a46d4b>/u;

/** What stands between the texts of one message. */
export const PART_SEPARATOR = "\n\n";

/** The lines of a session, with the endings Aider would see. */
async function* pieces(run: Run, world: World): AsyncIterable<Piece> {
  let held: { text: string; next: number } | undefined;
  const split = function* (text: string, end: string): Iterable<Piece> {
    const lines = linesOf(text);
    for (const [index, piece] of lines.entries())
      yield index === lines.length - 1 ? { ...piece, end } : piece;
  };
  for await (const line of world.files.lines(run.history, {
    start: run.start,
    end: run.end,
    firstNumber: run.line,
  })) {
    world.signal.throwIfAborted();
    // Lines come without their endings: the gap between two tells which it was.
    if (held !== undefined) yield* split(held.text, line.offset - held.next === 2 ? "\r\n" : "\n");
    held = { text: line.text(), next: line.offset + line.bytes.length };
  }
  if (held !== undefined) yield* split(held.text, "\n");
}

/** The messages of a session, as Aider itself takes a history apart, one in memory at a time. */
export async function* messagesOf(run: Run, world: World): AsyncIterable<Message> {
  let index = 0;
  let role: "user" | "assistant" | undefined;
  let lines: Piece[] = [];
  let note: JsonObject = {};
  // What casr wrote is escaped; what Aider appends to it is not.
  let escaped = run.mark !== undefined;
  let first = true;
  const flush = function* (): Iterable<Message> {
    const written = lines
      .map(({ text: line, end }, at) => (at === lines.length - 1 ? line : line + end))
      .join("");
    const text = stringOf(note, "text") ?? written;
    const content = role === "user" ? promptBlocks(text, note) : answerBlocks(text, note, escaped);
    const speaker = role;
    lines = [];
    role = undefined;
    if (speaker === undefined || content.length === 0) return;
    const origin = speaker === "user" ? { origin: originOf(text, note) } : {};
    note = {};
    yield {
      index,
      role: speaker,
      content,
      inContext: true,
      ...origin,
      ...(index === 0 ? { timestamp: run.startedAt } : {}),
    };
    index += 1;
  };
  const take = function* (who: "user" | "assistant", piece: Piece): Iterable<Message> {
    if (role !== who) yield* flush();
    role = who;
    lines.push(piece);
  };
  for await (const piece of pieces(run, world)) {
    const { text } = piece;
    if (RUN.test(text)) {
      yield* flush();
      if (!first) escaped = false;
      first = false;
    } else if (text.startsWith(QUOTE)) {
      yield* flush();
      if (text.startsWith(NOTE)) note = escaped ? (noteIn(text) ?? {}) : {};
    } else if (text.startsWith(USER)) {
      yield* take("user", { ...piece, text: escaped ? text.slice(USER.length) : promptLine(text) });
    } else if (role === "assistant" || text.trim() !== "") {
      yield* take("assistant", escaped ? { ...piece, text: unescapeLine(text) } : piece);
      // Only a line that is kept apart ends a prompt.
    } else yield* flush();
  }
  yield* flush();
}

function originOf(text: string, note: JsonObject): NonNullable<Message["origin"]> {
  const origin = stringOf(note, "origin");
  if (origin === "injected" || origin === "command" || origin === "compaction") return origin;
  return origin === undefined && /^[/!]\S/u.test(text) ? "command" : "person";
}

function promptBlocks(text: string, note: JsonObject): Block[] {
  if (text.trim() === "") return [];
  if (stringOf(note, "origin") === "compaction") return [{ type: "compaction", summary: text }];
  return partsOf(text, note["parts"]).map((part) => ({ type: "text", text: part }));
}

function answerBlocks(text: string, note: JsonObject, escaped: boolean): Block[] {
  const bare = trimmed(text).text;
  if (bare === "") return [];
  const edges = objectOf(note, "edges");
  const whole = `${stringOf(edges, "before") ?? ""}${bare}${stringOf(edges, "after") ?? ""}`;
  if (escaped) return partsOf(whole, note["parts"]).map((part) => ({ type: "text", text: part }));
  const { thought, answer } = thoughtIn(bare);
  return [
    ...(thought === "" ? [] : [{ type: "reasoning" as const, text: thought }]),
    ...(answer === "" ? [] : [{ type: "text" as const, text: answer }]),
  ];
}

/** The thoughts Aider showed before an answer. */
function thoughtIn(text: string): { thought: string; answer: string } {
  if (text.startsWith(THINKING)) {
    const end = text.indexOf(ANSWER);
    if (end !== -1)
      return {
        thought: text.slice(THINKING.length, end).trim(),
        answer: text.slice(end + ANSWER.length).trim(),
      };
  }
  const hidden = HIDDEN_THOUGHTS.exec(text);
  if (hidden === null) return { thought: "", answer: text };
  return { thought: hidden[1]!.trim(), answer: text.slice(hidden[0].length).trim() };
}

/** A text in its parts: their lengths as casr noted them, when they still fit it. */
function partsOf(text: string, lengths: JsonValue | undefined): string[] {
  if (!Array.isArray(lengths)) return [text];
  const parts: string[] = [];
  let at = 0;
  for (const length of lengths) {
    if (!Number.isSafeInteger(length) || (length as number) < 1) return [text];
    parts.push(text.slice(at, at + (length as number)));
    at += (length as number) + PART_SEPARATOR.length;
  }
  return parts.join(PART_SEPARATOR) === text ? parts : [text];
}

/** How many messages there are; `source-unreadable` when there are none. */
export async function countMessages(run: Run, world: World): Promise<number> {
  let count = 0;
  for await (const _ of messagesOf(run, world)) count += 1;
  if (count === 0) throw unreadable(`${run.history} holds no conversation`, run.history);
  return count;
}
