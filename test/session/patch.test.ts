import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPatch, parsePatch } from "../../src/session/patch.ts";
import type { PatchChange } from "../../src/session/tool-types.ts";

const PATCH = `*** Begin Patch
*** Update File: src/price.py
@@ def price(n):
 def price(n):
-    return n * 1.2
+    return n * 120 // 100
@@
-old
+new
*** Add File: notes.md
+# Notes
+
+* one
*** Delete File: gone.txt
*** Update File: a.txt
*** Move to: b.txt
@@
 same
*** End Patch`;

describe("the patch notation", () => {
  it("is read into changes", () => {
    expect(parsePatch(PATCH)).toEqual([
      {
        op: "update",
        path: "src/price.py",
        hunks: [
          {
            header: "def price(n):",
            oldText: "def price(n):\n    return n * 1.2",
            newText: "def price(n):\n    return n * 120 // 100",
          },
          { oldText: "old", newText: "new" },
        ],
      },
      { op: "add", path: "notes.md", content: "# Notes\n\n* one\n" },
      { op: "delete", path: "gone.txt" },
      { op: "update", path: "a.txt", movePath: "b.txt", hunks: [{ oldText: "same", newText: "same" }] },
    ]);
  });

  it("is written as it was read", () => {
    expect(formatPatch(parsePatch(PATCH)!)).toBe(PATCH);
  });

  it.each([
    "",
    "*** Begin Patch",
    "*** Begin Patch\nnonsense\n*** End Patch",
    "*** Begin Patch\n*** Add File: a\nno plus\n*** End Patch",
  ])("does not guess at %j", (text) => {
    expect(parsePatch(text)).toBeUndefined();
  });

  it("comes back equal for any changes", () => {
    const line = fc.string({ unit: "grapheme", maxLength: 12 }).filter((text) => !/[\r\n]/.test(text));
    const path = fc.stringMatching(/^[a-z]{1,8}\.txt$/);
    const lines = fc.array(line, { minLength: 1, maxLength: 5 }).filter((all) => all.join("") !== "");
    const hunk = fc
      .record({ old: lines, new: lines })
      .map((both) => ({ oldText: both.old.join("\n"), newText: both.new.join("\n") }));
    const change: fc.Arbitrary<PatchChange> = fc.oneof(
      fc.record({ op: fc.constant("delete" as const), path }),
      fc.record({
        op: fc.constant("add" as const),
        path,
        content: lines.map((all) => `${all.join("\n")}\n`),
      }),
      fc.record({
        op: fc.constant("update" as const),
        path,
        hunks: fc.array(hunk, { minLength: 1, maxLength: 3 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        expect(parsePatch(formatPatch(changes))).toEqual(changes);
      }),
    );
  });
});
