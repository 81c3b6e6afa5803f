import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { reader } from "../src/read.ts";
import { copyHome, outline, readRef, testWorld } from "./helpers.ts";

const corpus = join(
  process.env["CASR_CORPUS"] ?? new URL("../../../fixtures", import.meta.url).pathname,
  "qwen",
);
const cases = readdirSync(corpus).filter((name) => existsSync(join(corpus, name, "home")));

describe.each(cases)("the recorded session of %s", (name) => {
  test("is listed with a title and read without a warning", async () => {
    const { world, warnings } = await testWorld({ home: await copyHome(name) });
    const refs = await Array.fromAsync(reader.discover(world));
    expect(refs.length).toBeGreaterThan(0);
    for (const ref of refs) {
      const summary = await reader.summarize(ref, world);
      const { messages, header, records } = await readRef(ref, world);
      expect(summary).toMatchObject({
        title: header.title,
        workspace: header.workspace,
        model: header.model,
      });
      expect(messages.length).toBeGreaterThan(1);
      expect(records.malformed).toBe(0);
      const blocks = messages.flatMap(({ content }) => content);
      const results = blocks.filter((block) => block.type === "tool_result").map(({ callId }) => callId);
      expect(results).toEqual(blocks.filter((block) => block.type === "tool_call").map(({ id }) => id));
    }
    expect(warnings).toEqual([]);
  });
});

test("an interactive session is what the CLI would send", async () => {
  const { world } = await testWorld({ home: await copyHome("interactive-cancel-rename-compress") });
  const [ref] = await Array.fromAsync(reader.discover(world));
  const { messages, header } = await readRef(ref!, world);
  expect(header.nativeName).toBe("Parser notes ünï");
  expect(outline(messages).map((line) => line.slice(0, 40))).toEqual([
    "user: [compaction] Notes parser plan\n\nRe",
    "assistant: Got it. Thanks for the additi",
    "user: Recently accessed file (full curre",
    "user: Do you still know the rules",
    "assistant: Yes: one rule a line, trim, s",
  ]);
  const whole = await readRef(ref!, world, "full");
  expect(outline(whole.messages)).toContain(
    "(past) tool: [error call_mwpzj3xk000008] [Operation Cancelled] Reason: User did not allow tool call",
  );
});
