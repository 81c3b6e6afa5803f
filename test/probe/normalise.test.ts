import { describe, expect, it } from "vitest";
import {
  normalise,
  requestWithPrompt,
  type RecordedRequest,
  type Wire,
  type WireItem,
} from "../../src/probe/index.ts";
import type { JsonValue } from "../../src/session/json.ts";

const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

function read(wire: Wire, body: JsonValue): WireItem[] {
  return normalise(recorded(wire, body));
}

function recorded(wire: Wire, body: JsonValue, auxiliary = false): RecordedRequest {
  return { index: 0, method: "POST", path: "/", wire, auxiliary, refused: false, body };
}

/** One conversation as each wire transports it. */
const BODIES: Record<Wire, JsonValue> = {
  anthropic: {
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "Look" },
          { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } },
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Hm.", signature: "s" },
          { type: "text", text: "Running." },
          { type: "tool_use", id: "c1", name: "run", input: { command: "ls" } },
        ],
      },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "c1", content: [{ type: "text", text: "a.txt" }] }],
      },
    ],
  },
  responses: {
    input: [
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: "Look" },
          { type: "input_image", image_url: `data:image/png;base64,${PNG}` },
        ],
      },
      { type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }], encrypted_content: "x" },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Running." }] },
      { type: "function_call", call_id: "c1", name: "run", arguments: '{"command":"ls"}' },
      { type: "function_call_output", call_id: "c1", output: "a.txt" },
    ],
  },
  chat: {
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "Look" },
          { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } },
        ],
      },
      {
        role: "assistant",
        content: "Running.",
        reasoning_content: "Hm.",
        tool_calls: [
          { id: "c1", type: "function", function: { name: "run", arguments: '{"command":"ls"}' } },
        ],
      },
      { role: "tool", tool_call_id: "c1", content: "a.txt" },
    ],
  },
  gemini: {
    contents: [
      { role: "user", parts: [{ text: "Look" }, { inlineData: { mimeType: "image/png", data: PNG } }] },
      {
        role: "model",
        parts: [
          { text: "Hm.", thought: true },
          { text: "Running." },
          { functionCall: { id: "c1", name: "run", args: { command: "ls" } } },
        ],
      },
      {
        role: "user",
        parts: [{ functionResponse: { id: "c1", name: "run", response: { output: "a.txt" } } }],
      },
    ],
  },
};

describe("the same conversation on every wire", () => {
  const expected = read("anthropic", BODIES.anthropic).map(withoutFlag);

  it("is read as the items it is made of", () => {
    expect(expected.map((item) => item.kind)).toEqual([
      "user",
      "image",
      "reasoning",
      "assistant",
      "call",
      "result",
    ]);
    expect(expected[1]).toMatchObject({ role: "user", image: { mediaType: "image/png", bytes: 70 } });
  });

  it.each(["responses", "chat", "gemini"] as const)("reads the same from %s", (wire) => {
    expect(read(wire, BODIES[wire]).map(withoutFlag)).toEqual(expected);
  });

  function withoutFlag(item: WireItem): WireItem {
    return item.kind === "result" ? { ...item, isError: undefined } : item;
  }
});

describe("error flags", () => {
  it("come from is_error and response.error, and are unknown where the wire has none", () => {
    const anthropic = {
      messages: [
        { role: "user", content: [{ type: "tool_result", tool_use_id: "a", is_error: true, content: "no" }] },
      ],
    };
    expect(read("anthropic", anthropic)).toMatchObject([{ text: "no", isError: true }]);
    const gemini = {
      contents: [{ role: "user", parts: [{ functionResponse: { id: "a", response: { error: "no" } } }] }],
    };
    expect(read("gemini", gemini)).toMatchObject([{ text: "no", isError: true }]);
    expect(
      read("responses", { input: [{ type: "function_call_output", call_id: "a", output: "no" }] }),
    ).toMatchObject([{ isError: undefined }]);
  });
});

describe("peculiarities", () => {
  it("gives a picture behind a function response to that response", () => {
    const image = { inlineData: { mimeType: "image/png", data: PNG } };
    const response = (id: string) => ({ functionResponse: { id, response: { output: id } } });
    const body = {
      contents: [{ role: "user", parts: [response("a"), image, response("b"), { text: "and" }, image] }],
    };
    const items = read("gemini", body);
    expect(items.map((item) => item.kind)).toEqual(["result", "result", "user", "image"]);
    expect(items[0]).toMatchObject({ callId: "a", images: [{ bytes: 70 }] });
    expect(items[1]).toMatchObject({ callId: "b", images: [] });
  });

  it("keeps arguments that are no JSON as text, and qualifies names", () => {
    const input = [
      { type: "function_call", call_id: "a", name: "sleep", namespace: "clock", arguments: "{oops" },
      { type: "custom_tool_call", call_id: "b", name: "apply_patch", input: "*** Begin Patch" },
    ];
    expect(read("responses", { input })).toEqual([
      { kind: "call", id: "a", name: "clock.sleep", input: "{oops" },
      { kind: "call", id: "b", name: "apply_patch", input: "*** Begin Patch" },
    ]);
  });

  it("tells vendor-only content from conversation", () => {
    const input = [
      { type: "compaction", encrypted_content: "x" },
      { type: "reasoning", summary: [], encrypted_content: "x" },
      { type: "message", role: "developer", content: [{ type: "input_text", text: "rules" }] },
    ];
    expect(read("responses", { input })).toEqual([
      { kind: "opaque", type: "compaction" },
      { kind: "reasoning", text: "", readable: false },
      { kind: "system", text: "rules" },
    ]);
  });

  it.each([null, "text", [], { messages: 3 }, { messages: [null, { content: [1] }] }, { input: [{}] }])(
    "survives the body %j",
    (body) => {
      for (const wire of ["anthropic", "responses", "chat", "gemini"] as const)
        expect(() => read(wire, body)).not.toThrow();
    },
  );
});

describe("finding the request a prompt caused", () => {
  it("skips auxiliary requests that quote the prompt", () => {
    const body = { messages: [{ role: "user", content: "marker" }] };
    const title = recorded("anthropic", body, true);
    const main = recorded("anthropic", body);
    expect(requestWithPrompt([title, main], "marker")).toBe(main);
    expect(requestWithPrompt([title], "marker")).toBeUndefined();
  });
});
