import type { JsonObject, JsonValue } from "casr-cli/provider";
import { isObject, objectOf, parseJson, stringOf } from "./json.ts";

/**
 * How the CLI (3.0.65) words what its tools give back: a list of entries `{query, result, error?, success}`, one for
 * each command, file or question; the same object as JSON text; or text alone.
 */
export type Family = "entries" | "object" | "plain";

const FAMILIES: Readonly<Record<string, Family>> = {
  run_commands: "entries",
  read_files: "entries",
  search_codebase: "entries",
  fetch_web_content: "entries",
  editor: "object",
  apply_patch: "object",
};

export function familyOf(name: string): Family {
  return Object.hasOwn(FAMILIES, name) ? FAMILIES[name]! : "plain";
}

/** One part of a payload. */
export type Part = { text: string } | { mediaType: string; base64: string };

export function textOfParts(parts: readonly Part[]): string {
  return parts.map((part) => ("text" in part ? part.text : "")).join("");
}

/** What is left of an answer without its framing. */
export interface Payload {
  parts: Part[];
  isError: boolean;
  exitCode?: number;
  truncated?: boolean;
}

/** An entry of an answer, or the object in the JSON text of one. */
export interface Outcome {
  query: string;
  result: JsonValue;
  error?: string;
  success: boolean;
}

/** The outcome in `value`; undefined when it has other members, or members of other types. */
export function outcomeOf(value: JsonValue | undefined): Outcome | undefined {
  if (!isObject(value)) return undefined;
  const { query, result, error, success, ...others } = value;
  if (typeof query !== "string" || result === undefined || typeof success !== "boolean") return undefined;
  if ((error !== undefined && typeof error !== "string") || Object.keys(others).length > 0) return undefined;
  return { query, result, success, ...(error === undefined ? {} : { error }) };
}

/** An image block of either layout. */
export function imagePart(block: JsonValue): Part | undefined {
  if (!isObject(block) || block["type"] !== "image") return undefined;
  const source = objectOf(block, "source") ?? block;
  const base64 = stringOf(source, "data");
  const mediaType = stringOf(source, "mediaType") ?? stringOf(source, "media_type");
  return base64 === undefined || mediaType === undefined ? undefined : { mediaType, base64 };
}

/** Parts of a list of text and image blocks; undefined when there is anything else in it. */
export function partsOfBlocks(content: readonly JsonValue[]): Part[] | undefined {
  const parts: Part[] = [];
  for (const block of content) {
    const image = imagePart(block);
    const text = isObject(block) && block["type"] === "text" ? stringOf(block, "text") : undefined;
    if (image === undefined && text === undefined) return undefined;
    parts.push(image ?? { text: text! });
  }
  return parts;
}

function resultParts(result: JsonValue): Part[] | undefined {
  if (typeof result === "string") return [{ text: result }];
  const parts = Array.isArray(result) ? partsOfBlocks(result) : undefined;
  if (parts === undefined || parts.some((part) => !("text" in part))) return parts;
  // Texts alone are one text in pieces that are short enough to be sent whole.
  return [{ text: textOfParts(parts) }];
}

const EXIT_ERROR = /^Command exited with code (-?\d{1,9})$/u;

export function exitHead(exitCode: number): string {
  return `[Command exited with code ${exitCode}]`;
}

/** The payload of one outcome; undefined when its result is of a form no tool gives. */
export function unframe(name: string, outcome: Outcome): Payload | undefined {
  const parts = resultParts(outcome.result);
  if (parts === undefined) return undefined;
  const { error = "" } = outcome;
  if (outcome.success) {
    if (error !== "") return undefined;
    return name === "read_files" ? { ...withoutNumbers(parts), isError: false } : plain(parts, name);
  }
  const code = name === "run_commands" ? EXIT_ERROR.exec(error)?.[1] : undefined;
  const first = parts[0];
  if (code !== undefined && first !== undefined && "text" in first) {
    const head = exitHead(Number(code));
    const { text } = first;
    if (text === head || text.startsWith(`${head}\n`)) {
      const printed = { text: text.slice(head.length + 1) };
      return { ...plain([printed, ...parts.slice(1)], name), isError: true, exitCode: Number(code) };
    }
  }
  const texts = [textOfParts(parts), error].filter((text) => text !== "");
  const images = parts.filter((part) => !("text" in part));
  return { parts: [{ text: texts.join("\n") }, ...images], isError: true };
}

const CUT = /\n\[\.\.\. output truncated: \d+ chars total\. /u;

function plain(parts: Part[], name: string): Payload {
  const cut = name === "run_commands" && CUT.test(textOfParts(parts));
  return { parts, isError: false, ...(cut ? { truncated: true } : {}) };
}

/** Behind the lines of a file that was not read to its end. */
const MORE_LINES = /\n\n\[Showing lines \d+-\d+ of [^\n]*\]$/u;

/** Takes the line numbers off, `1 | text` with the numbers in a column, where every line has the next one. */
function withoutNumbers(parts: Part[]): Pick<Payload, "parts" | "truncated"> {
  const [only, ...more] = parts;
  if (only === undefined || more.length > 0 || !("text" in only)) return { parts };
  const tail = MORE_LINES.exec(only.text)?.[0] ?? "";
  const body = tail === "" ? only.text : only.text.slice(0, -tail.length);
  const text = unnumbered(body);
  const truncated = tail === "" ? {} : { truncated: true };
  return { parts: text === undefined ? parts : [{ text: text + tail }], ...truncated };
}

function unnumbered(body: string): string | undefined {
  const lines = body.split("\n");
  const first = /^ *(\d{1,9}) \| /u.exec(lines[0] ?? "")?.[1];
  if (first === undefined) return undefined;
  const width = String(Number(first) + lines.length - 1).length;
  const texts: string[] = [];
  for (const [index, line] of lines.entries()) {
    const prefix = `${String(Number(first) + index).padStart(width, " ")} | `;
    if (!line.startsWith(prefix)) return undefined;
    texts.push(line.slice(prefix.length));
  }
  return texts.join("\n");
}

/** Puts line numbers in front of the lines of a file; nothing in front of no line. */
export function numbered(text: string, firstLine: number): string {
  if (text === "") return "";
  const lines = text.split("\n");
  const width = String(firstLine + lines.length - 1).length;
  return lines.map((line, index) => `${String(firstLine + index).padStart(width, " ")} | ${line}`).join("\n");
}

/** The object in JSON text; only when writing it again gives the same text. */
export function outcomeOfText(text: string): Outcome | undefined {
  const value = parseJson(text);
  const outcome = outcomeOf(value);
  return outcome !== undefined && JSON.stringify(value) === text ? outcome : undefined;
}

/** An answer as the model gets it where it is no list of texts and pictures: JSON text, the pictures behind it. */
export function sentJson(content: JsonValue): { text: string; images: Part[] } {
  const images: Part[] = [];
  const stripped = withoutImages(content, images);
  return { text: JSON.stringify(images.length > 0 ? stripped : content), images };
}

/** Pictures go out of lists, and texts in them become strings. Answers are flat: a picture deeper down stays. */
function withoutImages(content: JsonValue, images: Part[]): JsonValue {
  const inList = (value: JsonValue): JsonValue[] => {
    const image = imagePart(value);
    if (image !== undefined) {
      images.push(image);
      return [];
    }
    const text = isObject(value) && value["type"] === "text" ? stringOf(value, "text") : undefined;
    return [text ?? value];
  };
  if (!Array.isArray(content)) return content;
  return content.flatMap((value) => {
    if (!isObject(value) || !Array.isArray(value["result"])) return inList(value);
    const entry: JsonObject = { ...value, result: value["result"].flatMap(inList) };
    return [entry];
  });
}
