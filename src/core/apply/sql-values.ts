import type { SqlValue } from "../../provider/world.ts";

/** A SQL value as JSON. What JSON has no form for is an object with one key. */
export type EncodedValue =
  | null
  | number
  | string
  | { bigint: string }
  | { blob: string }
  | { number: string };

export interface EncodedStatement {
  sql: string;
  params: EncodedValue[];
}

/** Exact: `decodeValue` of the result, also after JSON, gives the same value (blobs as Uint8Array). */
export function encodeValue(value: SqlValue): EncodedValue {
  if (typeof value === "bigint") return { bigint: `${value}` };
  if (value instanceof Uint8Array) {
    return { blob: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
  }
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { number: Object.is(value, -0) ? "-0" : `${value}` };
  }
  return value;
}

export function decodeValue(value: EncodedValue): SqlValue {
  if (typeof value !== "object" || value === null) return value;
  if ("bigint" in value) return BigInt(value.bigint);
  if ("blob" in value) return new Uint8Array(Buffer.from(value.blob, "base64"));
  return Number(value.number);
}

export function encodeStatements(statements: { sql: string; params: SqlValue[] }[]): EncodedStatement[] {
  return statements.map(({ sql, params }) => ({ sql, params: params.map(encodeValue) }));
}

export function decodeStatements(statements: EncodedStatement[]): { sql: string; params: SqlValue[] }[] {
  return statements.map(({ sql, params }) => ({ sql, params: params.map(decodeValue) }));
}
