import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isCasrError } from "../../../src/core/errors.ts";
import { messageSchema } from "../../../src/session/schema.ts";
import { reader } from "../src/read.ts";
import {
  answered,
  called,
  collect,
  ID,
  put,
  readPath,
  refsOf,
  results,
  said,
  testWorld,
  threadText,
  THREADS,
} from "./helpers.ts";

const WHOLE = threadText([
  said("first"),
  answered({ type: "text", text: "one" }, called("c", "Bash", { cmd: "ls" })),
  results({ c: { status: "done", result: { output: "a", exitCode: 0 } } }),
  said("last"),
]);

describe("damaged files", () => {
  test("torn anywhere: what is whole is read, with a warning, or a typed error comes", async () => {
    const { home, world, warnings } = await testWorld();
    for (let end = 0; end < WHOLE.length; end += 17) {
      const path = await put(home, `${THREADS}/${ID}.json`, WHOLE.slice(0, end));
      const ref = { provider: "amp", id: ID, path, sizeBytes: end, modifiedAt: 0 };
      warnings.length = 0;
      try {
        const { messages, records } = await reader.read(ref, world);
        expect((await collect(messages({ history: "full" }))).length).toBeGreaterThan(0);
        expect(records.malformed).toBeGreaterThan(0);
        expect(warnings.map(({ code }) => code)).toContain("torn-file");
      } catch (error) {
        if (!isCasrError(error)) throw error;
        expect(error.code).toBe("source-unreadable");
      }
      await reader.summarize(ref, world);
    }
  });

  test("a byte order mark, other line ends and spacing do no harm", async () => {
    const { home, world } = await testWorld();
    for (const text of [
      `\uFEFF${WHOLE}`,
      WHOLE.replaceAll("\n", "\r\n"),
      JSON.stringify(JSON.parse(WHOLE)),
      `\n\n${WHOLE}\n`,
    ]) {
      const path = await put(home, `${THREADS}/${ID}.json`, text);
      expect(await readPath(path, world)).toHaveLength(4);
    }
  });

  test("one bad thread hides no other", async () => {
    const { home, world } = await testWorld();
    const other = ID.replace(/aa$/, "bb");
    await put(home, `${THREADS}/${ID}.json`, "\u0000\u0001 not JSON");
    await put(home, `${THREADS}/${other}.json`, WHOLE.replaceAll(ID, other));
    const refs = await refsOf(world);
    expect(refs.map(({ id }) => id).sort()).toEqual([ID, other]);
    const bad = refs.find(({ id }) => id === ID)!;
    await expect(reader.read(bad, world)).rejects.toMatchObject({ code: "source-unreadable" });
    expect(await readPath(refs.find(({ id }) => id === other)!.path, world)).toHaveLength(4);
  });

  test("values of any type anywhere never break the reader", async () => {
    const { home, world } = await testWorld();
    const key = fc.constantFrom(
      "role",
      "content",
      "type",
      "text",
      "run",
      "status",
      "result",
      "toolUseID",
      "id",
      "name",
      "input",
      "state",
      "usage",
      "casr",
      "summary",
      "source",
      "fileMentions",
      "files",
      "progress",
      "error",
      "args",
      "toolRun",
      "meta",
    );
    const word = fc.constantFrom(
      "user",
      "assistant",
      "info",
      "text",
      "tool_use",
      "tool_result",
      "image",
      "thinking",
      "summary",
      "message",
      "done",
      "error",
      "cancelled",
      "manual_bash_invocation",
      "Bash",
      "Read",
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: "small" },
        word,
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie("any"), { maxLength: 4 }),
        fc.dictionary(key, tie("any"), { maxKeys: 6 }),
      ),
    })).any;
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 6 }), async (messages) => {
        const path = await put(home, `${THREADS}/${ID}.json`, threadText([said("x"), ...messages]));
        const ref = { provider: "amp", id: ID, path, sizeBytes: 1, modifiedAt: 0 };
        const reading = await reader.read(ref, world);
        for (const message of await collect(reading.messages({ history: "full" })))
          expect(messageSchema.safeParse(message).error).toBeUndefined();
      }),
      { numRuns: 150 },
    );
  });

  test("depth costs no stack", async () => {
    const { home, world } = await testWorld();
    const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    const call = JSON.stringify(answered(called("c", "Bash", { cmd: "ls", x: "@" }))).replace('"@"', deep);
    const text = `{"id":"${ID}","messages":[${JSON.stringify(said("x"))},${call},${JSON.stringify(said("y"))}],"env":${deep}}`;
    const path = await put(home, `${THREADS}/${ID}.json`, text);
    const ref = { provider: "amp", id: ID, path, sizeBytes: text.length, modifiedAt: 0 };
    expect(await collect((await reader.read(ref, world)).messages({ history: "context" }))).not.toHaveLength(
      0,
    );
  });
});
