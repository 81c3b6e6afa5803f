/** Every copy of casr's error class carries this mark, so that the host knows its kind. */
const BRAND = Symbol.for("casr.error");

/** A `source-unreadable` error: nothing at `path` can be used. `message` is for people. */
export function unreadable(message: string, path: string): Error {
  const error = new Error(message);
  error.name = "CasrError";
  Object.defineProperty(error, BRAND, { value: true });
  return Object.assign(error, {
    code: "source-unreadable",
    exitStatus: 7,
    suggestions: [] as string[],
    context: { path },
  });
}
