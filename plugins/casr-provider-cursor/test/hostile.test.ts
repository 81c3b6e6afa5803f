import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/support/home.ts";
import { reader } from "../src/read.ts";
import {
  agentChat,
  collect,
  database,
  editorDatabase,
  editorHome,
  HEADS,
  ITEMS,
  outline,
  ROWS,
  worldOn,
} from "./helpers.ts";

const GOOD = "aaaaaaaa-0000-4000-8000-000000000001";
const BAD = "bbbbbbbb-0000-4000-8000-000000000002";
const good = { id: GOOD, bubbles: [{ bubbleId: "u", type: 1, text: "hello" }] };

async function readAll(home: string): Promise<Map<string, string[] | string>> {
  const { world } = worldOn(home);
  const found = new Map<string, string[] | string>();
  for await (const ref of reader.discover(world)) {
    try {
      await reader.summarize(ref, world);
      const reading = await reader.read(ref, world);
      found.set(ref.id, outline(await collect(reading.messages({ history: "full" }))));
      await reader.digest!(ref, world);
    } catch (error) {
      found.set(ref.id, (error as { code?: string }).code ?? String(error));
    }
  }
  return found;
}

const KEYS =
  "bubbleId type text thinking signature toolFormerData name params rawArgs result status error additionalData images data codeBlocks content casr parts origin createdAt timingInfo clientRpcSendTime tokenCount richText root children role toolCallId toolName args providerOptions cursor isSummary latestConversationSummary".split(
    " ",
  );

/** Any JSON, with the keys the reader looks for. */
const junk = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue({ maxDepth: 1 }),
    fc.string(),
    fc.dictionary(fc.constantFrom(...KEYS), tie("value"), { maxKeys: 6 }),
    fc.array(tie("value"), { maxLength: 4 }),
  ),
})).value;

describe("damaged sessions of the editor", () => {
  it("never throw anything but a typed error, and hide no other session", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(junk, { maxLength: 6 }), junk, junk, async (bubbles, data, head) => {
        const home = temporaryFolder();
        const object = (value: unknown): object =>
          typeof value === "object" && value !== null ? value : { value };
        editorHome(home, [
          good,
          {
            id: BAD,
            data: { ...object(data), composerId: BAD },
            head: { ...object(head), composerId: BAD },
            bubbles: bubbles.map((bubble, index) => ({
              type: 1 + (index % 2),
              ...object(bubble),
              bubbleId: `b${index}`,
            })),
          },
        ]);
        const found = await readAll(home);
        expect(found.get(GOOD)).toEqual(["user: hello"]);
        const other = found.get(BAD);
        if (typeof other === "string") expect(other).toBe("source-unreadable");
      }),
      { numRuns: 60 },
    );
  });

  it("keep what can be read of rows that are no JSON, bad UTF-8, blobs, missing", async () => {
    const home = temporaryFolder();
    const id = BAD;
    const headers = ["a", "b", "c", "d", "e"].map((bubbleId) => ({ bubbleId, type: 1 }));
    const kv = "INSERT INTO cursorDiskKV VALUES (?, ?)";
    database(editorDatabase(home), ITEMS + ROWS + HEADS, [
      [
        kv,
        `composerData:${id}`,
        JSON.stringify({ composerId: id, fullConversationHeadersOnly: [...headers, null, 7, {}] }),
      ],
      [kv, `bubbleId:${id}:a`, '{"type":1,"text":"torn'],
      [kv, `bubbleId:${id}:b`, Buffer.from(JSON.stringify({ type: 1, text: "blob" }))],
      [kv, `bubbleId:${id}:c`, Buffer.from([0x7b, 0xff, 0xfe])],
      [kv, `bubbleId:${id}:d`, null],
      [kv, "composerData:cccccccc", "not json"],
      [kv, "composerData:../../etc", JSON.stringify({ conversation: [{ type: 1, text: "x" }] })],
    ]);
    const { world, warnings } = worldOn(home);
    const [ref, ...others] = await collect(reader.discover(world));
    expect(others).toEqual([]);
    const reading = await reader.read(ref!, world);
    expect(reading.records).toEqual({ total: 5, malformed: 4 });
    expect(outline(await collect(reading.messages({ history: "context" })))).toEqual(["user: blob"]);
    expect(warnings.map(({ code }) => code)).toContain("bad-record");
  });

  it.each([
    ["empty", () => Buffer.alloc(0)],
    ["no database", () => Buffer.from("hello ".repeat(1000))],
    ["another database", undefined],
    ["cut in the middle", "cut"],
  ] as const)("a database that is %s hides nothing else", async (_, make) => {
    const home = temporaryFolder();
    const path = editorDatabase(home);
    agentChat(home, { id: GOOD, workspace: "/w", messages: [{ role: "user", content: "hi" }] });
    mkdirSync(dirname(path), { recursive: true });
    if (make === undefined) database(path, "CREATE TABLE other (x)");
    else if (make === "cut") {
      editorHome(home, [
        {
          ...good,
          bubbles: Array.from({ length: 400 }, (_x, n) => ({
            bubbleId: `u${n}`,
            type: 1,
            text: "x".repeat(300),
          })),
        },
      ]);
      truncateSync(path, Math.floor(readFileSync(path).length / 3));
    } else writeFileSync(path, make());
    const found = await readAll(home);
    expect(found.get(GOOD)).toBeDefined();
  });
});

describe("damaged chats of cursor-agent", () => {
  it("never throw anything but a typed error, and hide no other chat", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(junk, { maxLength: 6 }),
        junk,
        fc.uint8Array({ maxLength: 80 }),
        async (messages, meta, more) => {
          const home = temporaryFolder();
          agentChat(home, { id: GOOD, workspace: "/w", messages: [{ role: "user", content: "hi" }] });
          agentChat(home, {
            id: BAD,
            workspace: "/w",
            messages: messages.map((message, index) => ({
              role: ["user", "assistant", "tool"][index % 3],
              ...(typeof message === "object" ? message : { content: message }),
            })),
            meta: typeof meta === "object" && meta !== null ? (meta as { [key: string]: unknown }) : {},
            more,
          });
          const found = await readAll(home);
          expect(found.get(GOOD)).toEqual(["user: hi"]);
          const other = found.get(BAD);
          if (typeof other === "string") expect(other).toBe("source-unreadable");
        },
      ),
      { numRuns: 60 },
    );
  });

  it("say so when nothing can be read", async () => {
    const home = temporaryFolder();
    const folder = join(home, ".cursor/chats/0123/", BAD);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "store.db"), "no database");
    agentChat(home, { id: GOOD, workspace: "/w", messages: [], meta: { latestRootBlobId: "" } });
    expect(await readAll(home)).toEqual(
      new Map([
        [BAD, "source-unreadable"],
        [GOOD, "source-unreadable"],
      ]),
    );
  });
});
