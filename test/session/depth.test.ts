import { expect, it } from "vitest";
import { isDeeperThan } from "../../src/session/depth.ts";
import type { JsonValue } from "../../src/session/json.ts";

function nested(levels: number): JsonValue {
  let value: JsonValue = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

it("tells depth without recursion", () => {
  expect(isDeeperThan(nested(3), 3)).toBe(false);
  expect(isDeeperThan(nested(5), 3)).toBe(true);
  expect(isDeeperThan(nested(300_000))).toBe(true);
  expect(isDeeperThan("text")).toBe(false);
  expect(isDeeperThan(Array.from({ length: 5000 }, () => ({ a: [] })))).toBe(false);
});
