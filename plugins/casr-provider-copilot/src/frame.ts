/** What stands around a command's output for the model. */
export interface Unframed {
  text: string;
  exitCode?: number;
  /** Which shell it ran in; absent when nothing was taken off. */
  shell?: string;
}

const OPEN = "\n<shellId: ";
const CLOSING = /^\n<shellId: ([^\s<>]{1,100}) completed with exit code (0|-?[1-9]\d{0,9})>$/;

/** The shell that framed results name when the session has none of its own. */
const SHELL = "0";

/** Takes the line with the exit code off a command's output (Copilot CLI 1.0.102). Undone by `frame`. */
export function unframe(raw: string): Unframed {
  const start = raw.lastIndexOf(OPEN);
  const match = start === -1 ? null : CLOSING.exec(raw.slice(start));
  if (match === null) return { text: raw };
  return { text: raw.slice(0, start), exitCode: Number(match[2]), shell: match[1]! };
}

/** The text the CLI itself would have recorded for the output of a command that ended with `exitCode`. */
export function frame({ text, exitCode, shell }: Unframed & { exitCode: number }): string {
  return `${text}${OPEN}${shell ?? SHELL} completed with exit code ${exitCode}>`;
}
