import type { JsonObject } from "casr-cli/provider";
import { stringOf } from "./json.ts";

/** The framing Qwen Code puts around what its tools print, and its exact removal (0.24.4). */

/** The CLI's own name for its shell tool. */
export const SHELL = "run_shell_command";
const READ = "read_file";

/** Written where a command printed nothing. */
const EMPTY = "(empty)";
const NONE = "(none)";
/** How an answer begins that was too long for the model; what follows are its two ends. */
const CUT = "Tool output was too large and has been truncated.\n";
/** In front of a part of a file. */
const PART_OF_FILE = /^Showing lines \d+-\d+ of \d+ total lines\.\n\n---\n\n/u;

/** The lines behind what a command printed. What the CLI has to add of its own comes last, behind an empty line. */
const TAIL =
  /^\nExit Code: (?<exit>-?\d+|\(none\))\nSignal: (?<signal>[^\n]*)(?:\n(?:Background PIDs|Process Group PGID): [^\n]*)+(?<remark>(?:\n\n[\s\S]*)?)$/u;
const EXIT = "\nExit Code: ";
const ERROR = "\nError: ";

/** Framing that cannot be made anew from the payload: texts around it, and what of them is payload too. */
export interface FrameDetail {
  head: string;
  tail: string;
  /** News in the tail that the payload ends with as well: an error, a signal, a remark. */
  news?: string;
}

/** What a framed text holds. */
export interface Payload {
  text: string;
  exitCode?: number;
  detail?: FrameDetail;
}

/** Whether the text is not all that the tool had. */
export function isCut(text: string): boolean {
  return text.startsWith(CUT) || text.endsWith("... [truncated]");
}

/** Takes the frame off an answer of the tool `name` that was called with `input`. Other text comes back as it is. */
export function unframe(name: string, input: JsonObject, text: string): Payload {
  if (name === SHELL) return unframeShell(input, text);
  if (text === `(${name} completed with no output)`) return { text: "", detail: { head: text, tail: "" } };
  const head = name === READ ? PART_OF_FILE.exec(text)?.[0] : undefined;
  return head === undefined ? { text } : { text: text.slice(head.length), detail: { head, tail: "" } };
}

/** Puts the frame of the tool `name` around a payload, as the CLI would have. */
export function frame(name: string, input: JsonObject, payload: Payload): string {
  const { text, detail } = payload;
  if (detail !== undefined) {
    const { head, tail, news = "" } = detail;
    if (news === "" || text.endsWith(news) || text === news.trimStart()) {
      const printed = text === news.trimStart() ? "" : text.slice(0, text.length - news.length);
      return head + (printed === "" && name === SHELL ? EMPTY : printed) + tail;
    }
  }
  if (name !== SHELL) return text;
  const lines = [
    ERROR.slice(1) + NONE,
    `Exit Code: ${payload.exitCode ?? 0}`,
    `Signal: ${NONE}`,
    `Process Group PGID: ${NONE}`,
  ];
  return `${shellHead(input)}${text === "" ? EMPTY : text}\n${lines.join("\n")}`;
}

function shellHead(input: JsonObject): string {
  const folder = stringOf(input, "directory") ?? "";
  return `Command: ${stringOf(input, "command") ?? ""}\nDirectory: ${folder === "" ? "(root)" : folder}\nOutput: `;
}

/** The head as it stands in `text`: the command may have been worded differently, or be missing (code mode). */
function headIn(input: JsonObject, text: string): string | undefined {
  const whole = shellHead(input);
  if (text.startsWith(whole)) return whole;
  const bare = whole.slice(
    whole.indexOf("\nDirectory: ", "Command: ".length + (stringOf(input, "command") ?? "").length) + 1,
  );
  if (text.startsWith(bare)) return bare;
  return /^(?:Command: [\s\S]*?\n)?Directory: [^\n]*\n(?:Output|Stdout): /u.exec(text)?.[0];
}

function unframeShell(input: JsonObject, text: string): Payload {
  const head = headIn(input, text);
  if (head === undefined) return { text };
  const lastExit = text.lastIndexOf(EXIT);
  const match = lastExit < head.length ? null : TAIL.exec(text.slice(lastExit));
  const errorAt = match === null ? -1 : text.lastIndexOf(ERROR, lastExit - 1);
  if (match === null || errorAt < head.length) return { text };
  const { exit = NONE, signal = NONE, remark = "" } = match.groups ?? {};
  const error = text.slice(errorAt + ERROR.length, lastExit);
  const output = text.slice(head.length, errorAt);
  const news = [
    ...(error === NONE ? [] : [ERROR + error]),
    ...(signal === NONE ? [] : [`\nSignal: ${signal}`]),
    remark,
  ].join("");
  const printed = output === EMPTY ? "" : output;
  const exitCode = exit === NONE ? signalExit(signal) : Number(exit);
  return {
    text: printed === "" ? news.trimStart() : printed + news,
    ...(exitCode === undefined ? {} : { exitCode }),
    detail: { head, tail: text.slice(errorAt), ...(news === "" ? {} : { news }) },
  };
}

/** The CLI knows no exit code for a command that a signal ended; a shell would have given this one. */
function signalExit(signal: string): number | undefined {
  const number = /^(?:[1-9]|[1-5]\d|6[0-4])$/u.test(signal) ? Number(signal) : SIGNALS[signal];
  return number === undefined ? undefined : 128 + number;
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};
