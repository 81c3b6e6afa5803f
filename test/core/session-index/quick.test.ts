import fc from "fast-check";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Diagnostic, Line } from "../../../src/provider/world.ts";
import { createFiles } from "../../../src/core/files.ts";
import { Loans, quickLines, readQuickly } from "../../../src/core/session-index/quick.ts";
import { temporaryFolder } from "../../support/home.ts";

const { signal } = new AbortController();

async function all(lines: AsyncIterable<Line>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const line of lines)
    found.push([line.number, line.offset, line.terminated, Buffer.from(line.bytes).toString("latin1")]);
  return found;
}

/** Pieces of a file: some of them longer than what is read at once, with all that lines may begin and end with. */
const piece = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom("\n", "\r\n", "\n\n", "\uFEFF", "é", "\r"),
  fc.integer({ min: 65_000, max: 70_000 }).map((length) => "x".repeat(length)),
);

test("lines that are read quickly are those that are read the ordinary way", async () => {
  const path = join(temporaryFolder(), "lines.jsonl");
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 12 }),
      fc.nat({ max: 200_000 }),
      fc.option(fc.nat({ max: 200_000 }), { nil: undefined }),
      async (pieces, from, end) => {
        writeFileSync(path, pieces.join(""));
        const files = createFiles(signal, () => {});
        const start = from % 3 === 0 ? 0 : from;
        const options = { start, firstNumber: 7, ...(end === undefined ? {} : { end }) };
        const loans = new Loans();
        const quick = await all(quickLines({ files, warn: () => {}, signal }, path, options, loans));
        loans.giveBack();
        expect(quick).toEqual(await all(files.lines(path, options)));
      },
    ),
    { numRuns: 60 },
  );
});

test("what cannot be read quickly is told of as ever", async () => {
  const folder = temporaryFolder();
  const warnings: Diagnostic[] = [];
  const warn = (warning: Diagnostic): void => void warnings.push(warning);
  const world = { files: createFiles(signal, warn), warn, signal };
  await expect(all(quickLines(world, folder))).rejects.toThrow("it is a folder");
  await expect(all(quickLines(world, join(folder, "none")))).rejects.toThrow("Cannot read");
  expect(warnings).toEqual([]);
});

test("lent bytes are gone once they are given back", () => {
  const path = join(temporaryFolder(), "file");
  writeFileSync(path, "content");
  const loans = new Loans();
  const bytes = readQuickly(path, { start: 1, end: 4 }, loans)!;
  expect(Buffer.from(bytes).toString()).toBe("ont");
  loans.giveBack();
  expect(bytes).toHaveLength(0);
});
