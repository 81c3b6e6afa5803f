/** The brand by which casr knows its own errors, whichever package made them. */
const BRAND = Symbol.for("casr.error");

/** casr's `source-unreadable` error: nothing of the session at `path` can be used. */
export function unreadable(message: string, path: string): Error {
  const error = new Error(message);
  error.name = "CasrError";
  return Object.defineProperties(
    Object.assign(error, { code: "source-unreadable", exitStatus: 7, suggestions: [], context: { path } }),
    {
      [BRAND]: { value: true },
    },
  );
}

/** Whether `error` says that a file cannot be read, as opposed to a bug or an interruption. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === "source-unreadable";
}
