import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  byteSize,
  displayPath,
  pad,
  plural,
  relativeTime,
  sanitizeLine,
  sanitizeText,
  textWidth,
  truncate,
  wrapLines,
} from "../../src/cli/render/text.ts";

/** Text with everything a session may hold: controls, wide characters, emoji, combining marks, lone surrogates. */
const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom(
        "\u001B[31m",
        "\u001B]0;title\u0007",
        "\u009B2J",
        "\r\n",
        "\t",
        "测试",
        "👩‍👩‍👧",
        "e\u0301",
        "\u202E",
        "\uD800",
        "🇩🇪",
        "❤️",
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/;

describe("text for a terminal", () => {
  test.each([
    ["plain", "plain"],
    ["\u001B[31mred\u001B[0m", "red"],
    ["a\u001B]8;;http://x\u0007link\u001B]8;;\u0007b", "alinkb"],
    ["a\u001B]0;own title\u001B\\b", "ab"],
    ["\u009B31mred", "red"],
    ["one\r\ntwo\tthree", "one two three"],
    ["abc\u202Etxt.exe", "abctxt.exe"],
    ["bell\u0007 back\b", "bell back"],
    ["👩‍👩‍👧 ok", "👩‍👩‍👧 ok"],
    ["lone \uD800!", "lone \uFFFD!"],
  ])("%j becomes %j", (text, expected) => {
    expect(sanitizeLine(text)).toBe(expected);
  });

  test("no control character survives, whatever the text", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(sanitizeLine(text)).not.toMatch(CONTROL);
        expect(sanitizeText(text).replaceAll("\n", "")).not.toMatch(CONTROL);
      }),
    );
  });

  test.each([
    ["abc", 3],
    ["测试", 4],
    ["e\u0301", 1],
    ["👩‍👩‍👧", 2],
    ["🇩🇪", 2],
    ["❤️", 2],
    ["ｆｕｌｌ", 8],
    ["한글", 4],
    ["…", 1],
    ["\u001B[36mid\u001B[39m", 2],
    ["", 0],
  ])("%j takes %i columns", (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  test("truncate and pad keep to the width from either side", () => {
    fc.assert(
      fc.property(
        hostile,
        fc.integer({ min: 0, max: 30 }),
        fc.constantFrom("end" as const, "start" as const),
        (raw, width, side) => {
          const text = sanitizeLine(raw);
          const cut = truncate(text, width, side);
          expect(textWidth(cut)).toBeLessThanOrEqual(width);
          if (textWidth(text) <= width) expect(cut).toBe(text);
          expect(textWidth(pad(cut, width))).toBe(Math.max(width, 0));
        },
      ),
    );
    expect(truncate("/a/long/path", 6, "start")).toBe("…/path");
    expect(truncate("测试测试", 5)).toBe("测试…");
  });

  test("wrapped lines fit and lose nothing but spaces", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 2, max: 40 }), (raw, width) => {
        const text = sanitizeLine(raw);
        const lines = wrapLines(text, width);
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
        expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      }),
    );
  });

  test("times, sizes, counts and paths as people say them", () => {
    const now = 1_763_700_000_000;
    expect(relativeTime(now - 5000, now)).toBe("just now");
    expect(relativeTime(now - 60_000, now)).toBe("1 minute ago");
    expect(relativeTime(now - 49 * 3_600_000, now)).toBe("2 days ago");
    expect(relativeTime(now + 7_200_000, now)).toBe("in 2 hours");
    expect(byteSize(0)).toBe("0 B");
    expect(byteSize(1536)).toBe("1.5 KB");
    expect(byteSize(20 * 1024 * 1024)).toBe("20 MB");
    expect(plural(1, "message")).toBe("1 message");
    expect(plural(1200, "message")).toBe("1,200 messages");
    expect(displayPath("/home/a/x", "/home/a")).toBe("~/x");
    expect(displayPath("/home/ab/x", "/home/a")).toBe("/home/ab/x");
    expect(displayPath("/home/a", "/home/a/")).toBe("~");
  });
});
