import type { JsonObject } from "casr-cli/provider";
import { isJsonObject, numberAt, stringAt } from "./json.ts";

/** How a tool dresses its result for the model, as far as it can be undone. */
export interface ResultShape {
  tool: "shell" | "read" | "other";
  /** For reads: number of the first line wanted; the agent counts from 0 when it was asked to. */
  firstLine: number;
}

/** A result's payload and what was taken off it. */
export interface Unframed {
  text: string;
  exitCode?: number;
  /** What the payload alone does not tell; given back to `frame` it restores the very same text. */
  native?: JsonObject;
}

/** What `frame` has to dress. */
export interface Payload {
  text: string;
  isError: boolean;
  exitCode?: number;
  native?: JsonObject;
}

/** What `unframe` cannot tell from the text. */
export interface RecordedAs {
  isError: boolean;
  /** casr wrote an exit code into a result that is no error, or a list; the agent itself never does. */
  exitCode?: boolean;
}

const NO_OUTPUT = "(Bash completed with no output)";
const ERROR_OPEN = "<tool_use_error>";
const ERROR_CLOSE = "</tool_use_error>";
const EXIT_CODE = /^Exit code (0|-?[1-9]\d{0,9})(?:\n|$)/;

/** The shape of results of a tool by its native name and input. */
export function resultShape(name: string, input: unknown): ResultShape {
  const tool = name === "Bash" ? "shell" : name === "Read" ? "read" : "other";
  const offset = isJsonObject(input) ? numberAt(input, "offset") : undefined;
  const firstLine = offset !== undefined && Number.isSafeInteger(offset) && offset >= 0 ? offset : 1;
  return { tool, firstLine };
}

/** Takes the agent's framing off the text of a result. Undone by `frame`. */
export function unframe(raw: string, recorded: RecordedAs, shape: ResultShape): Unframed {
  const { isError } = recorded;
  if (
    isError &&
    raw.startsWith(ERROR_OPEN) &&
    raw.endsWith(ERROR_CLOSE) &&
    raw.length >= ERROR_OPEN.length + ERROR_CLOSE.length
  ) {
    return { text: raw.slice(ERROR_OPEN.length, -ERROR_CLOSE.length), native: { wrapper: "tool_use_error" } };
  }
  if (shape.tool === "shell") return unframeShell(raw, recorded);
  if (shape.tool === "read" && !isError) return unframeRead(raw, shape.firstLine);
  return { text: raw };
}

function unframeShell(raw: string, recorded: RecordedAs): Unframed {
  const { isError } = recorded;
  if (!isError && raw === NO_OUTPUT) return { text: "" };
  if (!isError && raw === "") return { text: "", native: { silent: true } };
  // A command that ended well may print such a line itself.
  const match = isError || recorded.exitCode === true ? EXIT_CODE.exec(raw) : null;
  if (match === null) return { text: raw };
  const text = raw.slice(match[0].length);
  // "Exit code 1" with a line end behind it is not what the agent writes: left as it is.
  if (text === "" && raw.endsWith("\n")) return { text: raw };
  const exitCode = Number(match[1]);
  return exitCode === 0 && !isError ? { text: raw } : { text, exitCode };
}

/** Line numbers are `1⇥text` since 2.1, `     1→text` before. */
type Numbering = "tab" | "arrow";

const LINE_NUMBER = /^ *(0|[1-9]\d{0,8})(\t|→)/;

function numberPrefix(line: number, numbering: Numbering): string {
  return numbering === "tab" ? `${line}\t` : `${String(line).padStart(6)}→`;
}

function numbered(text: string, firstLine: number, numbering: Numbering): string {
  return text
    .split("\n")
    .map((line, index) => numberPrefix(firstLine + index, numbering) + line)
    .join("\n");
}

function unframeRead(raw: string, firstLine: number): Unframed {
  const whole = withoutNumbers(raw, firstLine);
  if (whole !== undefined) return whole;
  // Up to 2.0 a reminder followed the file's text.
  const reminder = raw.indexOf("\n\n<system-reminder>");
  if (reminder !== -1 && raw.trimEnd().endsWith("</system-reminder>")) {
    const body = withoutNumbers(raw.slice(0, reminder), firstLine);
    if (body !== undefined) return { ...body, native: { ...body.native, suffix: raw.slice(reminder) } };
  }
  return { text: raw, native: { numbering: "none" } };
}

function withoutNumbers(raw: string, expectedFirst: number): Unframed | undefined {
  const match = LINE_NUMBER.exec(raw);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const numbering: Numbering = match[2] === "\t" ? "tab" : "arrow";
  const lines = raw.split("\n");
  for (const [index, line] of lines.entries()) {
    const prefix = numberPrefix(first + index, numbering);
    if (!line.startsWith(prefix)) return undefined;
    lines[index] = line.slice(prefix.length);
  }
  const native: JsonObject = {
    ...(numbering === "tab" ? {} : { numbering }),
    ...(first === expectedFirst ? {} : { firstLine: first }),
  };
  return { text: lines.join("\n"), ...(Object.keys(native).length === 0 ? {} : { native }) };
}

/**
 * The text the agent itself would have recorded for a payload. Undefined when `unframe` would not give the
 * same payload back (a payload that looks framed already): it has to be written without framing then.
 */
export function frame(payload: Payload, shape: ResultShape): string | undefined {
  const raw = dress(payload, shape);
  const recorded = { isError: payload.isError, exitCode: showsQuietExit(payload, shape) };
  const back = unframe(raw, recorded, shape);
  const exitCode =
    shape.tool === "shell" && payload.native?.["wrapper"] === undefined ? payload.exitCode : undefined;
  const sameCode =
    (back.exitCode ?? 0) === (exitCode ?? 0) && (!payload.isError || back.exitCode === exitCode);
  return back.text === payload.text && sameCode ? raw : undefined;
}

/** Whether the text in the record of a result that is no error starts with an exit code. */
export function showsQuietExit({ isError, exitCode }: Payload, shape: ResultShape): boolean {
  return shape.tool === "shell" && !isError && (exitCode ?? 0) !== 0;
}

/** The exit code of a command as a text of its own; undefined where it says nothing. */
export function exitLine({ isError, exitCode }: Payload, shape: ResultShape): string | undefined {
  const isTold = shape.tool === "shell" && exitCode !== undefined && (exitCode !== 0 || isError);
  return isTold ? `Exit code ${exitCode}` : undefined;
}

/** The exit code that `exitLine` wrote. */
export function exitLineCode(text: string): number | undefined {
  const match = EXIT_CODE.exec(text);
  return match !== null && match[0] === text && !text.endsWith("\n") ? Number(match[1]) : undefined;
}

function dress({ text, isError, exitCode, native }: Payload, shape: ResultShape): string {
  if (native?.["wrapper"] === "tool_use_error") return `${ERROR_OPEN}${text}${ERROR_CLOSE}`;
  if (shape.tool === "shell") {
    const line = exitLine({ text, isError, ...(exitCode === undefined ? {} : { exitCode }) }, shape);
    if (line !== undefined) return text === "" ? line : `${line}\n${text}`;
    if (!isError && text === "") return native?.["silent"] === true ? "" : NO_OUTPUT;
  }
  if (shape.tool === "read" && !isError) {
    const numbering = native?.["numbering"];
    if (numbering === "none") return text;
    const first = (native && numberAt(native, "firstLine")) ?? shape.firstLine;
    const suffix = (native && stringAt(native, "suffix")) ?? "";
    return numbered(text, first, numbering === "arrow" ? "arrow" : "tab") + suffix;
  }
  // The service refuses an error without text.
  return isError && text === "" ? `${ERROR_OPEN}${ERROR_CLOSE}` : text;
}
