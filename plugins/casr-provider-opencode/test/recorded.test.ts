import { describe, expect, test } from "vitest";
import { copyOfHome, outline, worldOn } from "../../casr-opencode-store/test/helpers.ts";
import { reader } from "../src/read.ts";
import { writer } from "../src/write.ts";

/** The only session of a recorded home. */
async function onlyIn(name: string) {
  const { world, warnings } = worldOn(copyOfHome("opencode", name));
  const [ref] = await Array.fromAsync(reader.discover(world));
  const reading = await reader.read(ref!, world);
  const lines = async (history: "context" | "full") =>
    outline(await Array.fromAsync(reading.messages({ history })));
  return { ref: ref!, lines, header: reading.header, world, warnings };
}

describe("what only OpenCode's recordings have", () => {
  test("a title", async () => {
    const { header } = await onlyIn("rich-git");
    expect(header).toMatchObject({ provider: "opencode", title: "Guard reserve() against bad input" });
  });

  test("a summary comes first, then the older messages that stay, then what followed", async () => {
    const { lines } = await onlyIn("auto-compaction-tail");
    const context = await lines("context");
    expect(context[0]).toMatch(/^summary: ## Goal\nName the next release/);
    expect(context[1]).toBe("assistant: Candidates: Alder, Birch, Cedar 🌲.");
    expect(context).toContain(
      "user/injected: Continue if you have next steps, or stop and ask for clarification if you are unsure how to proceed.",
    );
    expect(context.some((line) => line.includes("Suggest names"))).toBe(false);
    const full = await lines("full");
    expect(full[0]).toBe("(past) user: Suggest names for the next release.");
    expect(full.filter((line) => line.startsWith("summary: "))).toHaveLength(1);
  });

  test("the JSON store of 1.1.65, which is resumed by no current OpenCode", async () => {
    const { ref, lines, world, warnings } = await onlyIn("legacy-json-1.1.65");
    expect(ref.path).toMatch(/storage\/session\/global\/ses_\w+\.json$/);
    expect(await reader.summarize(ref, world)).toMatchObject({
      title: "Shopping list clean-up",
      workspace: "/home/dev/projects/notes",
    });
    expect((await reader.identify(ref.path, world))?.id).toBe(ref.id);
    const context = await lines("context");
    expect(context[0]).toBe("user: \nPlease clean up my shopping list\n\n(äöü ✔)");
    expect(context).toContain("result toolu_01mwpz3s1y000004: - buy milk\n- water plants 🌱\n");
    expect(context).toContain("user: <image/png>");
    expect(warnings).toEqual([]);
    const [step] = await writer.resume(ref, world);
    expect(step).toMatchObject({ argv: ["opencode", "-s", ref.id], note: expect.stringContaining("--fork") });
  });
});
