import { request as openRequest } from "node:http";
import { zstdCompressSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import {
  DEFAULT_ANSWER,
  startModelServer,
  type ModelServer,
  type ModelServerOptions,
} from "../../src/probe/index.ts";

let server: ModelServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(options?: ModelServerOptions): Promise<ModelServer> {
  server = await startModelServer(options);
  return server;
}

function post(path: string, body: unknown): Promise<Response> {
  return fetch(`${server!.baseUrl}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** The JSON payloads of server-sent events. */
async function events(response: Response): Promise<Record<string, unknown>[]> {
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const data = [...(await response.text()).matchAll(/^data: (.*)$/gm)].map((match) => match[1]!);
  return data.filter((line) => line !== "[DONE]").map((line) => JSON.parse(line) as Record<string, unknown>);
}

const TOOLS = [{ name: "run" }];
const CALL = { text: "Running.", toolCalls: [{ id: "c1", name: "run", input: { command: "ls" } }] };
const GEMINI = "/v1beta/models/gemini-2.5-pro";

describe("the Anthropic wire", () => {
  it("streams a scripted turn as blocks and then falls back to the fixed answer", async () => {
    await start({ turns: [CALL] });
    const body = { model: "m", stream: true, tools: TOOLS, messages: [{ role: "user", content: "hi" }] };
    const first = await events(await post("/v1/messages?beta=true", body));
    expect(first.map((event) => event["type"])).toEqual([
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    expect(first[4]).toMatchObject({ content_block: { type: "tool_use", id: "c1", name: "run", input: {} } });
    expect(first[5]).toMatchObject({ delta: { partial_json: '{"command":"ls"}' } });
    expect(first[7]).toMatchObject({ delta: { stop_reason: "tool_use" } });
    const second = await post("/v1/messages", { ...body, stream: false });
    expect(await second.json()).toMatchObject({
      content: [{ type: "text", text: DEFAULT_ANSWER }],
      stop_reason: "end_turn",
    });
  });

  it("counts tokens without taking a turn", async () => {
    await start({ turns: [CALL] });
    const counted = await post("/v1/messages/count_tokens", { model: "m", tools: TOOLS, messages: [] });
    expect(await counted.json()).toEqual({ input_tokens: 10 });
    const answer = await post("/v1/messages", { model: "m", tools: TOOLS, messages: [] });
    expect(await answer.json()).toMatchObject({ stop_reason: "tool_use" });
    expect(server!.requests.map((request) => request.auxiliary)).toEqual([true, false]);
  });
});

describe("the Responses wire", () => {
  it("streams items and ends with the whole response", async () => {
    await start({
      turns: [{ ...CALL, toolCalls: [...CALL.toolCalls, { name: "patch", input: "free form" }] }],
    });
    const sent = await events(
      await post("/v1/responses", { model: "m", stream: true, tools: TOOLS, input: [] }),
    );
    expect(sent[0]).toMatchObject({ type: "response.created" });
    expect(sent.at(-1)).toMatchObject({
      type: "response.completed",
      response: {
        output: [
          { type: "message", content: [{ text: "Running." }] },
          { type: "function_call", call_id: "c1", arguments: '{"command":"ls"}' },
          { type: "custom_tool_call", name: "patch", input: "free form" },
        ],
      },
    });
  });

  it("takes tools inside the input for a main request", async () => {
    await start();
    await post("/v1/responses", { model: "m", input: [{ type: "additional_tools", tools: TOOLS }] });
    await post("/v1/responses", { model: "m", input: [] });
    expect(server!.requests.map((request) => request.auxiliary)).toEqual([false, true]);
  });
});

describe("the Chat Completions wire", () => {
  it("streams chunks and a final [DONE]", async () => {
    await start({ turns: [CALL] });
    const response = await post("/v1/chat/completions", {
      model: "m",
      stream: true,
      tools: TOOLS,
      messages: [],
    });
    const text = await response.clone().text();
    expect(text.trimEnd().endsWith("data: [DONE]")).toBe(true);
    const deltas = (await events(response)).map((chunk) => chunk["choices"]);
    expect(deltas).toMatchObject([
      [{ delta: { role: "assistant" } }],
      [{ delta: { content: "Running." } }],
      [{ delta: { tool_calls: [{ index: 0, id: "c1" }] } }],
      [{ delta: {}, finish_reason: "tool_calls" }],
      [],
    ]);
  });
});

describe("the Gemini wire", () => {
  it("answers streaming and plain requests", async () => {
    await start({ turns: [CALL] });
    const body = { tools: [{ functionDeclarations: TOOLS }], contents: [] };
    const [chunk] = await events(await post(`${GEMINI}:streamGenerateContent?alt=sse`, body));
    expect(chunk).toMatchObject({
      candidates: [
        {
          content: { parts: [{ text: "Running." }, { functionCall: { id: "c1", args: { command: "ls" } } }] },
        },
      ],
    });
    const list = (await (await post(`${GEMINI}:streamGenerateContent`, body)).json()) as unknown[];
    expect(list).toHaveLength(1);
    const plain = await post(`${GEMINI}:generateContent`, body);
    expect(await plain.json()).toMatchObject({
      candidates: [{ content: { parts: [{ text: DEFAULT_ANSWER }] } }],
    });
  });

  it("gives a request for JSON what its schema asks for, and no scripted turn", async () => {
    await start({ turns: [CALL] });
    const schema = {
      type: "object",
      properties: {
        next_speaker: { type: "string", enum: ["user", "model"] },
        notes: { type: "array" },
        optional: { type: "string" },
      },
      required: ["next_speaker", "notes"],
    };
    const generationConfig = { responseMimeType: "application/json", responseJsonSchema: schema };
    const response = await post(`${GEMINI}:generateContent`, {
      tools: TOOLS,
      contents: [],
      generationConfig,
    });
    const answer = (await response.json()) as { candidates: { content: { parts: { text: string }[] } }[] };
    expect(JSON.parse(answer.candidates[0]!.content.parts[0]!.text)).toEqual({
      next_speaker: "user",
      notes: [],
    });
    expect(server!.requests[0]).toMatchObject({ auxiliary: true, wire: "gemini" });
  });
});

describe("what the server refuses", () => {
  it("records and refuses other paths and methods", async () => {
    await start();
    expect((await post("/v1/embeddings", {})).status).toBe(404);
    expect((await fetch(`${server!.baseUrl}/v1/messages`)).status).toBe(404);
    expect(server!.requests.map(({ method, path, refused }) => [method, path, refused])).toEqual([
      ["POST", "/v1/embeddings", true],
      ["GET", "/v1/messages", true],
    ]);
  });

  it("sends a WebSocket client back to plain requests", async () => {
    await start();
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { connection: "upgrade", upgrade: "websocket" };
      openRequest(`${server!.baseUrl}/v1/responses`, { headers }, (response) => resolve(response.statusCode))
        .on("error", reject)
        .end();
    });
    expect(status).toBe(426);
  });

  it("refuses bodies that are no JSON, too large, or too large once decompressed", async () => {
    await start({ maxBodyBytes: 1000 });
    const send = (
      body: string | Uint8Array<ArrayBuffer>,
      headers: Record<string, string> = {},
    ): Promise<number> =>
      fetch(`${server!.baseUrl}/v1/messages`, { method: "POST", body, headers }).then(
        (response) => response.status,
      );
    expect(await send("{")).toBe(400);
    expect(await send(JSON.stringify("x".repeat(2000)))).toBe(413);
    const bomb = new Uint8Array(zstdCompressSync(Buffer.alloc(100_000, " ")));
    expect(await send(bomb, { "content-encoding": "zstd" })).toBe(400);
    expect(server!.requests.every((request) => request.refused)).toBe(true);
  });

  it("reads compressed bodies", async () => {
    await start();
    const body = new Uint8Array(zstdCompressSync(JSON.stringify({ model: "m", messages: [], tools: TOOLS })));
    const headers = { "content-encoding": "zstd" };
    const response = await fetch(`${server!.baseUrl}/v1/messages`, { method: "POST", body, headers });
    expect(response.status).toBe(200);
    expect(server!.requests[0]!.body).toMatchObject({ model: "m" });
  });

  it("stops recording at its limit", async () => {
    await start({ maxRequests: 1 });
    await post("/v1/messages", {});
    expect((await post("/v1/messages", {})).status).toBe(503);
    expect(server!.requests).toHaveLength(1);
  });
});
