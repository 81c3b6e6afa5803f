import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fileEnds } from "../../src/core/file-ends.ts";
import type { FileEnds } from "../../src/provider/world.ts";

const WINDOW = 64 * 1024;

/** The ends of a file of these bytes, and what was read of it. */
async function endsOf(content: string | Uint8Array): Promise<{ ends: FileEnds; read: number[][] }> {
  const bytes = Buffer.from(content);
  const read: number[][] = [];
  const files = {
    read: async (_: string, range?: { start?: number; end?: number }) => {
      const { start = 0, end = bytes.length } = range ?? {};
      read.push([start, end]);
      return bytes.subarray(start, end);
    },
  };
  return { ends: await fileEnds(files, "/a", bytes.length), read };
}

const lineOf = (number: number, length: number): string =>
  JSON.stringify({ type: number % 3 === 0 ? "third" : "other", number, text: "é".repeat(length) });

describe("both ends of a file", () => {
  it("are all of a file that is no longer than both windows", async () => {
    const lines = Array.from({ length: 40 }, (_, number) => lineOf(number, 1500));
    const content = `\uFEFF${lines.join("\n")}\n\n`;
    expect(Buffer.byteLength(content)).toBeGreaterThan(WINDOW);
    const { ends, read } = await endsOf(content);
    expect([...ends.lines()].map(({ text }) => text)).toEqual(lines);
    expect(read).toEqual([[0, Buffer.byteLength(content)]]);
  });

  it("are its first and last lines, without what the windows cut", async () => {
    const lines = Array.from({ length: 400 }, (_, number) => lineOf(number, 700));
    const { ends, read } = await endsOf(lines.join("\n"));
    expect(read.map(([start, end]) => end! - start!)).toEqual([WINDOW, WINDOW]);
    const all = [...ends.lines()];
    const whole = all.flatMap(({ record }) => (record === undefined ? [] : [record["number"]]));
    expect(whole.slice(0, 3)).toEqual([0, 1, 2]);
    expect(whole.at(-1)).toBe(399);
    expect(all.filter(({ isCut }) => isCut)).toHaveLength(2);
    expect(all.length - whole.length).toBe(2);
  });

  it("are gone through from either side, and only lines with the word are parsed", async () => {
    const torn = '{"type":"third","number":';
    const { ends } = await endsOf(
      ["no JSON", "[3]", ...[1, 2, 3, 4, 6, 7].map((n) => lineOf(n, 1)), torn].join("\n"),
    );
    const third = (record: { [key: string]: unknown }): unknown =>
      record["type"] === "third" ? record["number"] : undefined;
    expect(ends.first('"third"', third)).toBe(3);
    expect(ends.last('"third"', third)).toBe(6);
    expect(ends.first("nowhere", () => 1)).toBeUndefined();
    const seen: unknown[] = [];
    ends.last('"other"', ({ number }) => void seen.push(number));
    expect(seen).toEqual([7, 4, 2, 1]);
    expect(ends.first("", () => undefined)).toBeUndefined();
  });

  it("give what a look at every line gives", async () => {
    const texts = fc.array(
      fc.oneof(
        fc
          .record({ type: fc.constantFrom("a", "b"), value: fc.nat() })
          .map((record) => JSON.stringify(record)),
        fc.string({ maxLength: 20 }).map((text) => text.replaceAll("\n", "")),
      ),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (lines) => {
        const { ends } = await endsOf(lines.join("\n"));
        const values = lines.flatMap((line) => {
          try {
            const { type, value } = JSON.parse(line) as { type?: string; value?: number };
            return type === "b" ? [value] : [];
          } catch {
            return [];
          }
        });
        const pick = (record: { [key: string]: unknown }): unknown =>
          record["type"] === "b" ? record["value"] : undefined;
        expect(ends.first('"b"', pick)).toBe(values[0]);
        expect(ends.last('"b"', pick)).toBe(values.at(-1));
        expect(ends.first("", pick)).toBe(values[0]);
        expect(ends.last("", pick)).toBe(values.at(-1));
        const kept = lines.filter((line) => line !== "");
        expect([...ends.lines()].map(({ text }) => text)).toEqual(kept);
        expect([...ends.lines('"b"')].map(({ text }) => text)).toEqual(
          kept.filter((line) => line.includes('"b"')),
        );
      }),
    );
  });

  it("are none of a file that is gone", async () => {
    const ends = await fileEnds({ read: async () => undefined }, "/gone", 300_000);
    expect([...ends.lines()]).toEqual([]);
    expect(ends.last("", () => 1)).toBeUndefined();
  });
});
