/** What the payload of a tool's answer is, once the agent's words around it are off. */
export interface Unframed {
  payload: string;
  exitCode?: number;
  durationMs?: number;
}

const SHELL_HEAD = /^Exit code: (-?\d{1,9})\n\nCommand output:\n\n```\n/u;
const SHELL_TAIL = /^\n```(?:\n\nCommand completed in (\d{1,12}) ms\.)?((?:\n\n[^\n]+)*)$/u;
const DURATION = "\n```\n\nCommand completed in ";
const STATE = "Shell state (cwd, env vars) persists for subsequent calls.";

/**
 * A command's answer as `cursor-agent` 2026.04 to 2026.09 words it: exit code, output in a fence, duration.
 * Undefined for other texts.
 */
export function unframeShell(text: string): Unframed | undefined {
  const head = SHELL_HEAD.exec(text);
  if (head === null) return undefined;
  // The fence before the last duration, else the last fence, is the agent's own.
  const start = head[0].length - 1;
  const ends = [text.lastIndexOf(DURATION), text.lastIndexOf("\n```")];
  for (const end of ends) {
    if (end < start) continue;
    const tail = SHELL_TAIL.exec(text.slice(end));
    if (tail === null) continue;
    const payload = end === start ? "" : text.slice(start + 1, end);
    const durationMs = tail[1] === undefined ? {} : { durationMs: Number(tail[1]) };
    return { payload, exitCode: Number(head[1]), ...durationMs };
  }
  return undefined;
}

/** A command's answer in the agent's words; undefined where reading would not give the payload back. */
export function frameShell(payload: string, exitCode: number, durationMs?: number): string | undefined {
  if (!Number.isSafeInteger(exitCode) || Math.abs(exitCode) > 999_999_999) return undefined;
  const whole = durationMs !== undefined && Number.isSafeInteger(durationMs) && durationMs >= 0;
  const took = `Command completed in ${whole && durationMs < 1e12 ? durationMs : 0} ms.`;
  const text = `Exit code: ${exitCode}\n\nCommand output:\n\n\`\`\`\n${payload}\n\`\`\`\n\n${took}\n\n${STATE}`;
  const back = unframeShell(text);
  return back?.payload === payload && back.exitCode === exitCode ? text : undefined;
}

const NUMBERED = /^ *(\d{1,9})\|/u;
const NOT_SHOWN = /^\.\.\. \d+ lines? not shown \.\.\.$/u;

/** A file's lines without their numbers (`     2|text`); undefined where they are not numbered one by one. */
export function unframeRead(text: string): Unframed | undefined {
  const lines = text.split("\n");
  if (NOT_SHOWN.test(lines[0]!)) lines.shift();
  if (lines.length > 0 && NOT_SHOWN.test(lines.at(-1)!)) lines.pop();
  if (lines.length === 0) return undefined;
  let expected: number | undefined;
  const payload: string[] = [];
  for (const line of lines) {
    const match = NUMBERED.exec(line);
    if (match === null) return undefined;
    const number = Number(match[1]);
    if (expected !== undefined && number !== expected) return undefined;
    expected = number + 1;
    payload.push(line.slice(match[0].length));
  }
  return { payload: payload.join("\n") };
}

/** A file's lines with their numbers from `start`. */
export function frameRead(payload: string, start: number): string {
  return payload
    .split("\n")
    .map((line, index) => `${String(start + index).padStart(6, " ")}|${line}`)
    .join("\n");
}
