import type { JsonValue } from "./json.ts";

/** Deeper values than this are no agent's work; turning them into text would exhaust the stack. */
const MAX_DEPTH = 512;

/** Whether `value` nests arrays and objects deeper than `limit`. Does not recurse. */
export function isDeeperThan(value: JsonValue, limit: number = MAX_DEPTH): boolean {
  let level: JsonValue[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    const next: JsonValue[] = [];
    for (const item of level) {
      if (typeof item !== "object" || item === null) continue;
      for (const child of Object.values(item))
        if (typeof child === "object" && child !== null) next.push(child);
    }
    level = next;
  }
  return false;
}
