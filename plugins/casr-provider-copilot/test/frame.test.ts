import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frame, unframe } from "../src/frame.ts";

const text = fc.oneof(
  fc.string(),
  fc.constantFrom(
    "",
    "\n",
    "<shellId: 0 completed with exit code 0>",
    "x\n<shellId: 1 completed with exit code 3>",
  ),
  fc
    .array(fc.constantFrom("a", "", "<shellId: ", "completed", "\r"), { maxLength: 6 })
    .map((lines) => lines.join("\n")),
);

describe("framing of command output", () => {
  it("gives every payload and exit code back", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: -200, max: 300 }), (payload, exitCode) => {
        expect(unframe(frame({ text: payload, exitCode }))).toEqual({ text: payload, exitCode, shell: "0" });
      }),
    );
  });

  it("gives every recorded text back, whatever it looks like", () => {
    fc.assert(
      fc.property(text, (raw) => {
        const { exitCode, ...taken } = unframe(raw);
        expect(exitCode === undefined ? taken.text : frame({ ...taken, exitCode })).toBe(raw);
      }),
    );
  });

  it("knows the CLI's own forms", () => {
    expect(unframe("\n<shellId: 0 completed with exit code 0>")).toEqual({
      text: "",
      exitCode: 0,
      shell: "0",
    });
    expect(unframe("x\n<shellId: build completed with exit code 3>").exitCode).toBe(3);
    expect(unframe("<command started in background with shellId: 2>").exitCode).toBeUndefined();
  });
});
