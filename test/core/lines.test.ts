import { mkdtemp, rm, writeFile, symlink, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { splitLines } from "../../src/core/lines.ts";
import { createWorld } from "../../src/core/world.ts";
import type { Diagnostic, Line, LinesOptions } from "../../src/provider/world.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "casr-lines-"));
});
afterAll(() => rm(folder, { recursive: true }));

function worldOf(warnings: Diagnostic[] = []) {
  return createWorld({ home: folder, cwd: folder, env: {}, warn: (diagnostic) => warnings.push(diagnostic) });
}

async function linesOf(content: string | Buffer, options?: LinesOptions): Promise<Line[]> {
  const path = join(folder, "lines.jsonl");
  await writeFile(path, content);
  const lines: Line[] = [];
  for await (const line of worldOf().files.lines(path, options)) lines.push(line);
  return lines;
}

const shown = (lines: Line[]): [number, number, string, boolean][] =>
  lines.map((line) => [line.number, line.offset, line.text(), line.terminated]);

describe("lines of a file", () => {
  // Longer than all that is held at once; lines of every length cross every border between reads.
  const LARGE = Array.from(
    { length: 4000 },
    (_, number) =>
      `${number} ${"é".repeat((number * 7919) % 900)}${number % 50 === 0 ? "x".repeat(200_000) : ""}`,
  );

  it("are whole wherever they cross the borders of what is read at once", async () => {
    const lines = await linesOf(LARGE.join("\n"));
    expect(lines).toHaveLength(LARGE.length);
    const path = join(folder, "lines.jsonl");
    let offset = 0;
    let number = 0;
    // Their bytes may be another line's once the next one is asked for, as a reader meets them.
    for await (const line of worldOf().files.lines(path)) {
      expect([line.offset, line.number]).toEqual([offset, number + 1]);
      if (line.text() !== LARGE[number]) expect(line.text()).toBe(LARGE[number]);
      offset += Buffer.byteLength(LARGE[number]!) + 1;
      number += 1;
    }
    expect(number).toBe(LARGE.length);
  });

  it("can be left at any moment, and a part of them be asked for", async () => {
    const content = Buffer.from(LARGE.join("\n"));
    const path = join(folder, "part.jsonl");
    await writeFile(path, content);
    for (const stop of [1, 40, 400, 2500]) {
      for await (const line of worldOf().files.lines(path)) if (line.number === stop) break;
    }
    const start = content.indexOf("\n2000 ") + 1;
    const end = content.indexOf("\n3000 ");
    const part: string[] = [];
    for await (const line of worldOf().files.lines(path, { start, end })) part.push(line.text());
    expect(part).toEqual(LARGE.slice(2000, 3000));
  });

  it("come without BOM and line endings, blank ones included", async () => {
    expect(shown(await linesOf("\uFEFFone\r\n\ntwo\nthree"))).toEqual([
      [1, 3, "one", true],
      [2, 8, "", true],
      [3, 9, "two", true],
      [4, 13, "three", false],
    ]);
  });

  it("can be read from and up to an offset", async () => {
    expect(shown(await linesOf("one\ntwo\nthree\n", { start: 4, firstNumber: 2, end: 8 }))).toEqual([
      [2, 4, "two", true],
    ]);
    expect(await linesOf("one\n", { start: 4, end: 4 })).toEqual([]);
  });

  it("are the same out of a compressed file", async () => {
    const content = "one\ntwo\nthree\n";
    const plain = shown(await linesOf(content, { start: 4, end: 14 }));
    const packed = shown(
      await linesOf(zstdCompressSync(content), { start: 4, end: 14, compression: "zstd" }),
    );
    expect(packed.map(([, ...rest]) => rest)).toEqual(plain.map(([, ...rest]) => rest));
  });

  it("turn bad UTF-8 into replacement characters", async () => {
    const [line] = await linesOf(Buffer.from([0x61, 0xff, 0x62, 0x0a]));
    expect(line!.text()).toBe("a\uFFFDb");
  });

  it("give back every byte, however the chunks fall", async () => {
    const bytes = fc
      .uint8Array({ maxLength: 60 })
      .map((array) => array.map((byte) => (byte % 5 === 0 ? 0x0a : byte)));
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { maxLength: 6 }), async (chunks) => {
        const whole = Buffer.concat(chunks);
        async function* source(): AsyncIterable<Buffer> {
          for (const chunk of chunks) yield Buffer.from(chunk);
        }
        const rebuilt: Buffer[] = [];
        let count = 0;
        for await (const line of splitLines(source(), { offset: 0, number: 1 }, () => {})) {
          count += 1;
          expect(line.number).toBe(count);
          expect(whole.subarray(line.offset, line.offset + line.bytes.length).equals(line.bytes)).toBe(true);
          const end = line.offset + line.bytes.length;
          rebuilt.push(whole.subarray(end - line.bytes.length, end));
        }
        const wanted = whole
          .toString("latin1")
          .replace(/^\u00ef\u00bb\u00bf/, "")
          .split("\n");
        if (wanted.at(-1) === "") wanted.pop();
        expect(rebuilt.map((line) => line.toString("latin1"))).toEqual(
          wanted.map((line, index) =>
            index < count && (index < wanted.length - 1 || whole.at(-1) === 0x0a)
              ? line.replace(/\r$/, "")
              : line,
          ),
        );
      }),
    );
  });
});

describe("files", () => {
  it("that are missing are undefined, folders that are missing are empty", async () => {
    const { files } = worldOf();
    expect(await files.stat(join(folder, "none"))).toBeUndefined();
    expect(await files.readText(join(folder, "none", "deeper"))).toBeUndefined();
    expect(await files.list(join(folder, "none"))).toEqual([]);
  });

  it("that cannot be read are a typed error that names them", async () => {
    const { files } = worldOf();
    const loop = join(folder, "loop");
    await symlink(loop, loop);
    await expect(files.stat(loop)).rejects.toMatchObject({
      code: "source-unreadable",
      context: { path: loop },
    });
    await expect(files.readText(folder)).rejects.toMatchObject({ code: "source-unreadable" });
    const entries = await files.list(folder);
    expect(entries.find(({ name }) => name === "loop")).toEqual({ name: "loop", kind: "other" });
  });

  it("are listed in the order of their names, links as what they point at", async () => {
    const store = join(folder, "store");
    await mkdir(join(store, "b"), { recursive: true });
    await writeFile(join(store, "a"), "");
    await symlink(join(store, "b"), join(store, "c"));
    expect(await worldOf().files.list(store)).toEqual([
      { name: "a", kind: "file" },
      { name: "b", kind: "directory" },
      { name: "c", kind: "directory" },
    ]);
  });

  it("stop being read when the run is cancelled", async () => {
    const controller = new AbortController();
    const world = createWorld({
      home: folder,
      cwd: folder,
      env: {},
      warn: () => {},
      signal: controller.signal,
    });
    const path = join(folder, "long.jsonl");
    await writeFile(path, "line\n".repeat(200_000));
    const reading = (async () => {
      for await (const line of world.files.lines(path)) if (line.number === 10) controller.abort();
    })();
    await expect(reading).rejects.toThrow();
  });
});

describe("parseJsonLine", () => {
  it("warns with file and line, once, and tells a torn line from a bad one", async () => {
    const warnings: Diagnostic[] = [];
    const world = worldOf(warnings);
    const path = join(folder, "records.jsonl");
    await writeFile(path, '{"a":1}\nnonsense\n\n[1]\n  \n{"torn":');
    const parsed: unknown[] = [];
    for await (const line of world.files.lines(path)) parsed.push(world.toolkit.parseJsonLine(line, path));
    expect(parsed).toEqual([{ a: 1 }, undefined, undefined, undefined, undefined, undefined]);
    expect(warnings.map(({ code, line }) => [code, line])).toEqual([
      ["bad-line", 2],
      ["bad-line", 4],
      ["torn-line", 6],
    ]);
    expect(warnings.every((warning) => warning.path === path)).toBe(true);
  });
});
