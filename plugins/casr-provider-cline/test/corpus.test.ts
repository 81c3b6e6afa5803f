import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { SessionRef } from "casr-cli/provider";
import { reader } from "../src/read.ts";
import { nativeCall } from "../src/tools.ts";
import { collect, CORPUS, outline, readRef, recorded, roundTrip } from "./helpers.ts";

const folder = join(CORPUS, "cline");
const names = existsSync(folder) ? (await readdir(folder)).filter((name) => !name.endsWith(".md")) : [];

async function only(name: string): Promise<Awaited<ReturnType<typeof recorded>> & { ref: SessionRef }> {
  const made = await recorded(name);
  const [ref] = await collect(reader.discover(made.world));
  return { ...made, ref: ref! };
}

describe.each(names)("genuine session %s", (name) => {
  test("every call has one answer behind it, every block something in it", async () => {
    const { world, warnings } = await recorded(name);
    const refs = await collect(reader.discover(world));
    expect(refs.length).toBeGreaterThan(0);
    for (const ref of refs) {
      const { messages, header } = await readRef(ref, world, "full");
      const blocks = messages.flatMap(({ content }) => content);
      const calls = blocks.flatMap((block) => (block.type === "tool_call" ? [block.id] : []));
      const answers = blocks.flatMap((block) => (block.type === "tool_result" ? [block.callId] : []));
      expect(answers).toEqual(calls);
      expect(messages.every(({ content }) => content.length > 0)).toBe(true);
      expect(messages.map(({ index }) => index)).toEqual(messages.map((_, index) => index));
      expect(await reader.summarize(ref, world)).toMatchObject({
        title: header.title,
        workspace: header.workspace,
        startedAt: header.startedAt,
        model: header.model,
      });
      expect(await reader.identify(ref.path, world)).toEqual(ref);
    }
    expect(warnings).toEqual([]);
  });

  test("every call of the tool table comes back as it was", async () => {
    const { world } = await recorded(name);
    for (const ref of await collect(reader.discover(world))) {
      const { messages } = await readRef(ref, world, "full");
      for (const block of messages.flatMap(({ content }) => content)) {
        if (block.type !== "tool_call" || block.tool === undefined) continue;
        expect(nativeCall(block.tool)).toEqual({ name: block.name, input: block.input });
      }
    }
  });

  test("written again it reads the same, with and without what only Cline knows", async () => {
    const { world } = await recorded(name);
    for (const ref of await collect(reader.discover(world))) {
      const { messages, header } = await readRef(ref, world);
      const foreign = messages.map((message) => ({
        ...message,
        content: message.content.map((block) => {
          if (block.type !== "tool_result") return block;
          const { native: _native, ...rest } = block;
          return rest;
        }),
      }));
      for (const written of [messages, foreign]) {
        const again = await roundTrip(written, header);
        expect(outline(again.messages)).toEqual(outline(messages));
      }
    }
  });
});

describe.runIf(names.includes("rich"))("what the genuine sessions say", () => {
  const lines = (all: string[]): string[] => all.map((line) => line.slice(0, 90));

  test("a compacted session: the model has the summary, the history has what it stands for", async () => {
    const { ref, world } = await only("rich");
    const context = (await readRef(ref, world)).messages;
    expect(lines(outline(context))).toEqual([
      expect.stringMatching(/^user: \[compaction\] Context summary:/u),
      "assistant: [thought] A picture is attached.",
      "assistant: The image is a plain red square. I print a big log next.",
      expect.stringMatching(/^assistant: \[call toolu_01mwpyf5t8000001\] run_commands/u),
      expect.stringMatching(/^tool: \[result toolu_01mwpyf5t8000001\] line 00000/u),
      "assistant: That was a long log. Nothing unusual in it.",
      "user: Thank you! ありがとう 🙏\n(second line of thanks)",
      "assistant: You're welcome! 日本語でもどうぞ。\nSecond line.",
      "user: Start a long job and stop",
    ]);
    expect(context[0]?.origin).toBe("compaction");
    const full = (await readRef(ref, world, "full")).messages;
    expect(full.filter(({ inContext }) => inContext).map(({ id }) => id)).toEqual(
      context.map(({ id }) => id),
    );
    expect(lines(outline(full)).slice(0, 4)).toEqual([
      expect.stringMatching(/^user: Please look at this project/u),
      expect.stringMatching(/^assistant: \[thought\] The user wants/u),
      "assistant: I'll look around first. 🔎",
      expect.stringMatching(/^assistant: \[call toolu_01mwpyem6q000001\] run_commands/u),
    ]);
  });

  test("a compaction of other messages is passed over, as Cline does", async () => {
    const { ref, world, warnings } = await only("rich");
    const bytes = await readFile(ref.path, "utf8");
    await writeFile(ref.path, bytes.replace("I'll look around first", "I looked around first"));
    const { messages } = await readRef(ref, world);
    expect(outline(messages)[0]).toMatch(/^user: Please look at this project/u);
    expect(warnings.map(({ code }) => code)).toEqual(["stale-compaction"]);
  });

  test("facts of a session", async () => {
    const { ref, world } = await only("rich");
    expect((await readRef(ref, world)).header).toMatchObject({
      id: "1795238087756_za64d",
      title: "Please look at this project, then change the greeting to have an accent & a wave 👋.",
      workspace: "/home/dev/projects/app",
      git: { branch: "main" },
      model: "claude-sonnet-4-5",
      agentVersion: "3.0.65",
      startedAt: Date.parse("2026-11-21T05:14:47.759Z"),
    });
  });

  test("odd answers: a picture, failures in entries and in objects, refused calls", async () => {
    const { ref, world } = await only("tool-errors");
    const { messages } = await readRef(ref, world);
    expect(lines(outline(messages)).filter((line) => line.startsWith("tool"))).toEqual([
      "tool: [result toolu_01mwpz5nh6000001] Successfully read image|<image/png>",
      "tool: [error toolu_01mwpz5nh6000002] Error fetching web content: Unable to connect. Is the",
      expect.stringMatching(/^tool: \[error toolu_01mwpz5nlw000006\] \{"error":"Tool call nosuchtool/u),
      "tool: [error toolu_01mwpz5no400000a] Editor operation failed: No replacement performed: te",
      "tool: [error toolu_01mwpz5no400000b] Error reading file: ENOENT: no such file or directory",
      'tool: [error toolu_01mwpz5no400000c] {"error":"✖ Invalid input"}',
    ]);
  });

  test("subagents are no sessions of their own in the list, and are found by id", async () => {
    const { ref, world } = await only("subagent");
    const { header } = await readRef(ref, world);
    const id = "1795238267520_u5jja__agent_1795238268050_8mj8nr";
    expect(header.children?.map((child) => child.id)).toContain(id);
    expect(await collect(reader.discover(world))).toHaveLength(1);
    const [child] = await collect(reader.locate(id, world));
    const read = await readRef(child!, world);
    expect(read.header).toMatchObject({
      id,
      parent: { id: ref.id, relation: "subagent" },
      title: "Count the lines of README.md",
    });
    expect(outline(read.messages).at(-1)).toBe("assistant: README.md has 5 lines.");
    expect(await reader.summarize(child!, world)).toMatchObject({ hidden: "subagent" });
  });

  test("names that were given, modes that were changed", async () => {
    const { world } = await recorded("workspaces");
    const [renamed] = await collect(reader.locate("1795238306577", world));
    expect(await reader.summarize(renamed!, world)).toMatchObject({
      title: "API tour (renamed)",
      nativeName: "API tour (renamed)",
    });
    const [planned] = await collect(reader.locate("1795238327154", world));
    const { messages, header } = await readRef(planned!, world);
    expect(header.title).toBe("Plan adding types");
    expect(header.nativeName).toBeUndefined();
    expect(outline(messages)[0]).toBe(
      "user: <mode_notice>The user switched from act mode to plan mode before sending this message.</mode_notice>\nPlan adding types",
    );
  });
});
