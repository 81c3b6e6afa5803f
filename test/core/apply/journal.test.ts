import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readJournal } from "../../../src/core/apply/journal-read.ts";
import type { StepRecord } from "../../../src/core/apply/journal.ts";
import { decodeValue, encodeValue, type EncodedValue } from "../../../src/core/apply/sql-values.ts";
import { journalWith } from "./scene.ts";

describe("what goes into a journal comes out of it", () => {
  const sqlValue = fc.oneof(
    fc.constant(null),
    fc.double(),
    fc.integer(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
    fc.uint8Array(),
  );
  const digits = fc.bigInt({ min: 0n, max: 2n ** 64n }).map(String);
  const identity = fc.record({ dev: digits, ino: digits, size: digits, mtimeNs: digits });
  const name = fc.stringMatching(/^[a-zA-Z0-9 \u00e4\u{1F600}_-]{1,20}$/u);
  const place = name.map((one) => ({ path: `/r/${one}`, root: "/r" }));
  const temporary = fc.constant("/r/.casr-abcdef0123-0.tmp");
  const optional = { requiredKeys: [] as never[] };
  const step: fc.Arbitrary<StepRecord> = fc.oneof(
    fc
      .tuple(
        place,
        temporary,
        fc.record({ staged: identity, placeholder: fc.constant(true as const) }, optional),
        fc.option(identity),
      )
      .map(([where, temp, rest, of]) => ({
        kind: "create" as const,
        ...where,
        temporary: temp,
        ...rest,
        ...(of && { backup: { path: `${where.path}.casr-1-1.bak`, of } }),
      })),
    fc
      .tuple(place, fc.record({ before: identity }, optional), fc.string({ unit: "binary" }))
      .map(([where, rest, data]) => ({
        kind: "append" as const,
        ...where,
        state: "writing" as const,
        data,
        ...rest,
      })),
    fc
      .tuple(place, temporary, fc.uint8Array(), identity, fc.double({ noNaN: true, noDefaultInfinity: true }))
      .map(([where, temp, bytes, staged, mtime]) => ({
        kind: "edit" as const,
        ...where,
        temporary: temp,
        state: "staged" as const,
        staged,
        digest: "ab",
        lock: { ...where, path: `${where.path}.lock`, identity: staged },
        original: {
          content: Buffer.from(bytes).toString("base64"),
          mode: 0o640,
          uid: 1,
          gid: 0,
          mtimeMs: Object.is(mtime, -0) ? 0 : mtime,
        },
      })),
    fc
      .tuple(place, fc.array(fc.record({ sql: fc.string(), params: fc.array(sqlValue.map(encodeValue)) })))
      .map(([where, undo]) => ({ kind: "sqlite" as const, ...where, state: "committing" as const, undo })),
  );

  test("SQL values", () => {
    fc.assert(
      fc.property(sqlValue, (value) => {
        const back = decodeValue(JSON.parse(JSON.stringify(encodeValue(value))) as EncodedValue);
        expect(typeof back).toBe(typeof value);
        if (value instanceof Uint8Array) expect([...(back as Uint8Array)]).toEqual([...value]);
        else expect(Object.is(back, value)).toBe(true);
      }),
    );
  });

  test("whole journals", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), (steps) => {
        const journal = journalWith(steps);
        expect(readJournal(JSON.stringify(journal))).toEqual(journal);
      }),
    );
  });

  test("a journal cut short anywhere is not taken for one", () => {
    fc.assert(
      fc.property(step, fc.double({ min: 0, max: 0.999, noNaN: true }), (one, part) => {
        const text = JSON.stringify(journalWith([one]));
        expect(() => readJournal(text.slice(0, Math.floor(text.length * part)))).toThrow();
      }),
    );
  });
});
