import type { JsonObject, JsonValue, World } from "casr-cli/provider";
import { parseJson } from "./json.ts";

const ROLE = /^(user|assistant|A):\s*$/u;
const MARKER = /^\[(Thinking|Tool call|Tool result)\](?: (.*))?$/u;
const ARGUMENT = /^ {2}([A-Za-z_][\w-]*):(?: (.*))?$/u;

interface Call {
  id: string;
  name: string;
}

/** What the lines being read belong to. */
type Piece =
  | { kind: "text" | "thought" | "result"; lines: string[]; name?: string }
  | { kind: "call"; call: Call; lines: string[] };

/**
 * Reads the plain text of older transcripts (2025): `user:` and `assistant:` on lines of their own; in answers
 * `[Thinking] …`, `[Tool call] Name` with indented arguments, and `[Tool result] Name`, mostly with nothing behind
 * it. Gives records of the form the later transcripts have; results are records of the role `tool`. A thought ends at
 * a blank line, as nothing else tells where the answer begins.
 */
export async function* textRecords(path: string, world: World): AsyncIterable<JsonObject> {
  const reader = new TextTranscript();
  for await (const line of world.files.lines(path)) {
    world.signal.throwIfAborted();
    yield* reader.push(line.text());
  }
  yield* reader.finish();
}

class TextTranscript {
  #role: "user" | "assistant" | undefined;
  /** A line that names a role inside of a prompt is a person's. */
  #isQuoted = false;
  #piece: Piece | undefined;
  #parts: JsonObject[] = [];
  /** Calls whose results are still to come. */
  #open: Call[] = [];
  #calls = 0;

  *push(line: string): Iterable<JsonObject> {
    const role = this.#isQuoted ? undefined : ROLE.exec(line)?.[1];
    if (role !== undefined) {
      yield* this.#endMessage();
      this.#role = role === "user" ? "user" : "assistant";
      return;
    }
    if (this.#role === "user") {
      if (line.includes("<user_query>")) this.#isQuoted = true;
      if (line.includes("</user_query>")) this.#isQuoted = false;
      this.#add(line, "text");
    } else if (this.#role === "assistant") yield* this.#answer(line);
  }

  *finish(): Iterable<JsonObject> {
    yield* this.#endMessage();
  }

  *#answer(line: string): Iterable<JsonObject> {
    const [, marker, rest = ""] = MARKER.exec(line) ?? [];
    if (marker === "Thinking") {
      yield* this.#endPiece();
      this.#piece = { kind: "thought", lines: [rest] };
    } else if (marker === "Tool call") {
      yield* this.#endPiece();
      this.#calls += 1;
      const call = { id: `call_${this.#calls}`, name: rest.trim() };
      this.#piece = { kind: "call", call, lines: [] };
    } else if (marker === "Tool result") {
      yield* this.#endPiece();
      this.#piece = { kind: "result", name: rest.trim(), lines: [] };
    } else if (this.#endsHere(line)) {
      yield* this.#endPiece();
      this.#add(line, "text");
    } else this.#add(line, "text");
  }

  #endsHere(line: string): boolean {
    if (this.#piece?.kind === "thought") return line.trim() === "";
    return this.#piece?.kind === "call" && line.trim() !== "" && !/^\s/u.test(line) && !/^[{}]/u.test(line);
  }

  #add(line: string, kind: "text"): void {
    this.#piece ??= { kind, lines: [] };
    this.#piece.lines.push(line);
  }

  *#endPiece(): Iterable<JsonObject> {
    const piece = this.#piece;
    this.#piece = undefined;
    if (piece === undefined) return;
    const text = piece.lines.join("\n").trim();
    if (piece.kind === "call") {
      this.#open.push(piece.call);
      const { id, name } = piece.call;
      this.#parts.push({ type: "tool_use", id, name, input: argumentsIn(piece.lines) });
    } else if (piece.kind === "result") yield* this.#result(piece.name ?? "", text);
    else if (text !== "")
      this.#parts.push(piece.kind === "text" ? { type: "text", text } : { type: "reasoning", text });
  }

  /** The answer to the first call of that name that has none. One without words was not recorded. */
  *#result(name: string, text: string): Iterable<JsonObject> {
    const at = this.#open.findIndex((call) => call.name === name);
    const [call] = at === -1 ? [] : this.#open.splice(at, 1);
    if (call === undefined || text === "") return;
    yield* this.#endParts();
    const result = { type: "tool-result", toolCallId: call.id, toolName: name, result: text };
    yield { role: "tool", content: [result] };
  }

  *#endParts(): Iterable<JsonObject> {
    if (this.#parts.length > 0) yield { role: this.#role!, message: { content: this.#parts } };
    this.#parts = [];
  }

  *#endMessage(): Iterable<JsonObject> {
    this.#isQuoted = false;
    yield* this.#endPiece();
    yield* this.#endParts();
  }
}

/** Arguments of a call: one `name: value` a line, further lines of a value as they are, or JSON. */
function argumentsIn(lines: string[]): JsonValue {
  const whole = parseJson(lines.join("\n"));
  if (whole !== undefined) return whole;
  const found: [string, string][] = [];
  for (const line of lines) {
    const [, name, value = ""] = ARGUMENT.exec(line) ?? [];
    const last = found.at(-1);
    if (name !== undefined) found.push([name, value]);
    else if (last !== undefined) last[1] += `\n${line}`;
  }
  return Object.fromEntries(found.map(([name, text]) => [name, valueOf(text.trimEnd())]));
}

/** Numbers, flags, lists and objects are JSON; everything else is a text. */
function valueOf(text: string): JsonValue {
  if (!/^(?:-?\d|true$|false$|null$|[[{])/u.test(text)) return text;
  return parseJson(text) ?? text;
}
