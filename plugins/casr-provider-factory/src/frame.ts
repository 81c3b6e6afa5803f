/** A command's output without what stands around it. */
export interface Unframed {
  text: string;
  exitCode?: number;
  /** Nothing but the closing line was recorded. */
  bare?: boolean;
}

const CLOSING = /(?:\n\n)?\[Process exited with code (0|-?[1-9]\d{0,9})\]$/;

const opening = (exitCode: number): string => `Error: Command failed (exit code: ${exitCode})\n`;
const closing = (exitCode: number): string => `\n\n${exitLine(exitCode)}`;

/** What Droid says at the end of a command's output. */
export function exitLine(exitCode: number): string {
  return `[Process exited with code ${exitCode}]`;
}

/** Takes the lines with the exit code off a command's output (Droid 0.225.2). Undone by `frame`. */
export function unframe(raw: string, isError: boolean): Unframed {
  const match = CLOSING.exec(raw);
  if (match === null) return { text: raw };
  const exitCode = Number(match[1]);
  const head = isError ? opening(exitCode) : "";
  if (!raw.startsWith(head) || match.index < head.length) return { text: raw };
  const text = raw.slice(head.length, match.index);
  if (match[0].startsWith("\n")) return { text, exitCode };
  return text === "" ? { text, exitCode, bare: true } : { text: raw };
}

/** The text Droid itself would have recorded for the output of a command that ended with `exitCode`. */
export function frame({ text, exitCode, bare }: Unframed & { exitCode: number }, isError: boolean): string {
  const end = closing(exitCode);
  return `${isError ? opening(exitCode) : ""}${text}${bare === true ? end.trimStart() : end}`;
}
