import fc from "fast-check";
import { expect, test } from "vitest";
import { readRecords } from "./helpers.ts";

/** Values of every JSON type where the format has something else. */
const anything = fc.jsonValue({ maxDepth: 3 });
const keyed = fc.dictionary(
  fc.constantFrom(
    "id",
    "type",
    "content",
    "toolCalls",
    "thoughts",
    "tokens",
    "displayContent",
    "casr",
    "$set",
    "$rewindTo",
    "messages",
    "timestamp",
    "sessionId",
    "projectHash",
    "args",
    "result",
  ),
  fc.oneof(anything, fc.constantFrom("user", "gemini", "a", "b")),
);
const part = fc.dictionary(
  fc.constantFrom("text", "thought", "functionCall", "functionResponse", "inlineData", "fileData"),
  fc.oneof(anything, keyed),
);
const record = fc.oneof(
  keyed,
  fc.record({
    id: fc.constantFrom("a", "b", "c"),
    type: fc.constantFrom("user", "gemini"),
    content: fc.oneof(anything, fc.array(part)),
    toolCalls: fc.array(fc.oneof(anything, keyed)),
  }),
  fc.record({ $set: fc.record({ messages: fc.array(fc.oneof(anything, keyed)) }) }),
);

test("no record makes the reader throw or yield what is not a message", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 8 }), async (records) => {
      for (const history of ["context", "full"] as const) {
        const { messages } = await readRecords(records, history);
        messages.forEach((message, index) => {
          expect(message.index).toBe(index);
          expect(message.content.length).toBeGreaterThan(0);
          for (const block of message.content) if (block.type === "text") expect(block.text).not.toBe("");
        });
      }
    }),
    { numRuns: 150 },
  );
});
