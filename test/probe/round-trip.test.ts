import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normaliseBody, WIRES, type ScriptedTurn, type Wire, type WireItem } from "../../src/probe/index.ts";
import type { JsonObject, JsonValue } from "../../src/session/json.ts";
import { historyOf } from "./assemble.ts";
import { ask, start } from "./support.ts";

const text = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
  fc.constantFrom("a\u2028b", "\u2029", "data: x\n\nevent: y\r\n", "[DONE]"),
);
const name = fc.stringMatching(/^[a-z_]{1,12}$/);
const input = fc.dictionary(
  fc.string({ maxLength: 8 }),
  fc.jsonValue({ maxDepth: 3 }),
) as fc.Arbitrary<JsonObject>;

/** JSON as it is after one trip over a wire: no `-0`, no `__proto__` of its own. */
const plain = (value: JsonValue): JsonValue => JSON.parse(JSON.stringify(value)) as JsonValue;

const turn: fc.Arbitrary<ScriptedTurn> = fc
  .record(
    {
      reasoning: text,
      text,
      toolCalls: fc.array(fc.record({ name, input: input.map((value) => plain(value) as JsonObject) }), {
        minLength: 1,
        maxLength: 3,
      }),
    },
    { requiredKeys: [] },
  )
  .filter((value) => Object.keys(value).length > 0)
  .map((value) => ({
    ...value,
    ...(value.toolCalls === undefined
      ? {}
      : { toolCalls: value.toolCalls.map((call, index) => ({ ...call, id: `c${index}` })) }),
  }));

function itemsOf(said: ScriptedTurn): WireItem[] {
  const items: WireItem[] = [];
  if (said.reasoning !== undefined) items.push({ kind: "reasoning", text: said.reasoning, readable: true });
  if (said.text !== undefined) items.push({ kind: "assistant", text: said.text });
  for (const call of said.toolCalls ?? [])
    items.push({ kind: "call", id: call.id!, name: call.name, input: call.input });
  return items;
}

describe.each(WIRES)("what the model says over %s", (wire) => {
  it.each([true, false])("reaches the next request whole (streamed: %s)", async (stream) => {
    let said: ScriptedTurn = {};
    const server = await start({ turns: () => said, maxRequests: 10_000 });
    await fc.assert(
      fc.asyncProperty(turn, async (value) => {
        said = value;
        const answer = await (await ask(server, wire, { stream })).text();
        expect(normaliseBody(wire, historyOf(wire, stream, answer))).toEqual(itemsOf(value));
      }),
      { numRuns: 60 },
    );
  });
});

describe("freeform calls", () => {
  const patch = { toolCalls: [{ id: "c", name: "apply_patch", input: "*** Begin Patch\n" }] };

  it("are custom calls where the wire has them and the request allows it", async () => {
    const server = await start({ turns: () => patch });
    const tools = { tools: [{ type: "custom", custom: { name: "apply_patch" } }] };
    const chat = historyOf(
      "chat",
      true,
      await (await ask(server, "chat", { stream: true, more: tools })).text(),
    );
    expect(chat).toMatchObject({ messages: [{ tool_calls: [{ type: "custom" }] }] });
    const responses = historyOf(
      "responses",
      true,
      await (await ask(server, "responses", { stream: true })).text(),
    );
    expect(responses).toMatchObject({ input: [{ type: "custom_tool_call" }] });
    for (const [wire, body] of [
      ["chat", chat],
      ["responses", responses],
    ] as const)
      expect(normaliseBody(wire, body)).toMatchObject([{ kind: "call", input: "*** Begin Patch\n" }]);
  });

  it("keep the namespace of a tool on Responses", async () => {
    const server = await start({
      turns: [{ toolCalls: [{ name: "add", namespace: "mcp__sum", input: {} }] }],
    });
    const body = historyOf(
      "responses",
      true,
      await (await ask(server, "responses", { stream: true })).text(),
    );
    expect(normaliseBody("responses", body)).toMatchObject([{ kind: "call", name: "mcp__sum.add" }]);
  });
});

describe("any request at all", () => {
  const key = fc.constantFrom(
    "messages",
    "contents",
    "input",
    "role",
    "content",
    "parts",
    "type",
    "text",
    "output",
  );
  const hostile = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom(
        "user",
        "assistant",
        "tool",
        "message",
        "tool_result",
        "image",
        "reasoning",
        "%E0%A4%A",
      ),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.oneof(key, fc.string({ maxLength: 5 })), tie("value"), { maxKeys: 5 }),
    ),
  })).value as fc.Arbitrary<JsonValue>;

  it.each(WIRES)("is read from %s without an error", (wire: Wire) => {
    fc.assert(
      fc.property(hostile, key, (value, at) => {
        expect(Array.isArray(normaliseBody(wire, value))).toBe(true);
        expect(Array.isArray(normaliseBody(wire, { [at]: [value] }))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("survives nesting that would exhaust the stack", () => {
    let deep: JsonValue = "x";
    for (let depth = 0; depth < 20_000; depth += 1) deep = [deep];
    const bodies: [Wire, JsonValue][] = [
      [
        "anthropic",
        { messages: [{ role: "user", content: [{ type: "tool_result", content: [{ deep }] }] }] },
      ],
      ["responses", { input: [{ type: "function_call_output", output: [{ deep }] }] }],
      ["chat", { messages: [{ role: "tool", content: [{ deep }] }] }],
      ["gemini", { contents: [{ parts: [{ functionResponse: { response: { deep } } }] }] }],
    ];
    for (const [wire, body] of bodies) expect(normaliseBody(wire, body)).toMatchObject([{ kind: "result" }]);
  });

  it("keeps blocks of unknown types as opaque ones", () => {
    const odd = { type: "hologram", x: 1 };
    const bodies: [Wire, JsonValue][] = [
      ["anthropic", { messages: [{ role: "user", content: [odd, 7] }] }],
      ["responses", { input: [odd, { type: "message", role: "user", content: [7] }] }],
      ["chat", { messages: [{ role: "user", content: [odd, 7] }] }],
      ["gemini", { contents: [{ role: "user", parts: [odd, 7] }] }],
    ];
    for (const [wire, body] of bodies)
      expect(normaliseBody(wire, body)).toEqual([
        { kind: "opaque", type: "hologram" },
        { kind: "opaque", type: "number" },
      ]);
  });
});
