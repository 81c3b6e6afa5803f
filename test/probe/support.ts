import { afterEach, expect } from "vitest";
import {
  startModelServer,
  type ModelServer,
  type ModelServerOptions,
  type Wire,
} from "../../src/probe/index.ts";
import type { JsonObject, JsonValue } from "../../src/session/json.ts";
import { eventsOf } from "./assemble.ts";

const started: ModelServer[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

/** A server that is closed after the test. */
export async function start(options?: ModelServerOptions): Promise<ModelServer> {
  const server = await startModelServer(options);
  started.push(server);
  return server;
}

export function post(server: ModelServer, path: string, body: unknown): Promise<Response> {
  return fetch(`${server.baseUrl}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

const GEMINI = "/v1beta/models/m";

/** A request of the conversation itself, of each wire, ending with what the user says. */
export function ask(
  server: ModelServer,
  wire: Wire,
  options: { stream?: boolean; said?: string; system?: string; tools?: boolean; more?: JsonObject } = {},
): Promise<Response> {
  const { stream = false, said = "hi", system = "", tools = true, more = {} } = options;
  const message = { role: "user", content: said };
  const declared = (list: JsonValue): JsonObject => (tools ? { tools: list } : {});
  switch (wire) {
    case "anthropic":
      return post(server, "/v1/messages", {
        model: "m",
        stream,
        system,
        messages: [message],
        ...declared([{ name: "run" }]),
        ...more,
      });
    case "responses":
      return post(server, "/v1/responses", {
        model: "m",
        stream,
        instructions: system,
        input: [{ type: "message", ...message }],
        ...declared([{ type: "function", name: "run" }]),
        ...more,
      });
    case "chat":
      return post(server, "/v1/chat/completions", {
        model: "m",
        stream,
        messages: [{ role: "system", content: system }, message],
        ...declared([{ type: "function", function: { name: "run" } }]),
        ...more,
      });
    case "gemini":
      return post(server, `${GEMINI}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`, {
        systemInstruction: { parts: [{ text: system }] },
        contents: [{ role: "user", parts: [{ text: said }] }],
        ...declared([{ functionDeclarations: [{ name: "run" }] }]),
        ...more,
      });
  }
}

/** The events of a streamed answer. */
export async function events(response: Response): Promise<JsonObject[]> {
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  return eventsOf(await response.text());
}
