import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  flattenContent,
  messageSnippet,
  normalizeRole,
  reindexMessages,
  titleFrom,
} from "../../src/session/content.ts";
import { canonicalJson, type JsonValue } from "../../src/session/json.ts";
import type { Message } from "../../src/session/types.ts";

const message = (content: Message["content"], index = 0): Message => ({
  index,
  role: "user",
  content,
  inContext: true,
});

describe("flattenContent", () => {
  it.each<[JsonValue | undefined, string]>([
    ["plain", "plain"],
    [
      [
        { type: "text", text: "a" },
        { type: "input_text", text: "b" },
        { type: "output_text", text: "c" },
      ],
      "a\nb\nc",
    ],
    [["a", "b"], "a\nb"],
    [[{ type: "tool_use", name: "Bash", input: { description: "list" } }], "[Tool: Bash - list]"],
    [[{ type: "tool_use", name: "Read", input: { file_path: "/a" } }], "[Tool: Read - /a]"],
    [[{ type: "tool_use" }], "[Tool: unknown]"],
    [[{ type: "image", text: "not shown" }, { text: "shown" }], "shown"],
    [{ content_type: "text", parts: ["x", 1, "y"] }, "x\ny"],
    [{ text: "only" }, "only"],
    [null, ""],
    [undefined, ""],
    [12, ""],
    [true, ""],
    [[], ""],
  ])("%j", (value, text) => {
    expect(flattenContent(value)).toBe(text);
  });
});

describe("normalizeRole", () => {
  it.each([
    ["USER", "user"],
    ["model", "assistant"],
    ["Agent", "assistant"],
    ["gemini", "assistant"],
    ["developer", "system"],
    ["system", "system"],
    ["tool", "tool"],
    ["Narrator", "narrator"],
  ])("%s is %s", (word, role) => {
    expect(normalizeRole(word)).toBe(role);
  });
});

describe("titleFrom", () => {
  it("takes the first line with text", () => {
    expect(titleFrom("\n\n  fix it \nnow")).toBe("fix it");
    expect(titleFrom(" \n ")).toBeUndefined();
  });

  it("never exceeds its limit nor ends in half a character", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 }),
        fc.integer({ min: 2, max: 50 }),
        (text, limit) => {
          const title = titleFrom(text, limit);
          if (title === undefined) return;
          expect(title.length).toBeLessThanOrEqual(limit);
          expect(title.isWellFormed()).toBe(text.isWellFormed() || title.isWellFormed());
        },
      ),
    );
  });
});

describe("messages", () => {
  it("are numbered anew without touching the originals", () => {
    const messages = [message([], 4), message([], 9)];
    expect(reindexMessages(messages).map(({ index }) => index)).toEqual([0, 1]);
    expect(messages.map(({ index }) => index)).toEqual([4, 9]);
  });

  it("have a snippet even without text", () => {
    expect(messageSnippet(message([{ type: "text", text: "a\n  b" }]), 20)).toBe("a b");
    expect(messageSnippet(message([{ type: "tool_call", id: "1", name: "Bash", input: {} }]), 20)).toBe(
      "[tool call: Bash]",
    );
    expect(
      messageSnippet(message([{ type: "tool_result", callId: "1", content: [], isError: false }]), 20),
    ).toBe("[tool result]");
  });
});

describe("canonicalJson", () => {
  it("does not depend on the order of keys and loses nothing", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = value as JsonValue;
        const text = canonicalJson(json);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(json)));
      }),
    );
    expect(canonicalJson({ b: 1, a: [{ d: 2, c: 3 }] })).toBe(canonicalJson({ a: [{ c: 3, d: 2 }], b: 1 }));
  });
});
