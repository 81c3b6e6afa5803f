/** Every copy of casr's error class carries this mark, so that the host knows its kind. */
const BRAND = Symbol.for("casr.error");

/** A `source-unreadable` error: the file holds nothing that can be used. */
export function unreadable(path: string, why: string): Error {
  const error = new Error(`Cannot read ${path}: ${why}`);
  error.name = "CasrError";
  Object.defineProperty(error, BRAND, { value: true });
  return Object.assign(error, {
    code: "source-unreadable",
    exitStatus: 7,
    suggestions: [] as string[],
    context: { path },
  });
}
