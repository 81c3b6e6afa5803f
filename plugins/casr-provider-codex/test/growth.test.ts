import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "casr-cli/provider";
import { growthOf } from "../../../src/testing/conformance/growth.ts";
import { bytesRead, damagedGrowth, follow, wrongMarks } from "../../../test/support/growing.ts";
import { casesOf, seedHome } from "../../../test/support/home.ts";
import { collect } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import {
  assistant,
  call,
  emptyHome,
  event,
  ID,
  item,
  line,
  meta,
  output,
  user,
  worldOn,
  writeRollout,
} from "./helpers.ts";

const turn = (n: number): JsonObject[] => [
  line("turn_context", { cwd: `/home/dev/app${n}`, model: `gpt-${n % 2}` }),
  event({ type: "user_message", message: `ask ${n}` }),
  user(`ask ${n}`),
  item({ type: "reasoning", summary: [], content: null, encrypted_content: `thought ${n}` }),
  call(`call-${n}`),
  output(`call-${n}`, "done"),
  event({ type: "token_count", info: { total_token_usage: { input_tokens: n, output_tokens: n } } }),
  assistant(`answer ${n}`),
];
const rolledBack = event({ type: "thread_rolled_back", num_turns: 1 });
const compacted = line("compacted", {
  message: "",
  replacement_history: [
    { type: "message", role: "user", content: [{ type: "input_text", text: "all of it" }] },
  ],
});

/** Reads a session after each of its lines, on from the mark where it can be. */
async function followed(lines: JsonObject[]) {
  const home = emptyHome();
  const path = join(home, `.codex/sessions/2026/10/02/rollout-2026-10-02T10-00-00-${ID}.jsonl`);
  const texts = lines.map((one) => `${JSON.stringify(one)}\n`);
  return follow(reader, path, texts, () => worldOn(home).world);
}

describe("reading on after a session has grown", () => {
  it.each(casesOf("codex"))("gives what reading all gives, at every line of %s", async (name) => {
    const home = seedHome([`codex/${name}`]);
    for (const ref of await collect(reader.discover(worldOn(home).world))) {
      if (!ref.path.endsWith(".jsonl")) continue;
      const { faults, readOn } = await growthOf(reader, ref, () => worldOn(home).world);
      expect(faults).toEqual([]);
      // A session that went back to an earlier prompt is one of several files.
      if (name !== "tui-went-back") expect(readOn).toBeGreaterThan(0);
    }
  });

  it("gives it for damaged sessions", async () => {
    expect(await damagedGrowth(reader, "codex")).toEqual({ faults: [], unidentified: 0 });
  });

  it("goes on from prompt to prompt, also behind a compaction or a rollback", async () => {
    const plain = await followed([meta(), ...turn(1), ...turn(2), ...turn(3)]);
    expect(plain).toEqual({ readOn: 21, declined: 0 });
    for (const revised of [compacted, rolledBack]) {
      const found = await followed([meta(), ...turn(1), ...turn(2), revised, ...turn(3), ...turn(4)]);
      expect(found.declined).toBe(1);
      expect(found.readOn).toBeGreaterThan(20);
    }
  });

  it("is declined where a call before the mark is answered or told to have failed, or an id comes again", async () => {
    const begun = [meta(), user("one"), call("a"), call("b"), output("b", "done"), user("two")];
    const failed = event({ type: "mcp_tool_call_end", call_id: "b", result: { Err: "no" } });
    for (const late of [output("a", "late"), call("b"), output("b", "again"), failed])
      expect((await followed([...begun, late])).declined).toBe(1);
    expect(await followed([...begun, call("c"), output("c", "done"), output("z", "whose?")])).toEqual({
      readOn: 7,
      declined: 0,
    });
  });

  it("gives what reading all gives, whatever comes", async () => {
    const id = fc.constantFrom("a", "b", "c", "d");
    const one = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom("ask", "more", "", "<turn_aborted>x</turn_aborted>").map((t) => user(t)),
      },
      { weight: 3, arbitrary: fc.constantFrom("answer", "").map((text) => assistant(text)) },
      { weight: 3, arbitrary: id.map((name) => call(name)) },
      { weight: 3, arbitrary: id.map((name) => output(name, "done")) },
      id.map((name) => event({ type: "mcp_tool_call_end", call_id: name, result: { Err: "no" } })),
      fc.constantFrom("m", "n").map((model) => line("turn_context", { model })),
      fc.constant(line("token_usage_record", { usage: { input_tokens: 1, output_tokens: 1 } })),
      fc.constant(
        event({ type: "token_count", info: { last_token_usage: { input_tokens: 2, output_tokens: 2 } } }),
      ),
      fc.constant(item({ type: "reasoning", summary: [], content: null })),
      fc.constant(item({ type: "web_search_call", status: "completed", action: {} })),
      fc.constantFrom(compacted, rolledBack, line("compacted", { message: "short" }), line("compacted", {})),
      fc.constant(line("inter_agent_communication", { content: "hello" })),
    );
    let readOn = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 4, maxLength: 16 }), async (lines) => {
        readOn += (await followed([meta(), user("first"), ...lines])).readOn;
      }),
      { numRuns: 60 },
    );
    expect(readOn).toBeGreaterThan(100);
  });

  it("reads the new end alone", async () => {
    const home = emptyHome();
    const turns = Array.from({ length: 400 }, (_, index) => turn(index)).flat();
    const path = writeRollout(home, [meta(), ...turns]);
    const more = turn(400).map((one) => `${JSON.stringify(one)}\n`);
    const { whole, on } = await bytesRead(reader, path, home, more.join(""));
    expect(whole).toBeGreaterThan(readFileSync(path).length);
    // Beside the end, the first line is looked at for the session's header.
    expect(on).toBeLessThan(whole / 3);
  });

  it("is declined where the file is shorter, or begins with no prompt at the mark", async () => {
    const home = emptyHome();
    const path = writeRollout(home, [meta(), ...turn(1), ...turn(2)]);
    const { world } = worldOn(home);
    const ref = (await reader.identify(path, world))!;
    const reading = await reader.read(ref, world);
    expect(reading.mark).toBeUndefined();
    await Array.fromAsync(reading.messages({ history: "full" }));
    const mark = reading.mark!;
    for (const wrong of wrongMarks(mark, ref))
      expect(await reader.readOn!(ref, wrong, world)).toBeUndefined();
  });
});
