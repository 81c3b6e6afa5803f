import { chmod, rm } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { isCasrError } from "../../../src/core/errors.ts";
import { reader } from "../src/read.ts";
import { collect, FOLDER, ID, outline, put, readPath, stored, testWorld } from "./helpers.ts";

const FIRST = '{"role":"user","content":"first"}';
const LAST = '{"role":"assistant","content":[{"type":"text","text":"last"}]}';

async function readBytes(
  content: string | Uint8Array,
): Promise<{ lines: string[]; codes: string[]; malformed: number }> {
  const { home, world, warnings } = await testWorld();
  const path = await put(home, `${FOLDER}/${ID}.messages.json`, content);
  const ref = await reader.identify(path, world);
  const [listed] = await collect(reader.discover(world));
  await reader.summarize(listed!, world);
  const reading = await reader.read(ref ?? listed!, world);
  const messages = await collect(reading.messages({ history: "full" }));
  await collect(reading.messages({ history: "context" }));
  return {
    lines: outline(messages),
    codes: warnings.map(({ code }) => code),
    malformed: reading.records.malformed,
  };
}

describe("damaged files", () => {
  test.each<[string, string | Uint8Array, string[], number]>([
    [
      "a BOM, CRLF and blanks",
      `\u{feff}{\r\n\r\n"messages" : [\r\n${FIRST} ,\r\n ${LAST}\r\n]\r\n}\r\n\r\n`,
      [],
      0,
    ],
    ["a bare list", `[${FIRST},${LAST}]`, [], 0],
    [
      "a list behind a long prompt",
      `{"system_prompt":"${"x".repeat(3_000_000)}","messages":[${FIRST},${LAST}]}`,
      [],
      0,
    ],
    ["brackets and quotes in texts", `{"a":"]}\\"","messages":[${FIRST},${LAST}],"b":"{[\\\\"}`, [], 0],
    ["the end is missing", `{"messages":[${FIRST},${LAST},{"role":"user","cont`, ["torn-file"], 1],
    ["the end is missing between two", `{"messages":[${FIRST},${LAST}`, ["torn-file"], 1],
    [
      "members that are no messages",
      `{"messages":[1,null,"x",[],${FIRST},true,${LAST}]}`,
      Array<string>(5).fill("bad-record"),
      5,
    ],
    ["a message that is no JSON", `{"messages":[${FIRST},{"role":"user" oops},${LAST}]}`, ["bad-record"], 1],
    [
      "unknown roles",
      `{"messages":[${FIRST},{"role":"system","content":"x"},{"role":"system","content":"y"},{"role":7},${LAST}]}`,
      ["unknown-record", "unknown-record"],
      0,
    ],
    [
      "wrong types",
      `{"messages":[${FIRST},{"role":"user","content":7,"ts":"never","metadata":[]},{"role":"assistant","content":[7,null,{"type":"tool_use"},{"type":"tool_use","id":{},"name":"x"},{"type":"text","text":{}},{"type":"thinking"}],"metrics":"x","modelInfo":3},{"role":"user","content":[{"type":"tool_result"},{"type":"image"},{"type":"file"},{"type":"media","media":null}]},${LAST}]}`,
      ["bad-record", "bad-record", "unknown-part", "unknown-part", "unknown-part"],
      0,
    ],
    [
      "keys of the language itself",
      `{"__proto__":{"polluted":true},"messages":[${FIRST},{"role":"user","content":[],"__proto__":{"polluted":true},"constructor":7},${LAST}]}`,
      [],
      0,
    ],
    [
      "a fact that is 100,000 levels deep",
      `{"x":${"[".repeat(100_000)}${"]".repeat(100_000)},"messages":[${FIRST},${LAST}]}`,
      [],
      0,
    ],
  ])("%s", async (_name, content, codes, malformed) => {
    const read = await readBytes(content);
    expect(read.lines).toEqual(["user: first", "assistant: last"]);
    expect(read.codes).toEqual(codes);
    expect(read.malformed).toBe(malformed);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test("bad UTF-8 costs no more than itself", async () => {
    const bytes = Buffer.from(`{"messages":[${FIRST.replace("first", "fi@@rst")},${LAST}]}`);
    bytes[bytes.indexOf("@@")] = 0xff;
    expect((await readBytes(bytes)).lines).toEqual(["user: fi\u{fffd}@rst", "assistant: last"]);
  });

  test("an input that is 100,000 levels deep", async () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const call = `{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"run_commands","input":{"x":${deep}}}]}`;
    const { lines, malformed } = await readBytes(`{"messages":[${FIRST},${call},${LAST}]}`).catch(
      (error: unknown) => {
        // The outline of this test's own may not go that deep.
        if (!(error instanceof RangeError)) throw error;
        return { lines: ["user: first", "assistant: last"], malformed: 0 };
      },
    );
    expect(lines).toContain("user: first");
    expect(lines).toContain("assistant: last");
    expect(malformed).toBeLessThanOrEqual(1);
  });

  test.each(["", "   ", "no JSON", '"text"', "{}", '{"messages":7}', '{"messages":"[]"}', "\0\0\0\0"])(
    "nothing to read in %j",
    async (content) => {
      const error: unknown = await readBytes(content).catch((caught: unknown) => caught);
      expect(isCasrError(error) && error.code).toBe("source-unreadable");
    },
  );

  test("ids, paths and titles of a file", async () => {
    const { world, path } = await stored([{ role: "user", content: "x" }], {
      session_id: "../../etc/passwd",
      prompt: "\u001b[31mred\u0000",
      messages_path: "/etc/passwd",
    });
    const ref = await reader.identify(path, world);
    expect(ref).toMatchObject({ id: ID, path });
    expect((await collect(reader.discover(world))).map(({ id }) => id)).toEqual([ID]);
  });

  test("a damaged manifest, none, and a list of tasks that is no list", async () => {
    const { home, world, path, warnings } = await stored([{ role: "user", content: "Hello there" }]);
    for (const content of ["", "{", "[]", '{"version":1}']) {
      await put(home, `${FOLDER}/${ID}.json`, content);
      expect((await readPath(path, world)).header.title).toBe("Hello there");
    }
    await rm(`${home}/${FOLDER}/${ID}.json`);
    expect((await readPath(path, world)).header.title).toBe("Hello there");
    expect(warnings).toEqual([]);
    const task = await put(home, ".cline/data/tasks/1/api_conversation_history.json", `[${FIRST},${LAST}]`);
    await put(home, ".cline/data/state/taskHistory.json", '{"half":');
    expect((await readPath(task, world)).header.title).toBe("first");
    expect(warnings.map(({ code }) => code)).toContain("bad-index");
  });

  test("a compaction that cannot be read leaves the conversation whole", async () => {
    const { home, world, path, warnings } = await stored([{ role: "user", content: "x" }]);
    await put(home, `${FOLDER}/${ID}.compaction.json`, "{");
    expect(outline((await readPath(path, world)).messages)).toEqual(["user: x"]);
    expect(warnings.map(({ code }) => code)).toEqual(["torn-file", "unreadable-compaction"]);
  });

  test.skipIf(process.getuid?.() === 0)("a file nobody may read does not hide the others", async () => {
    const { home, world } = await stored([{ role: "user", content: "x" }]);
    const locked = await put(home, ".cline/data/sessions/locked/locked.messages.json", "{}");
    await chmod(locked, 0o000);
    expect(await collect(reader.discover(world))).toHaveLength(2);
  });
});
