import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frame, unframe } from "../src/frame.ts";
import { sentText } from "../src/results.ts";

const text = fc.oneof(
  fc.string(),
  fc.constantFrom(
    "",
    "\n",
    "[Process exited with code 0]",
    "\n\n[Process exited with code 1]",
    "Error: Command failed (exit code: 1)\n",
    "Error: Command failed (exit code: 1)\nx\n\n[Process exited with code 1]",
  ),
);

describe("framing of command output", () => {
  it("gives every payload and exit code back", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: -200, max: 300 }), fc.boolean(), (payload, exitCode, isError) => {
        expect(unframe(frame({ text: payload, exitCode }, isError), isError)).toEqual({
          text: payload,
          exitCode,
        });
      }),
    );
  });

  it("gives every recorded text back, whatever it looks like", () => {
    fc.assert(
      fc.property(text, fc.boolean(), (raw, isError) => {
        const { exitCode, ...taken } = unframe(raw, isError);
        expect(exitCode === undefined ? taken.text : frame({ ...taken, exitCode }, isError)).toBe(raw);
      }),
    );
  });

  it("knows Droid's own forms", () => {
    expect(unframe("a\n\n\n[Process exited with code 0]", false)).toEqual({ text: "a\n", exitCode: 0 });
    const failed = "Error: Command failed (exit code: 1)\nno module\n\n\n[Process exited with code 1]";
    expect(unframe(failed, true)).toEqual({ text: "no module\n", exitCode: 1 });
    expect(unframe("Error: Tool execution was cancelled", true).exitCode).toBeUndefined();
  });
});

describe("results of tools that change files", () => {
  it("are what is sent for them", () => {
    const json = '{"success":true,"file_path":"/a.py","diffLines":[]}';
    expect(sentText(json, "Create")).toBe("The file /a.py has been created successfully.");
    expect(sentText(json, "Edit")).toBe("The file /a.py has been updated successfully.");
    expect(sentText(json, "Execute")).toBe(json);
    expect(sentText("anything else", "Edit")).toBe("The file has been updated successfully.");
    expect(sentText('{"success":true}', "Create")).toBe("The file has been created successfully.");
    expect(sentText("anything else", "Create")).toBe("anything else");
    expect(sentText("Error: not found", "Edit")).toBe("Error: not found");
    expect(sentText("", "Edit")).toBe("");
  });
});
