/** The provider's slug. */
export const SLUG = "aider";

/** Name of the history in a project, as Aider has it without any settings. */
export const HISTORY = ".aider.chat.history.md";
/** Ending of the histories casr makes. */
export const OWN_ENDING = ".chat.history.md";

/** What every start of Aider writes (0.86, `io.py`): local time, without a zone. */
export const RUN = /^# aider chat started at (\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})\s*$/u;

export const USER = "#### ";
export const QUOTE = "> ";
/** What Aider puts at the end of lines it wants kept apart. */
export const BREAK = "  ";
/** Begins the notes of casr: quotes are for people, Aider's model never gets them. */
export const NOTE = "> casr: ";

/** Around a model's thoughts (0.86, `reasoning_tags.py`), as shown and as stored with `--no-pretty` of some models. */
export const THINKING = "--------------\n► **THINKING**";
export const ANSWER = "------------\n► **ANSWER**";

/** What Python's `splitlines` takes for the end of a line: so does Aider when it reads a history. */
const BOUNDARY = /\r\n|[\n\r\v\f\u001C-\u001E\u0085\u2028\u2029]/gu;

export interface Piece {
  text: string;
  /** The characters that end the line; "" for the last one. */
  end: string;
}

/** The lines of a text, each with its ending; the last one is there even when it is empty. */
export function linesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(BOUNDARY)) {
    pieces.push({ text: text.slice(from, match.index), end: match[0] });
    from = match.index + match[0].length;
  }
  pieces.push({ text: text.slice(from), end: "" });
  return pieces;
}

/** Lines that Aider would not take for text, and those that look like them once a space is taken off. */
const SPECIAL = /^ *(?:# |> |#### )/u;
const ESCAPED = /^ +(?:# |> |#### )/u;

/** A line as it can stand in an answer: with a space in front where Aider would drop it or take it for a prompt. */
export function escapeLine(line: string): string {
  return SPECIAL.test(line) ? ` ${line}` : line;
}

/** The line before it was escaped. */
export function unescapeLine(line: string): string {
  return ESCAPED.test(line) ? line.slice(1) : line;
}

const BLANKS = "[\\s\\u001C-\\u001F\\u0085]*";
const EDGES = new RegExp(`^(${BLANKS})([^]*?)(${BLANKS})$`, "u");

/** A text without the blanks around it, and these. */
export function trimmed(text: string): { before: string; text: string; after: string } {
  const match = EDGES.exec(text);
  return { before: match?.[1] ?? "", text: match?.[2] ?? text, after: match?.[3] ?? "" };
}

/** JSON on one line for Python as well. */
export function noteText(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0085\u2028\u2029]/gu,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
