import type { JsonObject, JsonValue } from "casr-cli/provider";
import { isObject, numberOf, objectOf, parseJson, stringOf } from "./json.ts";

/** Output text taken apart: `head` + payload + `tail` is the text as Codex recorded it. */
export interface Frame {
  head: string;
  payload: string;
  /** Only for the JSON wrapper of old versions, whose payload is written as a JSON string. */
  tail?: string;
  exitCode?: number;
  durationMs?: number;
  isError: boolean;
}

/** Text before the payload of `exec_command` and `write_stdin` (codex-cli 0.104 to 0.169). */
const EXEC =
  /^(?:Chunk ID: [^\n]*\n)?(?:Wall time: (\d+(?:\.\d+)?) seconds\n)?(?:Process exited with code (-?\d+)\n)?(?:Original token count: \d+\n)?Output:\n/;
/** `apply_patch`, and `shell` of versions before `exec_command`. */
const EXIT =
  /^Exit code: (-?\d+)\nWall time: (\d+(?:\.\d+)?) seconds\n(?:Total output lines: \d+\n)?Output:\n/;
/** MCP tools; in an array the head is a part of its own, without the last line end. */
const MCP = /^Wall time: (\d+(?:\.\d+)?) seconds\nOutput:(?:\n|$)/;
/** The code mode tools `exec` and `wait`. A script that still runs keeps its head: it names the cell to wait for. */
const SCRIPT = /^Script (completed|failed)\nWall time (\d+(?:\.\d+)?) seconds\nOutput:\n/;

const CUT =
  /^(?:Warning: truncated output \(original token count: \d+\)\n|Total output lines: \d+\n\n)|…\d+ (?:tokens|chars) truncated…|\[\.\.\. omitted \d+ of \d+ lines \.\.\.\]/;

const FAILURES =
  /^(?:apply_patch verification failed: |unsupported call: |unsupported custom tool call: |failed to parse function arguments: |unable to (?:locate|read|process|resolve) image|image path `[^\n]*` is not a file$|view_image is not allowed |write_stdin failed: |exec_command failed|execution error: |(?:Wall time: [\d.]+ seconds\n)?(?:command )?aborted by user\b|aborted$|aborted before dispatch|(?:exec command|patch|tool call|MCP tool call) rejected|rejected by user|(?:MCP )?tool call error: |resources\/[\w/]+ failed: )/;

/** Codex's words in front of the answer of a tool that failed and is no command (`apply_patch` of codex-cli 0.169.0). */
export const ERROR_HEAD = "Exit code: 1\nWall time: 0 seconds\nOutput:\n";

const FAILURE_WORDS =
  /\b(?:errors?|fail(?:ed|s|ure)?|not found|no such|does not exist|unable|cannot|unsupported|denied|reject(?:ed)?|abort(?:ed)?|cancel(?:l?ed)?|interrupted|no result)\b/i;
/** How much of a text must let a reader see that something failed. */
const FAILURE_CHARS = 400;

/** Whether a text lets its reader see that something failed, where no flag says so. */
export function tellsFailure(text: string): boolean {
  return FAILURE_WORDS.test(text.slice(0, FAILURE_CHARS));
}

/** A command that goes on: its answer names the session that `write_stdin` wants. */
const RUNNING =
  /^(?:Chunk ID: [^\n]*\n)?(?:Wall time: [\d.]+ seconds\n)?Process running with session ID \d+\n/;

/** Whether an output says that the command still runs: then it has no exit code yet. */
export function isRunning(text: string): boolean {
  return RUNNING.test(text);
}

type Family = "exec" | "patch" | "script" | "mcp" | "other";

/** Which framing the results of the tool `name` (with its namespace in front) can have. */
export function familyOf(name: string): Family {
  switch (name) {
    case "exec_command":
    case "write_stdin":
    case "shell":
    case "shell_command":
    case "local_shell":
    case "container.exec":
      return "exec";
    case "apply_patch":
      return "patch";
    case "exec":
    case "wait":
      return "script";
    default:
      return name.startsWith("mcp__") ? "mcp" : "other";
  }
}

function milliseconds(seconds: string | undefined): { durationMs?: number } {
  return seconds === undefined ? {} : { durationMs: Math.round(Number(seconds) * 1000) };
}

function withExit(head: string, text: string, code: string | undefined, seconds: string | undefined): Frame {
  const exitCode = code === undefined ? undefined : Number(code);
  return {
    head,
    payload: text.slice(head.length),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...milliseconds(seconds),
    isError: exitCode !== undefined && exitCode !== 0,
  };
}

/** `{"output":"…","metadata":{"exit_code":0,"duration_seconds":0.1}}` of 0.47 to 0.104. */
function parseWrapped(text: string): Frame | undefined {
  const head = '{"output":';
  if (!text.startsWith(head)) return undefined;
  const value = parseJson(text);
  const payload = stringOf(value, "output");
  const metadata = objectOf(value, "metadata");
  const exitCode = numberOf(metadata, "exit_code");
  if (payload === undefined || exitCode === undefined) return undefined;
  const quoted = JSON.stringify(payload);
  if (!text.startsWith(quoted, head.length)) return undefined;
  const seconds = numberOf(metadata, "duration_seconds");
  return {
    head,
    payload,
    tail: text.slice(head.length + quoted.length),
    exitCode,
    ...(seconds === undefined ? {} : { durationMs: Math.round(seconds * 1000) }),
    isError: exitCode !== 0,
  };
}

/** Takes the frame off a recorded output; the whole text is the payload when there is none. */
export function parseFrame(text: string, name: string): Frame {
  const family = familyOf(name);
  if (family === "exec") {
    const match = EXEC.exec(text);
    // "Output:" alone frames nothing; a text that begins with it is payload.
    if (match !== null && match[0] !== "Output:\n") return withExit(match[0], text, match[2], match[1]);
  }
  if (family === "exec" || family === "patch") {
    const match = EXIT.exec(text);
    if (match !== null) return withExit(match[0], text, match[1], match[2]);
    const wrapped = parseWrapped(text);
    if (wrapped !== undefined) return wrapped;
  }
  if (family === "script") {
    const match = SCRIPT.exec(text);
    if (match !== null)
      return { ...withExit(match[0], text, undefined, match[2]), isError: match[1] === "failed" };
  }
  if (family === "mcp") {
    const match = MCP.exec(text);
    if (match !== null) return withExit(match[0], text, undefined, match[1]);
  }
  return { head: "", payload: text, isError: FAILURES.test(text) };
}

/** Whether Codex cut this output before recording it. */
export function isCut(payload: string, name: string): boolean {
  const family = familyOf(name);
  return (family === "exec" || family === "patch" || family === "script") && CUT.test(payload);
}

/** The small part of a frame that is kept beside a result so that Codex's own words can be written again. */
export function frameToNative(frame: Frame, parts: boolean): JsonObject {
  const alone = parts && frame.head !== "" && frame.payload === "";
  return { head: frame.head, ...(frame.tail === undefined ? {} : { tail: frame.tail }), parts, alone };
}

/** A frame as Codex wrote it. */
export interface NativeFrame {
  head: string;
  tail?: string;
  /** The output was an array of parts. */
  parts: boolean;
  /** The head was a part of its own. */
  alone: boolean;
}

/** The frame of a result that came from a Codex session; undefined for anything else. */
export function frameFromNative(native: JsonValue | undefined): NativeFrame | undefined {
  const head = stringOf(native, "head");
  if (!isObject(native) || head === undefined) return undefined;
  const tail = stringOf(native, "tail");
  return {
    head,
    ...(tail === undefined ? {} : { tail }),
    parts: native["parts"] === true,
    alone: native["alone"] === true,
  };
}

/**
 * The head for the result of a shell call that another agent ran, in the words and order of codex-cli
 * 0.169.0. Only what is known is said; undefined when the exit code is not known.
 */
export function shellHead(exitCode: number | undefined, durationMs: number | undefined): string | undefined {
  if (exitCode === undefined) return undefined;
  const time = durationMs === undefined ? "" : `Wall time: ${(durationMs / 1000).toFixed(4)} seconds\n`;
  return `${time}Process exited with code ${exitCode}\nOutput:\n`;
}
