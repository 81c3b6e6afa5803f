import type { WireItem } from "../../../src/probe/index.ts";
import { withoutReminders } from "../../../src/probe/compare/words.ts";

type Result = Extract<WireItem, { kind: "result" }>;

/** Takes one kind of framing off a tool's answer; undefined when the text has none of it. */
type Unframe = (text: string) => string | undefined;

const AMP_OUTPUT_END = /<\/output>(?:\n<exitCode>-?\d+<\/exitCode>)?$/;

/** How the agents wrap what a tool printed, as their format notes describe it. */
const UNFRAMERS: readonly Unframe[] = [
  // Claude Code: failed command; harness error; no output; numbered lines of a file.
  strip(/^Exit code -?\d+(?:\n|$)/),
  strip(/^<tool_use_error>/, /<\/tool_use_error>$/),
  strip(/^\(Bash completed with no output\)$/),
  strip(/^\(no content\)$/),
  (text) => (text.includes("<system-reminder>") ? withoutReminders(text) : undefined),
  withoutLineNumbers,
  // Codex: exec_command, apply_patch, MCP, code mode, and the JSON of older versions.
  strip(
    /^(?:(?:Chunk ID|Wall time|Original token count): .*\n|Process (?:exited|running) with .*\n)+Output:\n?/,
  ),
  strip(/^Exit code: -?\d+\n(?:Wall time: .*\n)?Output:\n?/),
  strip(/^Script (?:completed|failed|running with cell ID \S+)\nWall time .*\nOutput:\n?/),
  strip(/^(?:Warning: truncated output .*\n)?Total output lines: \d+\n\n/),
  (text) => codexJson(text)?.output,
  // Gemini CLI: shell, MCP, partly read files, media.
  (text) =>
    text.includes("<untrusted_context>") ? text.replace(/<\/?untrusted_context>\n?/g, "") : undefined,
  // Forms are trimmed: of a command that printed blanks, no space is left behind the colon.
  strip(/^Output:(?: |$)/),
  strip(/^\(empty\)$/),
  strip(
    /^Output: (?=[\s\S]*\nProcess Group PGID: \d+\s*$)/,
    /(?:\n(?:Error|Exit Code|Signal|Background PIDs|Process Group PGID): .*)+\s*$/,
  ),
  strip(/(?:(?:^|\n)(?:Exit Code|Signal|Background PIDs|Process Group PGID): .*)+\s*$/),
  strip(/^IMPORTANT: The file content has been truncated\.[\s\S]*?--- FILE CONTENT \(truncated\) ---\n?/),
  strip(/^Output too large\. Showing first .*\n/),
  strip(/^Binary content provided \(\d+ item\(s\)\)\.$/),
  // Amp: errors, commands, files, edits, values that are no text.
  strip(/^<error>/, /<\/error>$/),
  strip(/^<output>(?=[\s\S]*<\/output>(?:\n<exitCode>-?\d+<\/exitCode>)?$)/, AMP_OUTPUT_END),
  strip(/^<absolutePath>.*<\/absolutePath>\n<content>/, /<\/content>(?:\n<\w+>[\s\S]*<\/\w+>)?$/),
  strip(/^<diff>/, /<\/diff>(?:\n<lineRange>.*<\/lineRange>)?$/),
  strip(/^<result>/, /<\/result>$/),
  // Cline: an entry for each command or file, or one object, as JSON; failed commands; numbered lines of a file.
  (text) => clineText(text, ["result", "error"]),
  // Texts on either side of a picture: elsewhere they are parts, which stand on lines of their own here.
  (text) => clineText(text, ["result", "error"], "\n"),
  // Long words of a failure stand in the result.
  (text) => clineText(text, ["result"]) || undefined,
  strip(/^\[Command exited with code -?\d+\](?:\n|$)/),
  // Qwen Code: shell, partly read files.
  strip(
    /^Command: [\s\S]*?\nDirectory: [^\n]*\nOutput: /,
    /(?:\n(?:Error|Exit Code|Signal|Process Group PGID): .*)+\s*$/,
  ),
  strip(/^Signal: \S+$/),
  // Continue: failed tools, with the exit code of a command.
  strip(/^Content of [^\n]*:(?:\n|$)/),
  strip(/^Error executing tool [\w-]+:(?: |$)/),
  strip(/^Error executing tool \w+: Error \(exit code \d+\):(?: |$)/),
  strip(/^\(\w+ completed with no output\)$/),
  strip(/^\[media attached in following user message\]$/),
  strip(/^Showing lines \d+-\d+ of \d+ total lines\.\n\n---\n\n/),
  strip(/\n?\[Tool '[^\n]*' provided the following (?:image|audio) data with mime-type: [^\n]*\]$/),
  // OpenCode: no output; a file, whose lines are numbered; a subagent's report; an image.
  strip(/^\(no output\)$/),
  opencodeFile,
  strip(/^<task id="[^"]*"[^>\n]*>\n<task_result>\n/, /\n<\/task_result>\n<\/task>$/),
  strip(/^Image read successfully$/),
  // Factory Droid: the lines around what a command printed.
  strip(/^Error: Command failed \(exit code: -?\d+\)\n(?=[\s\S]*\[Process exited with code -?\d+\]$)/),
  strip(/(?:^|\n\n)\[Process exited with code -?\d+\]$/),
  // Pi: the line behind what a failed command printed; pictures without a text.
  strip(/(?:^|\n\n?)Command exited with code -?\d+$/),
  strip(/^\(see attached image\)$/),
  // Copilot CLI: the line behind what a command printed.
  strip(/(?:^|\n)<shellId: \S+ completed with exit code -?\d+>$/),
  // kimi-cli, also in sessions that Kimi Code took over: a remark alone, or in front of what a tool printed.
  strip(/^<system>(?:ERROR: )?(?=[^<]*<\/system>$)/, /<\/system>$/),
  strip(/^<system>[^<]*<\/system>\n/),
  // Kimi Code: the time it took, the failure, the remark behind a file, how a command ended.
  strip(/^Wall time: \d+\.\d{3} seconds\n/),
  strip(/^<system>ERROR: Tool execution failed\.<\/system>(?:\n|$)/),
  strip(/^<system>(?:ERROR: Tool execution failed\. )?Tool output is empty\.<\/system>/),
  strip(/(?:^|\n)<system>(?!ERROR: )[^\n]*<\/system>$/),
  strip(/(?:^|\n)Command failed with exit code: -?\d+\.$/),
  strip(/^Process exited with code -?\d+$/),
  strip(/^Command executed successfully\.$/),
];

/** No answer is wrapped more often than this. */
const MAX_LAYERS = 6;

function strip(...patterns: RegExp[]): Unframe {
  return (text) => {
    let inner = text;
    for (const pattern of patterns) inner = inner.replace(pattern, "");
    return inner === text ? undefined : inner;
  };
}

/** A file as a read tool shows it: every line behind its number. The last line may be empty and its tab trimmed. */
function withoutLineNumbers(text: string): string | undefined {
  const lines = text.split("\n");
  const last = lines.pop() ?? "";
  const numbered = (line: string): boolean => /^\s*\d+(?:\t|→|: |:$| \| | \|$)/.test(line);
  if (!lines.every(numbered) || !(numbered(last) || (lines.length > 0 && /^\s*\d*$/.test(last))))
    return undefined;
  return [...lines, last].map((line) => line.replace(/^\s*\d+(?:\t|→|: |:$| \| | \|$|$)/, "")).join("\n");
}

/** `<path>…</path>`, `<type>file</type>` and `<content>` around lines `3: text`, with a remark on the file's end. */
function opencodeFile(text: string): string | undefined {
  const body =
    /^<path>.*<\/path>\n<type>file<\/type>\n<content>\n?([\s\S]*?)(?:\n\n\((?:End of file|Showing lines|Output capped).*\))?\n<\/content>/.exec(
      text,
    )?.[1];
  return body?.replace(/^\d+: /gm, "");
}

function codexJson(text: string): { output: string; exitCode: number | undefined } | undefined {
  if (!text.startsWith('{"output":')) return undefined;
  try {
    const value = JSON.parse(text) as { output?: unknown; metadata?: { exit_code?: unknown } };
    if (typeof value.output !== "string") return undefined;
    const code = value.metadata?.exit_code;
    return { output: value.output, exitCode: typeof code === "number" ? code : undefined };
  } catch {
    return undefined;
  }
}

/** What Cline's tools say of one command, file or question. */
interface ClineOutcome {
  result?: unknown;
  error?: unknown;
  success: boolean;
}

function clineOutcomes(text: string): ClineOutcome[] | undefined {
  if (!/^\[?\{"query":/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const list = (Array.isArray(value) ? value : [value]) as ClineOutcome[];
    return list.every((item) => typeof item?.success === "boolean") ? list : undefined;
  } catch {
    return undefined;
  }
}

/** These members of all outcomes. A long result is a list of pieces, and so is one with pictures in it. */
function clineText(text: string, members: readonly string[], between = ""): string | undefined {
  const piece = (value: unknown): string => {
    if (typeof value === "string") return value;
    if (Array.isArray(value)) return value.map(piece).join(between);
    return typeof (value as { text?: unknown })?.text === "string" ? (value as { text: string }).text : "";
  };
  return clineOutcomes(text)
    ?.map((outcome) =>
      members
        .map((member) => piece(outcome[member as "result" | "error"]))
        .filter((part) => part !== "")
        .join("\n"),
    )
    .join("\n");
}

/** The text in every form it has with some of its framing taken off; the text itself comes first. */
export function payloadForms(text: string): string[] {
  const forms = new Set([text.trim()]);
  let layer = [...forms];
  for (let depth = 0; depth < MAX_LAYERS && layer.length > 0; depth++) {
    const inner = layer.flatMap((form) => UNFRAMERS.map((unframe) => unframe(form)?.trim()));
    layer = inner.filter((form): form is string => form !== undefined && !forms.has(form));
    for (const form of layer) forms.add(form);
  }
  return [...forms];
}

/** Codex and Cline cut long answers in the middle when they send them. */
const CUT = /…\d+ (?:tokens|chars) truncated…|\n\n\.\.\.\[truncated \d+ chars\]\.\.\.\n\n/;

/**
 * Whether the target shows the source's payload. Framing may differ; text that the source agent itself cuts on
 * sending may be there in full, as long as both ends are the same.
 */
export function samePayload(source: readonly string[], target: readonly string[]): boolean {
  const targets = new Set(target);
  if (source.some((form) => targets.has(form))) return true;
  return source.some((form) => {
    const pieces = form.split(CUT);
    if (pieces.length < 2) return false;
    // The cut may fall inside a character, which then is a replacement character.
    const head = pieces[0]!.replace(/\uFFFD+$/, "");
    const tail = pieces.at(-1)!.replace(/^\uFFFD+/, "");
    return target.some(
      (other) => other.length >= head.length + tail.length && other.startsWith(head) && other.endsWith(tail),
    );
  });
}

/** What an answer says about how the tool ended. */
export interface Outcome {
  failed: boolean;
  exitCode: number | undefined;
}

const CLAUDE_CODE = /^Exit code (-?\d+)(?:\n|$)/;
const AMP = /^<output>[\s\S]*<\/output>\n<exitCode>(-?\d+)<\/exitCode>$/;
const CODEX = /^(?:(?:Chunk ID|Wall time): .*\n)*Process exited with code (-?\d+)\n/;
const CODEX_OLD = /^Exit code: (-?\d+)\n(?:Wall time|Output): ?/;
const CONTINUE = /^Error executing tool \w+: Error \(exit code (\d+)\):(?: |$)/;
const GEMINI =
  /\nExit Code: (-?\d+)(?:\n(?:Signal|Background PIDs|Process Group PGID): .*)*(?:\n<\/untrusted_context>)?$/;

/** How the agents tell an exit code. What one of them says, a command run by another may have printed. */
const EXIT_CODES: Readonly<Record<string, readonly RegExp[]>> = {
  amp: [AMP],
  "claude-code": [CLAUDE_CODE],
  codex: [CODEX, CODEX_OLD],
  continue: [CONTINUE],
  gemini: [GEMINI],
  "kilo-code": [CLAUDE_CODE],
  opencode: [CLAUDE_CODE],
  qwen: [GEMINI],
};

/** Copilot CLI flags no failure: the line behind the output says how the command ended, whatever the output begins with. */
const LAST_LINE = /(?:^|\n)<shellId: \S+ completed with exit code (-?\d+)>\s*$/;

/** Kimi Code says so in front of what a failed tool printed. */
const KIMI_FAILURE = /^(?:Wall time: \d+\.\d{3} seconds\n)?<system>ERROR: /;

const KIMI_LINE = /(?:^|\n)Command failed with exit code: (-?\d+)\.$/;

/** kimi-cli says it in front. */
const KIMI_CLI_LINE = /^<system>ERROR: Command failed with exit code: (-?\d+)\.<\/system>/;

const PI_LINE = /(?:^|\n)Command exited with code (-?\d+)$/;

const DROID_LINE = /(?:^|\n)\[Process exited with code (-?\d+)\]\s*$/;

const SIGNAL =
  /(?:^|\n)(?:<untrusted_context>\n)?Output: [\s\S]*\nSignal: (\d+)(?:\n(?:Background PIDs|Process Group PGID): .*)*\s*(?:<\/untrusted_context>)?\s*$/;

/** Answers that mean failure where the wire has no flag for it. */
const FAILURE_TEXT =
  /^(?:Error executing tool |You must use the Read tool |Tool \w+ not found$|Tool cancelled$|Permission denied by user|File not found: |Blocked: |Error during fetch for |Skill "[^"]*" not found|\[tool_call bridge refused\]|Failed to edit, |Tool "[^"]*" (?:is a built-in tool|not found)|\[Operation Cancelled\]|MCP tool '[^']*' reported tool error|apply_patch verification failed|unsupported call|failed to parse function arguments|unable to locate image|write_stdin failed|aborted(?: by user after |$)|Script failed\n|The execution of this tool, or a previous tool was interrupted\.$|Tool execution was interrupted before |Error: Tool execution was cancelled$)/;

function numberIn(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/**
 * How a tool ended, by the wire's flag, the exit code in the framing, or the agent's own error texts. `agent` is the
 * one whose framing it is.
 */
export function outcomeOf(result: Result, agent: string): Outcome {
  const text = result.text.trim();
  let exitCode = agent === "codex" ? codexJson(text)?.exitCode : undefined;
  if (agent === "copilot") exitCode = numberIn(LAST_LINE.exec(text)?.[1]);
  for (const pattern of EXIT_CODES[agent] ?? []) {
    // Claude Code flags every failed command: where it says that all went well, the line is what the command printed.
    if (pattern !== CLAUDE_CODE || result.isError !== false) exitCode ??= numberIn(pattern.exec(text)?.[1]);
  }
  if (agent === "factory") exitCode ??= numberIn(DROID_LINE.exec(text)?.[1]);
  if (agent === "pi" && result.isError === true) exitCode ??= numberIn(PI_LINE.exec(text)?.[1]);
  const kimiFailed = agent === "kimi" && KIMI_FAILURE.test(text);
  if (kimiFailed) exitCode ??= numberIn((KIMI_LINE.exec(text) ?? KIMI_CLI_LINE.exec(text))?.[1]);
  // Gemini CLI names the signal that ended a command in place of an exit code.
  const signal = agent === "gemini" || agent === "qwen" ? SIGNAL.exec(text)?.[1] : undefined;
  if (exitCode === undefined && signal !== undefined) exitCode = 128 + Number(signal);
  // Cline flags only calls it refused; a tool's own failure is in its answer.
  const outcomes = (agent === "cline" ? clineOutcomes(text) : undefined) ?? [];
  const allFailed = outcomes.length > 0 && outcomes.every((outcome) => !outcome.success);
  const clineCode = /^Command exited with code (-?\d+)$/.exec(String(outcomes[0]?.error ?? ""))?.[1];
  if (outcomes.length === 1 && clineCode !== undefined) exitCode ??= Number(clineCode);
  const isUntold = result.isError === undefined && exitCode === undefined;
  const said = allFailed || kimiFailed || (isUntold && FAILURE_TEXT.test(text));
  return { exitCode, failed: result.isError === true || said || (exitCode ?? 0) !== 0 };
}

/** Whether a text without a flag lets a model see that something failed. */
export function readsAsFailure(text: string): boolean {
  return /error|fail|no result|no match|not found|could not|no such|illegal|is a directory|do(?:es)? not exist|unable|cannot|unsupported|denied|reject|abort|cancel|interrupt|exit(?:ed)?(?: with)?(?: code)?:? -?[1-9]/i.test(
    text,
  );
}

/** The source agent's own words for a call whose answer it never stored: any explicit error will do in its place. */
export function isMissingAnswer(text: string): boolean {
  return /^(?:\[Tool (?:call interrupted|result missing|use interrupted)|The execution of this tool, or a previous tool was interrupted\.|Tool execution was interrupted before a result was recorded\.|Error: Tool execution was cancelled$)/.test(
    text.trim(),
  );
}
