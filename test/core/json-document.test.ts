import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JsonScan } from "../../src/core/json-scan.ts";
import type { JsonDocument, JsonValue } from "../../src/provider/index.ts";
import { temporaryFolder } from "../support/home.ts";
import { worldOn } from "../support/readers.ts";

const LISTS = ["messages", "history"];
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.constantFrom('\\"', "\\\\", '}]"', "\u2028\u2029", "{[", '"messages":[', "\ud800"),
);
const value = fc.jsonValue({ maxDepth: 4, stringUnit: "binary" });
const key = fc.oneof(fc.constantFrom(...LISTS, "__proto__", "a", ""), text);
const object = fc.dictionary(key, fc.oneof(value, fc.array(fc.oneof(value, text), { maxLength: 6 })), {
  maxKeys: 6,
});
const array = fc.array(fc.oneof(value, text), { maxLength: 8 });
const space = fc.constantFrom(undefined, 1, 2, "\t");

/** Feeds `bytes` cut at `cuts`. */
function scanned(bytes: Buffer, cuts: readonly number[]): JsonScan {
  const scan = new JsonScan(LISTS);
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), 0, bytes.length].sort((a, b) => a - b);
  for (let index = 1; index < places.length; index += 1)
    scan.feed(bytes.subarray(places[index - 1], places[index]));
  return scan;
}

function found(scan: JsonScan, bytes: Buffer): JsonValue {
  const at = (start: number, end: number): JsonValue =>
    JSON.parse(bytes.subarray(start, end).toString("utf8")) as JsonValue;
  const lists = [...scan.lists].map(([name, spans]): [string, JsonValue] => {
    const items: JsonValue[] = [];
    for (let index = 0; index < spans.length; index += 1) {
      const span = spans.at(index);
      items.push(at(span.start, span.end));
    }
    return [name, items];
  });
  if (scan.root === "array") return lists[0]![1];
  const members = [...scan.members].map(([name, span]): [string, JsonValue] => [
    name,
    at(span.start, span.end),
  ]);
  return Object.fromEntries([...lists, ...members]);
}

let number = 0;
const folder = temporaryFolder("json-document");

function put(content: string | Buffer): string {
  const path = join(folder, `${number++}.json`);
  writeFileSync(path, content);
  return path;
}

async function opened(
  content: string | Buffer,
  end?: number,
): Promise<{ document: JsonDocument | undefined; warnings: string[]; path: string }> {
  const path = put(content);
  const { world, warnings } = worldOn(folder);
  const document = await world.files.json(path, { lists: LISTS, ...(end === undefined ? {} : { end }) });
  return { document, warnings: warnings.map(({ code, message }) => `${code}: ${message}`), path };
}

async function itemsOf(document: JsonDocument | undefined, list: string): Promise<(JsonValue | undefined)[]> {
  return (await Array.fromAsync(document!.items(list))).map((item) => item.value);
}

describe("finding the values of a JSON document", () => {
  test("is JSON.parse, wherever the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.oneof(object, array),
        space,
        fc.array(fc.nat(), { maxLength: 12 }),
        (whole, indent, cuts) => {
          const json = JSON.stringify(whole, null, indent);
          const bytes = Buffer.from(json);
          const scan = scanned(bytes, cuts);
          expect(scan.closed).toBe(true);
          expect(found(scan, bytes)).toEqual(JSON.parse(json));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("cuts at every byte give the same", () => {
    const json = ' {"a\\n\\u0041":"x\\\\\\"", "messages" : [1,"]", {"b":[null]} ,true] ,"z":-1.5e3}\n';
    const bytes = Buffer.from(json);
    for (let cut = 0; cut <= bytes.length; cut += 1)
      expect(found(scanned(bytes, [cut]), bytes)).toEqual(JSON.parse(json));
    expect(found(scanned(bytes, [...bytes.keys()]), bytes)).toEqual(JSON.parse(json));
  });

  test("what was cut off keeps the items before the cut", () => {
    fc.assert(
      fc.property(array, fc.nat(), (items, at) => {
        const json = JSON.stringify({ v: 1, messages: items });
        const bytes = Buffer.from(json).subarray(0, at % Buffer.byteLength(json));
        const scan = scanned(bytes, []);
        expect(scan.closed).toBe(false);
        const kept = scan.lists.get("messages")?.length ?? 0;
        const whole = JSON.parse(JSON.stringify(items)) as JsonValue[];
        if (kept > 0)
          expect((found(scan, bytes) as { messages: JsonValue[] }).messages).toEqual(whole.slice(0, kept));
      }),
      { numRuns: 300 },
    );
  });

  test("any bytes at all are taken without failing", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'{}[],:"\\ a1'), { maxLength: 60 }), (signs) => {
        const bytes = Buffer.from(signs.join(""));
        const scan = scanned(bytes, []);
        for (const spans of scan.lists.values())
          for (let index = 0; index < spans.length; index += 1) {
            const { start, end } = spans.at(index);
            expect(start).toBeLessThan(end);
            expect(end).toBeLessThanOrEqual(bytes.length);
          }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("opening a JSON file", () => {
  test("gives items one by one, with their places, and members up to a size", async () => {
    const json = JSON.stringify({ id: "x", long: "y".repeat(5000), messages: [{ a: 1 }, "ü", 3] });
    const { document, warnings } = await opened(`\uFEFF${json}`);
    expect(document).toMatchObject({ root: "object", complete: true, names: ["id", "long"] });
    expect(document!.count("messages")).toBe(3);
    expect(document!.count("history")).toBeUndefined();
    expect(await document!.member("id")).toBe("x");
    expect(await document!.member("long", 100)).toBeUndefined();
    expect(await document!.member("long")).toHaveLength(5000);
    const items = await Array.fromAsync(document!.items("messages", 1, 3));
    expect(items.map(({ position, value: item }) => [position, item])).toEqual([
      [1, "ü"],
      [2, 3],
    ]);
    expect(Buffer.from(`\uFEFF${json}`).subarray(items[0]!.start, items[0]!.end).toString()).toBe('"ü"');
    expect(warnings).toEqual([]);
  });

  test("the later of two members of one name counts", async () => {
    const twice = await opened('{"messages":[1,2],"messages":[3],"history":"x","history":[4]}');
    expect(await itemsOf(twice.document, "messages")).toEqual([3]);
    expect(twice.document!.names).toEqual([]);
    const other = await opened('{"messages":[1],"messages":5}');
    expect(other.document!.count("messages")).toBeUndefined();
    expect(await other.document!.member("messages")).toBe(5);
  });

  test("what is torn or damaged gives what stands before, and says where", async () => {
    const torn = await opened('[{"a":1},{"b":[2}],{"c":');
    expect(await itemsOf(torn.document, "")).toEqual([{ a: 1 }, undefined]);
    expect(torn.document!.complete).toBe(false);
    expect(torn.warnings).toEqual([expect.stringMatching(/^torn-file: .* at byte 24:/)]);
    const wrong = await opened('{"messages":[1,2},"x":1}');
    expect(await itemsOf(wrong.document, "messages")).toEqual([1, 2]);
    expect(wrong.warnings).toEqual([expect.stringMatching(/^torn-file: .* damaged, at byte 16:/)]);
    const junk = await opened('[1,,nonsense "x" {"a":2},]');
    expect(await itemsOf(junk.document, "")).toEqual([1, undefined, "x", { a: 2 }]);
  });

  test("a head is no damage", async () => {
    const { document, warnings } = await opened(JSON.stringify({ id: "x", messages: [1, 2, 3] }), 24);
    expect(document!.complete).toBe(false);
    expect(await itemsOf(document, "messages")).toEqual([1]);
    expect(await document!.member("id")).toBe("x");
    expect(warnings).toEqual([]);
  });

  test("other files are no documents", async () => {
    for (const content of ["", "  ", "17", '"x"', "null", "hello {", "\0\0"])
      expect((await opened(content)).document).toBeUndefined();
    const { world } = worldOn(folder);
    expect(await world.files.json(join(folder, "none.json"), { lists: [] })).toBeUndefined();
  });

  test("no nesting, no length and no bad UTF-8 is too much", async () => {
    const deep = `[${"[".repeat(200_000)}${"]".repeat(200_000)},1]`;
    const { document } = await opened(deep);
    expect(document!.count("")).toBe(2);
    const items = await Array.fromAsync(document!.items("", 1));
    expect(items[0]!.value).toBe(1);
    const long = await opened(JSON.stringify({ messages: ['\\"x'.repeat(800_000), "end"] }));
    expect(await itemsOf(long.document, "messages")).toEqual(['\\"x'.repeat(800_000), "end"]);
    const bad = await opened(Buffer.from([0x5b, 0x22, 0xff, 0xfe, 0x22, 0x5d]));
    expect(await itemsOf(bad.document, "")).toEqual(["\uFFFD\uFFFD"]);
  });
});
