import type { JsonValue } from "casr-cli/provider";
import { isObject } from "./json.ts";

/** JSON with sorted keys: equal for equal values. */
export function canonicalText(value: JsonValue): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}
