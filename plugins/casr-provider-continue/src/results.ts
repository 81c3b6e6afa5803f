import type { JsonObject, JsonValue, ToolResultBlock } from "casr-cli/provider";
import { isObject, numberOf, objectsOf, stringOf } from "./json.ts";
import { CANCELLED } from "./native.ts";

/** The CLI's own name for its shell tool; the extensions' is `run_terminal_command`. */
const SHELLS: ReadonlySet<string> = new Set(["Bash", "run_terminal_command"]);

/** How cn words a tool that failed (1.5.47). */
function failure(name: string): string {
  return `Error executing tool ${name}: `;
}

/** cn's own name for reading a file. */
const READ = "Read";

/** In front of the end of an output that was too long. */
const CUT = /^\(previous \d+ lines truncated\)\n/u;

const EXIT = /^Error \(exit code (\d+)\): /u;

const FAILED: ReadonlySet<JsonValue | undefined> = new Set(["errored", "canceled"]);

/** A result without its call id. */
export type DecodedResult = Omit<ToolResultBlock, "type" | "callId">;

/** What a `toolCallStates` entry says about the call of the tool `name`; undefined for a call that has no answer yet. */
export function decodeState(name: string, state: JsonObject): DecodedResult {
  const outputs = objectsOf(state, "output").map((output) => stringOf(output, "content") ?? "");
  // A call without an output is sent as a cancelled one.
  if (outputs.length === 0)
    return { content: [{ type: "text", text: CANCELLED }], isError: true, native: { plain: true } };
  return decode(name, outputs, FAILED.has(state["status"]), state["casr"]);
}

/** What the pieces of an answer say. `mark` is what casr noted where framing and payload cannot be told apart. */
export function decode(name: string, outputs: string[], failed: boolean, mark?: JsonValue): DecodedResult {
  const [first = "", ...more] = outputs;
  const skip = numberOf(mark, "skip");
  const isMarked =
    isObject(mark) && typeof mark["isError"] === "boolean" && skip !== undefined && skip <= first.length;
  const head = isMarked ? skip : failed ? headLength(name, first) : fileHead(name, first).length;
  const exit = isMarked ? numberOf(mark, "exitCode") : exitOf(name, first.slice(0, head));
  const texts = [first.slice(head), ...more];
  return {
    content: texts.filter((text) => text !== "").map((text) => ({ type: "text", text })),
    isError: isMarked ? mark["isError"] === true : failed,
    ...(exit === undefined ? {} : { exitCode: exit }),
    ...(head === 0 ? {} : { framed: outputs.join("\n") }),
    ...((failed || name === READ) && head === 0 ? { native: { plain: true } } : {}),
    ...(CUT.test(first) ? { truncated: true } : {}),
  };
}

/** The line in front of a file. */
function fileHead(name: string, text: string): string {
  return name === READ ? (/^Content of [^\n]*:\n/u.exec(text)?.[0] ?? "") : "";
}

function headLength(name: string, text: string): number {
  const head = failure(name);
  if (name === "" || !text.startsWith(head)) return 0;
  const exit = SHELLS.has(name) ? EXIT.exec(text.slice(head.length))?.[0] : undefined;
  return head.length + (exit?.length ?? 0);
}

function exitOf(name: string, head: string): number | undefined {
  const code = head === "" ? undefined : EXIT.exec(head.slice(failure(name).length))?.[1];
  return code === undefined ? undefined : Number(code);
}

/** The outputs to write, and a mark where reading them back would not give the same result. */
export interface EncodedResult {
  outputs: string[];
  status: "done" | "errored";
  mark?: JsonObject;
}

/** A result as cn would have recorded it for `call`; for another agent's tool only failures have cn's wording. */
export function encodeResult(
  call: { name: string; path?: string | undefined },
  block: ToolResultBlock,
): EncodedResult {
  const { name, path } = call;
  const texts = block.content.flatMap((part) =>
    part.type === "text" && part.text !== "" ? [part.text] : [],
  );
  const isShell = SHELLS.has(name);
  const code = isShell && block.isError ? block.exitCode : undefined;
  const exit = code === undefined || code <= 0 ? "" : `Error (exit code ${code}): `;
  const isPlain =
    block.synthetic === true || (isObject(block.native) && block.native["plain"] === true && exit === "");
  // A picture that was read has no text of its own.
  const isFile = name === READ && texts.length > 0 && path !== undefined && !/[\n\r]/u.test(path);
  const file = isFile ? `Content of ${path}:\n` : "";
  const head = isPlain ? "" : block.isError ? failure(name) + exit : file;
  const outputs = [head + (texts[0] ?? ""), ...texts.slice(1)];
  const status = block.isError ? "errored" : "done";
  const found = decode(name, outputs, block.isError);
  const same =
    found.content.map((part) => (part.type === "text" ? part.text : "")).join("") === texts.join("") &&
    (!isShell || (found.exitCode ?? 0) === (block.exitCode ?? 0));
  if (same) return { outputs, status };
  const known = isShell && block.exitCode !== undefined ? { exitCode: block.exitCode } : {};
  return { outputs, status, mark: { skip: head.length, isError: block.isError, ...known } };
}
