import { describe, expect, it } from "vitest";
import type { SessionRef } from "casr-cli/provider";
import { reader } from "../src/read.ts";
import { toNative } from "../src/tools.ts";
import { copyOfHome, messagesIn, outline, recordedHome, refTo, worldOn } from "./helpers.ts";

const CASES = [
  "codemode-gpt6",
  "compaction-remote",
  "exec-gpt55-edit",
  "legacy-0.104",
  "legacy-0.146-codemode",
  "subagents-v2",
  "tui-named-aborted",
  "zstd",
];

async function refs(home: string): Promise<SessionRef[]> {
  return Array.fromAsync(reader.discover(worldOn(home).world));
}

describe.each(CASES.filter((name) => recordedHome(name) !== undefined))("recorded session %s", (name) => {
  it("reads without damage, twice the same", async () => {
    const home = copyOfHome(name);
    for (const ref of await refs(home)) {
      const { world } = worldOn(home);
      const reading = await reader.read(ref, world);
      expect(reading.records.malformed).toBe(0);
      expect(reading.records.total).toBeGreaterThan(5);
      const once = await Array.fromAsync(reading.messages({ history: "context" }));
      expect(await Array.fromAsync(reading.messages({ history: "context" }))).toEqual(once);
      expect(once.map((message) => message.index)).toEqual(once.map((_, index) => index));
      expect(once.every((message) => message.inContext && message.content.length > 0)).toBe(true);
      const full = await Array.fromAsync(reading.messages({ history: "full" }));
      expect(outline(full.filter((message) => message.inContext))).toEqual(outline(once));
      expect(reading.header.startedAt).toBeLessThanOrEqual(reading.header.endedAt!);
    }
  });

  it("gives each call one result and a form that leads back to it", async () => {
    const home = copyOfHome(name);
    const { world } = worldOn(home);
    for (const ref of await refs(home)) {
      const blocks = (await messagesIn(ref.id, world)).flatMap((message) => message.content);
      const calls = blocks.filter((block) => block.type === "tool_call");
      const answered = blocks.filter((block) => block.type === "tool_result").map((block) => block.callId);
      expect(answered.toSorted()).toEqual(calls.map((block) => block.id).toSorted());
      for (const block of calls) {
        const native = block.tool === undefined ? undefined : toNative(block.tool, world.toolkit);
        if (native !== undefined) expect(native).toEqual({ name: block.name, input: block.input });
      }
    }
  });
});

it.skipIf(recordedHome("exec-gpt55-edit") === undefined)("takes Codex's framing off results", async () => {
  const home = copyOfHome("exec-gpt55-edit");
  const { world } = worldOn(home);
  const [ref] = await refs(home);
  const results = (await messagesIn(ref!.id, world))
    .flatMap((message) => message.content)
    .filter((block) => block.type === "tool_result");
  const failed = results.find((block) => block.exitCode === 3)!;
  expect(failed).toMatchObject({
    isError: true,
    content: [{ type: "text", text: "cat: does-not-exist.txt: No such file or directory\n" }],
  });
  expect(failed.framed).toMatch(
    /^Chunk ID: .*\nWall time: .*\nProcess exited with code 3\nOriginal token count: 13\nOutput:\ncat: /,
  );
  expect(results.filter((block) => block.truncated === true)).toHaveLength(1);
  expect(results.filter((block) => block.isError)).toHaveLength(6);
});

it.skipIf(recordedHome("subagents-v2") === undefined)(
  "links subagents and keeps them out of the list",
  async () => {
    const home = copyOfHome("subagents-v2");
    const { world } = worldOn(home);
    const listed = await refs(home);
    expect(listed).toHaveLength(1);
    const { header } = await reader.read(listed[0]!, world);
    expect(header.children?.map((child) => child.relation)).toEqual(["subagent", "subagent"]);
    const child = await refTo(header.children![0]!.id, world);
    expect((await reader.summarize(child, world)).hidden).toBe("subagent");
    const reading = await reader.read(child, world);
    expect(reading.header.parent).toEqual({ id: listed[0]!.id, provider: "codex", relation: "subagent" });
  },
);

it.skipIf(recordedHome("tui-named-aborted") === undefined)("shows names and interruptions", async () => {
  const home = copyOfHome("tui-named-aborted");
  const { world } = worldOn(home);
  const [ref] = await refs(home);
  const summary = await reader.summarize(ref!, world);
  expect(summary).toMatchObject({
    nativeName: "Login page 🔐 review",
    workspace: "/home/dev/projects/web",
    model: "gpt-6-sol",
    gitBranch: "main",
  });
  expect(summary.hidden).toBeUndefined();
  const lines = outline(await messagesIn(ref!.id, world));
  expect(lines.some((line) => line.startsWith("user/command: <user_shell_command>"))).toBe(true);
  expect(lines.some((line) => line.startsWith("user/injected: <turn_aborted>"))).toBe(true);
  expect(lines.some((line) => /^result \S+ failed: aborted by user after/.test(line))).toBe(true);
});
