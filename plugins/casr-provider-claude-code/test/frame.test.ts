import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frame, resultShape, unframe } from "../src/frame.ts";

const BASH = resultShape("Bash", { command: "ls" });
const READ = resultShape("Read", { file_path: "/a" });

const text = fc.oneof(
  fc.string(),
  fc.constantFrom(
    "",
    "\n",
    "Exit code 1",
    "Exit code 3\nx",
    "(Bash completed with no output)",
    "1\ta\n2\tb",
    "     1→a",
    "<tool_use_error>x</tool_use_error>",
  ),
  fc.array(fc.constantFrom("a", "", "1\t", "\r", "→"), { maxLength: 6 }).map((lines) => lines.join("\n")),
);
const shape = fc.oneof(
  fc.constant(BASH),
  fc.integer({ min: 0, max: 5000 }).map((offset) => resultShape("Read", { offset })),
  fc.constant(resultShape("Grep", {})),
);

describe("framing of results", () => {
  it("gives every payload back, or refuses to frame it", () => {
    fc.assert(
      fc.property(
        text,
        fc.boolean(),
        fc.option(fc.integer({ min: -200, max: 300 }), { nil: undefined }),
        shape,
        (payload, isError, exitCode, of) => {
          const wanted = of.tool === "shell" ? exitCode : undefined;
          const raw = frame({ text: payload, isError, ...(exitCode === undefined ? {} : { exitCode }) }, of);
          if (raw === undefined) return;
          const quiet = { isError, exitCode: !isError && (exitCode ?? 0) !== 0 };
          const back = unframe(raw, quiet, of);
          expect(back.text).toBe(payload);
          expect(back.exitCode ?? 0).toBe(wanted ?? 0);
        },
      ),
    );
  });

  it("gives every recorded text back, whatever it looks like", () => {
    fc.assert(
      fc.property(text, fc.boolean(), shape, (raw, isError, of) => {
        const taken = unframe(raw, { isError }, of);
        const again = frame({ isError, ...taken }, of);
        if (again !== undefined && !(isError && raw === "")) expect(again).toBe(raw);
      }),
    );
  });

  it("writes the agent's own forms", () => {
    expect(frame({ text: "boom", isError: true, exitCode: 2 }, BASH)).toBe("Exit code 2\nboom");
    expect(frame({ text: "", isError: true, exitCode: 1 }, BASH)).toBe("Exit code 1");
    expect(frame({ text: "", isError: false, exitCode: 0 }, BASH)).toBe("(Bash completed with no output)");
    expect(frame({ text: "a\nb\n", isError: false }, READ)).toBe("1\ta\n2\tb\n3\t");
    expect(frame({ text: "c", isError: false }, resultShape("Read", { offset: 12 }))).toBe("12\tc");
  });

  it("does not number what was never numbered", () => {
    const warning = "<system-reminder>Warning: the file exists but the contents are empty.</system-reminder>";
    const taken = unframe(warning, { isError: false }, READ);
    expect(taken.text).toBe(warning);
    expect(frame({ isError: false, ...taken }, READ)).toBe(warning);
  });

  it("reads the numbers and the reminder of 2025", () => {
    const raw =
      "     9→nine\n    10→ten\n\n<system-reminder>\nWhenever you read a file…\n</system-reminder>\n";
    const taken = unframe(raw, { isError: false }, resultShape("Read", { offset: 9 }));
    expect(taken.text).toBe("nine\nten");
    expect(frame({ isError: false, ...taken }, resultShape("Read", { offset: 9 }))).toBe(raw);
  });

  it("takes error tags off and puts them back", () => {
    const raw = "<tool_use_error>String to replace not found in file.</tool_use_error>";
    const taken = unframe(raw, { isError: true }, resultShape("Edit", {}));
    expect(taken.text).toBe("String to replace not found in file.");
    expect(frame({ isError: true, ...taken }, resultShape("Edit", {}))).toBe(raw);
  });

  it("never writes an error without text, which the service refuses", () => {
    const raw = frame({ text: "", isError: true }, resultShape("Edit", {}));
    expect(raw).not.toBe("");
    expect(unframe(raw!, { isError: true }, resultShape("Edit", {})).text).toBe("");
  });

  it("refuses payloads that look framed", () => {
    expect(frame({ text: "(Bash completed with no output)", isError: false }, BASH)).toBeUndefined();
    expect(frame({ text: "Exit code 4\nx", isError: true }, BASH)).toBeUndefined();
  });
});
