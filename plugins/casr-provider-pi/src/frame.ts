/** A command's output without what stands around it. */
export interface Unframed {
  text: string;
  exitCode?: number;
}

const EMPTY = "(no output)";
const CLOSING = /\n\nCommand exited with code (-?[1-9]\d{0,9})$/;

/** Takes what `bash` of Pi (0.73.1) adds to a command's output off it. Undone by `frame`. */
export function unframe(raw: string, isError: boolean): Unframed {
  const match = isError ? CLOSING.exec(raw) : null;
  const body = match === null ? raw : raw.slice(0, match.index);
  if (isError && match === null) return { text: raw };
  const text = body === EMPTY ? "" : body;
  return match === null ? { text } : { text, exitCode: Number(match[1]) };
}

/** The text Pi's `bash` itself would have recorded. */
export function frame({ text, exitCode }: Unframed): string {
  const body = text === "" ? EMPTY : text;
  return exitCode === undefined || exitCode === 0 ? body : `${body}\n\nCommand exited with code ${exitCode}`;
}
