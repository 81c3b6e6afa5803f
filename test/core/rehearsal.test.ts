import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gatherFacts } from "../../src/core/facts.ts";
import { LossLog } from "../../src/core/losses.ts";
import type { ProjectionContext } from "../../src/core/project/index.ts";
import { EarlyRehearsal, rehearseProjection } from "../../src/core/rehearsal.ts";
import type { Capabilities } from "../../src/provider/capabilities.ts";
import type { Block, Message } from "../../src/session/types.ts";

const CAPABILITIES: Capabilities = {
  images: { user: true, assistant: false, toolResult: false, mediaTypes: ["image/png"] },
  documents: false,
  reasoning: { replays: ["anthropic"], display: false },
  system: "user",
  toolCalls: {
    unknownNames: "keep",
    kinds: ["shell"],
    inputs: "object",
    idCharacters: "[A-Za-z0-9_-]",
    idMaxLength: 12,
    nameCharacters: "[A-Za-z0-9_-]",
    nameMaxLength: 20,
  },
  toolResults: { errorFlag: true, order: "call" },
  notes: [],
};

async function* stream(messages: Message[]): AsyncIterable<Message> {
  yield* messages.map((message, index) => ({ ...message, index }));
}

function contextOf(facts: ProjectionContext["facts"]): ProjectionContext {
  return {
    header: { id: "s", provider: "source", metadata: {}, sourcePath: "/s" },
    facts,
    target: { slug: "target", capabilities: CAPABILITIES, writer: { nativeCall: () => undefined } },
    reasoning: "keep",
    maxToolOutput: 0,
    fullHistory: false,
    losses: new LossLog(),
  };
}

/** What the pass that gathers the facts tells of the projection, and what the projection itself tells. */
async function bothWays(messages: Message[]) {
  const early = new EarlyRehearsal((calls) => contextOf({ calls, outOfContext: 0 }));
  const facts = await gatherFacts(stream(messages), (message, known) => early.push(message, known));
  const found = early.finish(facts);
  const whole = await rehearseProjection(stream(messages), contextOf(facts));
  return {
    early: found && { losses: found.losses.list(), counts: found.counts },
    whole: { losses: whole.losses.list(), counts: whole.counts },
  };
}

const call = (id: string): Block => ({ type: "tool_call", id, name: "Look", input: {} });
const result = (callId: string): Block => ({
  type: "tool_result",
  callId,
  content: [{ type: "text", text: "done" }],
  isError: false,
});
const assistant = (...content: Block[]): Message => ({
  index: 0,
  role: "assistant",
  content,
  inContext: true,
});
const tool = (...content: Block[]): Message => ({ index: 0, role: "tool", content, inContext: true });
const prompt: Message = {
  index: 0,
  role: "user",
  content: [{ type: "text", text: "go" }],
  inContext: true,
};

describe("losses found together with the facts", () => {
  it("are those of the projection, for calls that are each answered once or never", async () => {
    const { early, whole } = await bothWays([
      prompt,
      assistant(call("a"), call("a longer id, with signs!")),
      tool(result("a longer id, with signs!"), result("nobody")),
      tool(result("a")),
      assistant(call("never")),
    ]);
    expect(early).toEqual(whole);
    expect(whole.losses.map(({ code }) => code)).toContain("missing-result");
  });

  it.each([
    [
      "an id is called twice",
      [assistant(call("a")), tool(result("a")), assistant(call("a")), tool(result("a"))],
    ],
    ["an answer comes in two parts", [assistant(call("a")), tool(result("a")), tool(result("a"))]],
    ["an answer comes before its call", [tool(result("a")), assistant(call("a"))]],
    ["an id reads as another one with a number", [assistant(call("a_2"), call("a")), tool(result("a"))]],
  ])("are left to the projection where %s", async (_what, messages) => {
    expect((await bothWays([prompt, ...messages])).early).toBeUndefined();
  });

  it("are left to the projection where too much would have to wait for an answer that never comes", async () => {
    const later = Array.from({ length: 600 }, () => prompt);
    expect((await bothWays([prompt, assistant(call("a")), ...later])).early).toBeUndefined();
  });

  it("are never others than the projection's, whatever the calls and answers", async () => {
    const id = fc.constantFrom("a", "a_2", "b", "c!", "d".repeat(14));
    const block = fc.oneof(
      id.map(call),
      id.map(result),
      fc.constantFrom<Block>(
        { type: "text", text: "t" },
        { type: "reasoning", text: "r" },
        { type: "image", mediaType: "image/bmp", data: { base64: "AA==" } },
      ),
    );
    const role = fc.constantFrom("user", "assistant", "tool", "system", "critic");
    const messages = fc.array(
      fc
        .record({ role, content: fc.array(block, { maxLength: 4 }) })
        .map(({ role: speaker, content }): Message => ({
          index: 0,
          role: speaker,
          content,
          inContext: true,
        })),
      { maxLength: 8 },
    );
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(messages, async (session) => {
        const { early, whole } = await bothWays(session);
        if (early === undefined) return;
        compared += 1;
        expect(early).toEqual(whole);
      }),
      { numRuns: 500 },
    );
    expect(compared).toBeGreaterThan(50);
  });
});
