/** The brand by which casr knows its own errors, whichever package made them. */
const BRAND = Symbol.for("casr.error");

function branded(
  message: string,
  code: string,
  exitStatus: number,
  path: string,
  suggestions: string[],
): Error {
  const error = new Error(message);
  error.name = "CasrError";
  return Object.defineProperties(Object.assign(error, { code, exitStatus, suggestions, context: { path } }), {
    [BRAND]: { value: true },
  });
}

/** casr's `source-unreadable` error: nothing of the session at `path` can be used. */
export function unreadable(message: string, path: string): Error {
  return branded(message, "source-unreadable", 7, path, []);
}

/** casr's `write-failed` error: the store at `path` cannot take a session; `next` says what to do. */
export function unwritable(message: string, path: string, next: string): Error {
  return branded(message, "write-failed", 9, path, [next]);
}

/** Whether `error` says that a file cannot be read, as opposed to a bug or an interruption. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === "source-unreadable";
}
