import { describe, expect, it } from "vitest";
import { showsTitle } from "../../src/probe/listed.ts";

describe("a title in an agent's own list", () => {
  it.each([
    ["a table", "ID  TITLE\n01  add(2, 3) returns -1.  2h ago"],
    ["JSON", '{"sessions":[{"title":"add(2, 3) returns -1.\\nPlease find out why"}]}'],
    [
      "a screen that moves the cursor over spaces",
      "\u001b[1madd(2,\u001b[1C3)\u001b[1Creturns\u001b[1C-1.\u001b[0m",
    ],
    ["a list that cuts titles", "› add(2, 3) returns -1. Ple…"],
  ])("is found in %s", (_what, list) => {
    expect(showsTitle(list, "add(2, 3) returns -1. Please find out why")).toBe(true);
  });

  it("is found when its beginning ends within an emoji", () => {
    expect(showsTitle("01  nineteen letters ab🙏 and more", "nineteen letters ab🙏 and more")).toBe(true);
  });

  it("is not found where another one is shown, and never when it is empty", () => {
    expect(showsTitle("01  sub(2, 3) returns -1.", "add(2, 3) returns -1.")).toBe(false);
    expect(showsTitle("anything", " ")).toBe(false);
  });
});
