import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTimestamp } from "../../src/session/time.ts";

describe("parseTimestamp", () => {
  it.each([
    [1_700_000_000, 1_700_000_000_000],
    [1_700_000_000_123, 1_700_000_000_123],
    [1_700_000_000.5, 1_700_000_000_500],
    [99_999_999_999, 99_999_999_999_000],
    [100_000_000_000, 100_000_000_000],
    ["1700000000", 1_700_000_000_000],
    ["1700000000.25", 1_700_000_000_250],
    [" 1700000000123 ", 1_700_000_000_123],
    ["2026-11-21T05:00:28.246Z", 1_795_237_228_246],
    ["2026-11-21T06:00:28.246+01:00", 1_795_237_228_246],
    ["2026-11-21T05:00:28", 1_795_237_228_000],
    ["2026-11-21 05:00:28", 1_795_237_228_000],
  ])("reads %j", (value, epochMs) => {
    expect(parseTimestamp(value)).toBe(epochMs);
  });

  it.each([
    undefined,
    null,
    "",
    "yesterday",
    true,
    {},
    [],
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "2026-13-40T99:00:00Z",
    1e300,
    -1e300,
    "99999999999999999999",
  ])("gives nothing for %j", (value) => {
    expect(parseTimestamp(value as never)).toBeUndefined();
  });

  it("reads back every millisecond it could have been given as an ISO string", () => {
    const dates = fc.date({ min: new Date(0), max: new Date("2200-01-01"), noInvalidDate: true });
    fc.assert(fc.property(dates, (date) => parseTimestamp(date.toISOString()) === date.getTime()));
  });
});
