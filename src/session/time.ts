import type { JsonValue } from "./json.ts";

/** Numbers below this are epoch seconds, at or above it epoch milliseconds. */
const MILLISECONDS_FROM = 100_000_000_000;

const ISO = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/i;
/** The form nearly all of them have, told by one look. */
const USUAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const NUMBER = /^[+-]?\d+(\.\d+)?$/;

/** The farthest a Date can reach from 1970, in ms. */
const MAX_EPOCH_MS = 8.64e15;

function fromNumber(value: number): number | undefined {
  const epochMs = Math.trunc(value < MILLISECONDS_FROM ? value * 1000 : value);
  return Math.abs(epochMs) <= MAX_EPOCH_MS ? epochMs : undefined;
}

/**
 * Epoch ms from what agents write as time: RFC 3339 strings (without an offset they are UTC), epoch
 * seconds or milliseconds as numbers or digit strings, integers or floats. Undefined for all else.
 */
export function parseTimestamp(value: JsonValue | undefined): number | undefined {
  if (typeof value === "number") return fromNumber(value);
  if (typeof value !== "string") return undefined;
  if (USUAL.test(value)) {
    const epoch = Date.parse(value);
    return Number.isNaN(epoch) ? undefined : epoch;
  }
  const text = value.trim();
  if (NUMBER.test(text)) return fromNumber(Number(text));
  if (!ISO.test(text)) return undefined;
  const hasOffset = /(Z|[+-]\d{2}:?\d{2})$/i.test(text);
  const epoch = Date.parse((hasOffset ? text : `${text}Z`).replace(" ", "T"));
  return Number.isNaN(epoch) ? undefined : epoch;
}
