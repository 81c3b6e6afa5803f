import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gatherFacts } from "../../src/core/facts.ts";
import { LossLog } from "../../src/core/losses.ts";
import { projectMessages, type ProjectionContext } from "../../src/core/project/index.ts";
import { MISSING_RESULT } from "../../src/core/project/pairing.ts";
import { applyBudget, fitBudget } from "../../src/core/project/select.ts";
import type { Capabilities } from "../../src/provider/capabilities.ts";
import type { Block, Message, ToolCallBlock, ToolResultBlock } from "../../src/session/types.ts";

const CAPABILITIES: Capabilities = {
  images: { user: true, assistant: false, toolResult: true, mediaTypes: ["image/png"] },
  documents: false,
  reasoning: { replays: ["anthropic"], display: true },
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

const message = (role: string, content: Block[], more: Partial<Message> = {}): Message => ({
  index: 0,
  role,
  content,
  inContext: true,
  ...more,
});
const text = (value: string): Block => ({ type: "text", text: value });
const call = (id: string, more: Partial<ToolCallBlock> = {}): ToolCallBlock => ({
  type: "tool_call",
  id,
  name: "Look",
  input: {},
  ...more,
});
const result = (callId: string, value = "done", more: Partial<ToolResultBlock> = {}): ToolResultBlock => ({
  type: "tool_result",
  callId,
  content: [{ type: "text", text: value }],
  isError: false,
  ...more,
});

async function* stream(messages: Message[]): AsyncIterable<Message> {
  yield* messages.map((one, index) => ({ ...one, index }));
}

async function project(
  messages: Message[],
  change: Partial<ProjectionContext> = {},
  capabilities = CAPABILITIES,
) {
  const losses = new LossLog();
  const context: ProjectionContext = {
    header: { id: "s", provider: "source", metadata: {}, sourcePath: "/s" },
    facts: await gatherFacts(stream(messages)),
    target: {
      slug: "target",
      capabilities,
      writer: {
        nativeCall: (tool) =>
          tool.kind === "shell" ? { name: "Bash", input: { command: tool.command } } : undefined,
        foreignName: (name, source) => `mcp__${source}__${name}`,
      },
    },
    reasoning: "keep",
    maxToolOutput: 0,
    fullHistory: false,
    losses,
    ...change,
  };
  const projected: Message[] = [];
  for await (const one of projectMessages(stream(messages), context)) projected.push(one);
  return { projected, losses: Object.fromEntries(losses.list().map(({ code, count }) => [code, count])) };
}

const blocks = (messages: Message[]): Block[] => messages.flatMap(({ content }) => content);

describe("pairing of calls and results", () => {
  it("moves a late result right behind its call and keeps everything else in order", async () => {
    const { projected } = await project([
      message("user", [text("go")]),
      message("assistant", [call("a"), call("b")]),
      message("tool", [result("b", "B")]),
      message("user", [text("hurry")]),
      message("tool", [result("a", "A")]),
      message("assistant", [text("end")]),
    ]);
    expect(projected.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "user", "assistant"]);
    expect(projected[2]!.content.map((block) => (block as ToolResultBlock).callId)).toEqual(["a", "b"]);
    expect(projected.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
  });

  it("keeps the order of arrival where the target allows it", async () => {
    const anyOrder = { ...CAPABILITIES, toolResults: { errorFlag: true, order: "any" as const } };
    const messages = [
      message("assistant", [call("a"), call("b")]),
      message("tool", [result("b"), result("a")]),
    ];
    const { projected } = await project(messages, {}, anyOrder);
    expect(projected[1]!.content.map((block) => (block as ToolResultBlock).callId)).toEqual(["b", "a"]);
  });

  it("answers a call nobody answered, and says so", async () => {
    const { projected, losses } = await project([
      message("assistant", [call("a")]),
      message("user", [text("?")]),
    ]);
    expect(projected[1]!.content[0]).toMatchObject({
      isError: true,
      synthetic: true,
      content: [{ text: MISSING_RESULT }],
    });
    expect(losses["missing-result"]).toBe(1);
  });

  it("merges several answers to one call", async () => {
    const { projected } = await project([
      message("assistant", [call("a")]),
      message("tool", [result("a", "one")]),
      message("tool", [result("a", "two", { isError: true })]),
    ]);
    expect(projected).toHaveLength(2);
    expect(projected[1]!.content[0]).toMatchObject({
      isError: true,
      content: [{ text: "one" }, { text: "two" }],
    });
  });

  it("drops answers without a call, and says so", async () => {
    const { projected, losses } = await project([message("user", [text("hi"), result("ghost")])]);
    expect(blocks(projected)).toEqual([text("hi")]);
    expect(losses["orphan-result"]).toBe(1);
  });

  it("tells calls with one id apart", async () => {
    const { projected, losses } = await project([
      message("assistant", [call("a")]),
      message("tool", [result("a", "first")]),
      message("assistant", [call("a")]),
      message("tool", [result("a", "second")]),
    ]);
    const pairs = blocks(projected).map((block) =>
      block.type === "tool_call" ? block.id : (block as ToolResultBlock).callId,
    );
    expect(pairs).toEqual(["a", "a", "a-2", "a-2"]);
    expect(losses["call-id-changed"]).toBe(1);
  });

  it("gives no call the id of another one with a number behind it", async () => {
    const { projected } = await project([
      message("assistant", [call("a_7"), call("a"), call("b_7")]),
      message("tool", [result("a_7"), result("a"), result("b_7")]),
    ]);
    const ids = blocks(projected).flatMap((block) => (block.type === "tool_call" ? [block.id] : []));
    expect(ids).toEqual(["a-7", "a", "b_7"]);
  });

  it("gives the normal form for any muddle of calls and results", async () => {
    const id = fc.constantFrom("a", "b", "c/ä", "a-very-long-call-id-0001", "a-very-long-call-id-0002");
    const block: fc.Arbitrary<Block> = fc.oneof(
      fc.constantFrom(text("t"), text(" "), { type: "reasoning" as const, text: "hm" }),
      id.map((value) => call(value, { input: "free" })),
      id.map((value) => result(value)),
    );
    const role = fc.constantFrom("user", "assistant", "tool", "system", "narrator");
    const messages = fc.array(
      fc.tuple(role, fc.array(block, { maxLength: 4 })).map(([who, content]) =>
        // Readers yield calls in assistant messages only.
        message(who, who === "assistant" ? content : content.filter(({ type }) => type !== "tool_call")),
      ),
      { maxLength: 14 },
    );
    await fc.assert(
      fc.asyncProperty(messages, async (session) => {
        const { projected } = await project(session);
        const ids = new Set<string>();
        projected.forEach((one, position) => {
          expect(one.index).toBe(position);
          expect(one.content.length).toBeGreaterThan(0);
          expect(["user", "assistant", "tool"]).toContain(one.role);
          const calls = one.content.filter((candidate) => candidate.type === "tool_call");
          for (const made of calls) {
            expect(ids.has(made.id)).toBe(false);
            ids.add(made.id);
            expect(made.id).toMatch(/^[A-Za-z0-9_-]{1,12}$/);
            expect(made.input).toEqual({ input: "free" });
          }
          const answers = projected[position + 1]?.content ?? [];
          if (calls.length > 0) {
            expect(one.role).toBe("assistant");
            expect(answers.map((answer) => (answer as ToolResultBlock).callId)).toEqual(
              calls.map((made) => made.id),
            );
          }
          if (one.role === "tool")
            expect(projected[position - 1]?.content.some(({ type }) => type === "tool_call")).toBe(true);
        });
      }),
    );
  });
});

describe("projection of blocks", () => {
  it("translates known tools and keeps others under a foreign name", async () => {
    const { projected, losses } = await project([
      message("assistant", [
        call("1", { name: "exec_command", tool: { kind: "shell", command: "ls" } }),
        call("2", { name: "exec!" }),
      ]),
      message("tool", [result("1"), result("2", "payload", { framed: "1\tpayload" })]),
    ]);
    expect(projected[0]!.content).toMatchObject([
      { name: "Bash", input: { command: "ls" }, tool: { kind: "shell" } },
      { name: "mcp__source__exec_", foreign: { provider: "source", name: "exec!" } },
    ]);
    expect(projected[1]!.content[1]).toMatchObject({ content: [{ text: "1\tpayload" }] });
    expect(losses["foreign-tool"]).toBe(1);
  });

  it("shows a failure by its exit code where the target has no error flag", async () => {
    const flagless = { ...CAPABILITIES, toolResults: { errorFlag: false, order: "any" as const } };
    const session = [
      message("assistant", [call("1", { tool: { kind: "shell", command: "ls" } }), call("2")]),
      message("tool", [result("1", "no", { isError: true }), result("2", "no", { isError: true })]),
    ];
    const { projected, losses } = await project(session, {}, flagless);
    expect(projected[1]!.content[0]).toMatchObject({ exitCode: 1, isError: true });
    expect(projected[1]!.content[1]).not.toHaveProperty("exitCode");
    expect(losses["error-flag-as-text"]).toBe(2);
  });

  it("brings a tool home under its own name", async () => {
    const { projected, losses } = await project([
      message("assistant", [
        call("1", { name: "mcp__target__Glob", foreign: { provider: "target", name: "Glob" } }),
      ]),
      message("tool", [result("1")]),
    ]);
    expect(projected[0]!.content[0]).toMatchObject({ name: "Glob" });
    expect(losses).toEqual({});
  });

  it("replays reasoning only to its issuer", async () => {
    const session = [
      message("assistant", [
        { type: "reasoning", text: "mine", signature: "s", issuer: "anthropic" },
        { type: "reasoning", text: "theirs", encrypted: "e", issuer: "openai" },
        { type: "reasoning", text: "", encrypted: "e", issuer: "openai" },
        text("answer"),
      ]),
    ];
    const kept = await project(session);
    expect(kept.projected[0]!.content).toMatchObject([
      { text: "mine", signature: "s" },
      { text: "theirs", displayOnly: true },
      { text: "answer" },
    ]);
    expect(kept.losses).toEqual({ "reasoning-not-sent": 1, "reasoning-unreadable": 1 });
    const asText = await project(session, { reasoning: "text" });
    expect(asText.projected[0]!.content[1]).toEqual(text("<thinking>\ntheirs\n</thinking>"));
    const dropped = await project(session, { reasoning: "drop" });
    expect(dropped.projected[0]!.content).toEqual([text("answer")]);
    expect(dropped.losses).toEqual({ "reasoning-dropped": 3 });
  });

  it("keeps readable reasoning of anybody for a target whose wire asks for no signature", async () => {
    const session = [
      message("assistant", [
        { type: "reasoning", text: "mine", signature: "s", issuer: "anthropic", native: { x: 1 } },
        { type: "reasoning", text: "", encrypted: "e", issuer: "openai" },
        text("answer"),
      ]),
    ];
    const capabilities = { ...CAPABILITIES, reasoning: { replays: [], unsigned: true, display: true } };
    const { projected, losses } = await project(session, {}, capabilities);
    expect(projected[0]!.content).toEqual([{ type: "reasoning", text: "mine" }, text("answer")]);
    expect(losses).toEqual({ "reasoning-unreadable": 1 });
  });

  it("names images and documents the target cannot hold", async () => {
    const image = (mediaType: string): Block => ({ type: "image", mediaType, data: { base64: "AA==" } });
    const { projected, losses } = await project([
      message("user", [
        image("image/png"),
        image("image/tiff"),
        { type: "document", mediaType: "application/pdf", data: { base64: "" } },
      ]),
      message("assistant", [text("ok"), image("image/png")]),
    ]);
    expect(blocks(projected)).toHaveLength(2);
    expect(losses).toEqual({ "image-lost": 2, "document-lost": 1 });
  });

  it("puts pictures of results behind them where results hold none", async () => {
    const image: Block = { type: "image", mediaType: "image/png", data: { base64: "AA==" } };
    const odd: Block = { ...image, mediaType: "image/tiff" };
    const session = [
      message("assistant", [call("1"), call("2")]),
      message("tool", [result("1", "a", { content: [image, odd] as ToolResultBlock["content"] })]),
      message("tool", [result("2")]),
      message("user", [text("next")]),
    ];
    const images = { ...CAPABILITIES.images, toolResult: false, behindResults: true };
    const { projected, losses } = await project(session, {}, { ...CAPABILITIES, images });
    expect(projected.map(({ role }) => role)).toEqual(["assistant", "tool", "user", "user"]);
    expect(projected[2]).toMatchObject({ origin: "injected", content: [image] });
    expect(losses).toMatchObject({ "image-lost": 1 });
  });

  it("puts pictures of failed results behind them where only those hold none", async () => {
    const image: Block = { type: "image", mediaType: "image/png", data: { base64: "AA==" } };
    const content = [image] as ToolResultBlock["content"];
    const session = [
      message("assistant", [call("1"), call("2"), call("3")]),
      message("tool", [result("1", "a", { content, isError: true }), result("2", "b", { content })]),
      // The second part of an answer makes the whole of it a failure.
      message("tool", [result("3", "c", { content }), result("3", "d", { isError: true })]),
      message("assistant", [text("ok")]),
    ];
    const images = { ...CAPABILITIES.images, failedResult: false, behindResults: true };
    const moved = await project(session, {}, { ...CAPABILITIES, images });
    const kept = moved.projected[1]!.content as ToolResultBlock[];
    expect(kept.map(({ content: parts }) => parts.map(({ type }) => type))).toEqual([
      [],
      ["image"],
      ["text"],
    ]);
    expect(moved.projected[2]).toMatchObject({ role: "user", origin: "injected", content: [image, image] });
    expect(moved.losses["image-lost"]).toBeUndefined();
    const lost = await project(session, {}, { ...CAPABILITIES, images: { ...images, behindResults: false } });
    expect(lost.projected.map(({ role }) => role)).toEqual(["assistant", "tool", "assistant"]);
    expect(lost.losses).toMatchObject({ "image-lost": 2 });
  });

  it("shortens long results only when asked", async () => {
    const session = [message("assistant", [call("1")]), message("tool", [result("1", "x".repeat(900))])];
    const whole = await project(session);
    expect(whole.losses["tool-output-cut"]).toBeUndefined();
    const cut = await project(session, { maxToolOutput: 90 });
    const shown = (cut.projected[1]!.content[0] as ToolResultBlock).content[0];
    expect(shown).toMatchObject({
      text: `${"x".repeat(60)}\n…[810 characters left out]…\n${"x".repeat(30)}`,
    });
    expect(cut.losses["tool-output-cut"]).toBe(1);
  });

  it("drops the summary when the whole text is there", async () => {
    const session = [
      message("user", [text("old")], { inContext: false }),
      message("user", [{ type: "compaction", summary: "it was old" }], { origin: "compaction" }),
      message("assistant", [text("new")]),
    ];
    const full = await project(session, { fullHistory: true });
    expect(blocks(full.projected)).toEqual([text("old"), text("new")]);
    const context = await project(session.slice(1));
    expect(blocks(context.projected)).toMatchObject([{ type: "compaction" }, text("new")]);
  });

  it("writes calls as text for targets that take no unknown tools", async () => {
    const strict = {
      ...CAPABILITIES,
      toolCalls: { ...CAPABILITIES.toolCalls, unknownNames: "text" as const },
    };
    const { projected, losses } = await project(
      [message("assistant", [call("1")]), message("tool", [result("1", "found")])],
      {},
      strict,
    );
    expect(projected.map(({ role }) => role)).toEqual(["assistant", "user"]);
    expect(blocks(projected)).toEqual([
      text("[Tool call Look]\n{}"),
      text("[Result of Look]"),
      text("found"),
    ]);
    expect(losses["tool-as-text"]).toBe(1);
  });
});

describe("the context budget", () => {
  const turns = (count: number): Message[] =>
    Array.from({ length: count }, (_, turn) => [
      message("user", [text(`prompt ${turn} ${"p".repeat(400)}`)]),
      message("assistant", [call(`c${turn}`)]),
      message("tool", [result(`c${turn}`)]),
      message("assistant", [text("a".repeat(400))]),
    ]).flat();

  it("keeps everything that fits", async () => {
    expect(fitBudget(await gatherFacts(stream(turns(3))), 100_000)).toBeUndefined();
  });

  it("keeps the first prompt and the newest whole turns", async () => {
    const messages = turns(10);
    const budget = fitBudget(await gatherFacts(stream(messages)), 800);
    const kept: Message[] = [];
    for await (const one of applyBudget(stream(messages), budget)) kept.push(one);
    expect(kept.length + budget!.dropped).toBe(messages.length);
    expect(kept[0]!.index).toBe(0);
    expect(kept[1]!.role).toBe("user");
    expect(kept.at(-1)!.index).toBe(messages.length - 1);
  });
});
