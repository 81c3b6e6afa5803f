/** Every copy of casr's error class carries this mark, so that the host knows its kind. */
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
  Object.defineProperty(error, BRAND, { value: true });
  return Object.assign(error, { code, exitStatus, suggestions, context: { path } });
}

/** A `source-unreadable` error: the file holds nothing that can be used. */
export function unreadable(path: string, why: string): Error {
  return branded(`Cannot read ${path}: ${why}`, "source-unreadable", 7, path, []);
}

/** casr's `write-failed` error: the store at `path` cannot take a session; `next` says what to do. */
export function unwritable(message: string, path: string, next: string): Error {
  return branded(message, "write-failed", 9, path, [next]);
}
