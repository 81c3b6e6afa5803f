import type { JsonValue } from "../../session/json.ts";

/** Where the runtime tells the source text of a number, numbers no double can hold pass through unchanged. */
const { rawJSON } = JSON as { rawJSON?: (text: string) => JsonValue };

/** Reads JSON for an edit; a BOM is skipped. Throws SyntaxError. */
export function parseJson(text: string): JsonValue {
  const plain = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const keepNumber = (_key: string, value: JsonValue, context?: { source?: string }): JsonValue => {
    const isExact = typeof value !== "number" || Math.abs(value) <= Number.MAX_SAFE_INTEGER;
    const source = context?.source;
    if (isExact || source === undefined || rawJSON === undefined || !/^-?\d+$/u.test(source)) return value;
    return rawJSON(source);
  };
  return JSON.parse(plain, keepNumber as (key: string, value: unknown) => unknown) as JsonValue;
}

/**
 * JSON text in the style of the file it replaces: its indentation (2 spaces for a new file, none
 * where all was on one line) and its last line break. Undefined for what JSON cannot hold.
 */
export function formatJson(value: JsonValue, former: string | undefined): string | undefined {
  const text = JSON.stringify(value, undefined, indentOf(former)) as string | undefined;
  return text === undefined ? undefined : text + (former === undefined || former.endsWith("\n") ? "\n" : "");
}

function indentOf(former: string | undefined): string {
  const first = former === undefined ? undefined : /^\uFEFF?\s*[[{]\r?\n([ \t]+)/u.exec(former)?.[1];
  if (first !== undefined) return first.slice(0, 10);
  // `{}` and `[]` tell nothing; longer text on one line is meant to be so.
  return former !== undefined && former.trim().length > 2 && !former.trim().includes("\n") ? "" : "  ";
}
