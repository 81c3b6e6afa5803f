import type { CanonicalTool, JsonObject } from "casr-cli/provider";
import { numberOf, stringOf } from "./json.ts";

/** A result's payload, and what of the framing the payload does not tell: given to `frame` it restores the text. */
export interface Unframed {
  text: string;
  frame?: JsonObject;
}

/** What the shell tool answers for a command that printed nothing. */
export const NO_OUTPUT = "(no output)";

const READ_HEAD = /^<path>[^\n]*<\/path>\n<type>file<\/type>\n<content>\n?/;
const READ_TAIL =
  /(?:\n\n\((?:End of file - total \d+ lines|Showing lines [^\n]*|Output capped [^\n]*)\))?\n<\/content>$/;
const OLD_HEAD = /^<file>\n/;
const OLD_TAIL = /(?:\n\n\((?:End of file [^\n]*|File has more lines[^\n]*)\))?\n<\/file>$/;
const TASK =
  /^(<task id="[^"\n]*"(?: [a-z_]+="[^"\n]*")*>\n<task_result>\n)([\s\S]*)(\n<\/task_result>\n<\/task>)$/;
/** More lines than this are never shown at once. */
const MOST_LINES = 2000;

/** Takes the agent's framing off the answer of its tool `name`. Undone by `frame`. */
export function unframe(name: string, text: string): Unframed {
  if (name === "bash")
    return text === NO_OUTPUT ? { text: "" } : text === "" ? { text, frame: { silent: true } } : { text };
  if (name === "read") return unframeRead(text) ?? { text, frame: { plain: true } };
  if (name === "task") {
    const match = TASK.exec(text);
    if (match !== null) return { text: match[2]!, frame: { head: match[1]!, tail: match[3]! } };
  }
  return { text };
}

/** `3: text` (1.1 and later), `00003| text` (before). */
function prefix(number: number, old: boolean): string {
  return old ? `${String(number).padStart(5, "0")}| ` : `${number}: `;
}

function unframeRead(text: string): Unframed | undefined {
  const old = OLD_HEAD.test(text);
  const head = (old ? OLD_HEAD : READ_HEAD).exec(text)?.[0];
  const tailAt = (old ? OLD_TAIL : READ_TAIL).exec(text)?.index ?? -1;
  if (head === undefined || tailAt < head.length) return undefined;
  const tail = text.slice(tailAt);
  const body = text.slice(head.length, tailAt);
  const shared = { head, tail, ...(old ? { old } : {}) };
  if (body === "") return { text: "", frame: { ...shared, empty: true } };
  const first = Number(/^(\d{1,9})(?:: |\| )/.exec(body)?.[1] ?? "");
  const lines = body.split("\n");
  for (const [index, line] of lines.entries()) {
    const start = prefix(first + index, old);
    if (!line.startsWith(start)) return undefined;
    lines[index] = line.slice(start.length);
  }
  return { text: lines.join("\n"), frame: { ...shared, first } };
}

/** What `frame` has to know of a result besides its payload. */
export interface Shape {
  name: string;
  tool?: CanonicalTool | undefined;
  /** What `unframe` took off, for a result of the agent's own. */
  frame?: JsonObject | undefined;
  /** The payload was cut, so it is not the plain text of a file. */
  truncated: boolean;
}

/**
 * The text the agent's tool would have answered with. Undefined when `unframe` would not give the same payload
 * back: it has to be written as it is then.
 */
export function frame(text: string, shape: Shape): string | undefined {
  const dressed = dress(text, shape);
  return unframe(shape.name, dressed).text === text ? dressed : undefined;
}

function dress(text: string, { name, tool, frame: own, truncated }: Shape): string {
  if (name === "bash") return text === "" && own?.["silent"] !== true ? NO_OUTPUT : text;
  const head = stringOf(own, "head");
  const tail = stringOf(own, "tail");
  if (name === "task") return head === undefined || tail === undefined ? text : head + text + tail;
  if (name !== "read") return text;
  if (head !== undefined && tail !== undefined) {
    if (own?.["empty"] === true) return head + text + tail;
    return head + numbered(text, numberOf(own, "first") ?? 1, own?.["old"] === true) + tail;
  }
  if (own !== undefined || tool?.kind !== "read" || truncated || text === "") return text;
  return newRead(
    text,
    tool.path,
    tool.startLine ?? 1,
    tool.startLine === undefined && tool.lineCount === undefined,
  );
}

/** A file as OpenCode 1.18.33 and Kilo Code 7.7.9 show it. Only one that was wanted whole is known to end where it ends. */
function newRead(text: string, path: string, first: number, whole: boolean): string {
  const count = text.split("\n").length;
  const end = whole && count < MOST_LINES ? `\n\n(End of file - total ${count} lines)` : "";
  return `<path>${path}</path>\n<type>file</type>\n<content>\n${numbered(text, first, false)}${end}\n</content>`;
}

function numbered(text: string, first: number, old: boolean): string {
  return text
    .split("\n")
    .map((line, index) => prefix(first + index, old) + line)
    .join("\n");
}
