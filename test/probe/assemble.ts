import type { Wire } from "../../src/probe/index.ts";
import type { JsonObject, JsonValue } from "../../src/session/json.ts";

/** The JSON payloads of server-sent events. */
export function eventsOf(text: string): JsonObject[] {
  const data = [...text.matchAll(/^data: (.*)$/gm)].map((match) => match[1]!);
  return data.filter((line) => line !== "[DONE]").map((line) => JSON.parse(line) as JsonObject);
}

/**
 * What an agent's client makes of an answer and sends back as history: streamed answers are put together from their
 * deltas alone, as the vendors' SDKs do, and the whole ones are taken as they are.
 */
export function historyOf(wire: Wire, streamed: boolean, text: string): JsonValue {
  switch (wire) {
    case "anthropic":
      return {
        messages: [
          { role: "assistant", content: streamed ? anthropicBlocks(eventsOf(text)) : json(text)["content"]! },
        ],
      };
    case "chat":
      return { messages: [streamed ? chatMessage(eventsOf(text)) : choice(json(text))["message"]!] };
    case "responses":
      return { input: streamed ? responsesItems(eventsOf(text)) : json(text)["output"]! };
    case "gemini": {
      const chunks = streamed ? eventsOf(text) : [json(text)];
      const parts = chunks.flatMap((chunk) => list(at(at(list(chunk["candidates"])[0], "content"), "parts")));
      return { contents: [{ role: "model", parts }] };
    }
  }
}

function anthropicBlocks(events: JsonObject[]): JsonValue[] {
  const blocks: JsonObject[] = [];
  const inputs: string[] = [];
  for (const event of events) {
    const index = Number(event["index"]);
    if (event["type"] === "content_block_start")
      blocks[index] = { ...(event["content_block"] as JsonObject) };
    if (event["type"] !== "content_block_delta") continue;
    const block = blocks[index]!;
    const delta = event["delta"] as JsonObject;
    for (const key of ["text", "thinking", "signature"])
      if (typeof delta[key] === "string") block[key] = `${String(block[key])}${delta[key]}`;
    if (typeof delta["partial_json"] === "string") {
      inputs[index] = (inputs[index] ?? "") + delta["partial_json"];
      block["input"] = JSON.parse(inputs[index]) as JsonValue;
    }
  }
  return blocks;
}

function chatMessage(events: JsonObject[]): JsonObject {
  const message: JsonObject = { role: "assistant", content: null };
  const calls: JsonObject[] = [];
  for (const event of events) {
    const delta = at(list(event["choices"])[0], "delta") as JsonObject | undefined;
    for (const key of ["content", "reasoning_content"]) {
      const more = delta?.[key];
      if (typeof more === "string" && more !== "") message[key] = `${String(message[key] ?? "")}${more}`;
    }
    for (const call of list(delta?.["tool_calls"])) calls[Number(at(call, "index"))] = call as JsonObject;
  }
  return calls.length === 0 ? message : { ...message, tool_calls: calls };
}

/** Checks on the way that the deltas of each item give what its last event says. */
function responsesItems(events: JsonObject[]): JsonValue[] {
  const deltas = new Map<string, string>();
  const items: JsonValue[] = [];
  for (const event of events) {
    const id = String(event["item_id"]);
    if (String(event["type"]).endsWith(".delta"))
      deltas.set(id, (deltas.get(id) ?? "") + String(event["delta"]));
    if (event["type"] !== "response.output_item.done") continue;
    const item = event["item"] as JsonObject;
    const whole =
      item["arguments"] ?? item["input"] ?? at(list(item["content"] ?? item["summary"])[0], "text") ?? "";
    if (whole !== (deltas.get(String(item["id"])) ?? ""))
      throw new Error(`deltas of ${String(item["type"])} differ`);
    items.push(item);
  }
  return items;
}

function json(text: string): JsonObject {
  return JSON.parse(text) as JsonObject;
}

function choice(answer: JsonObject): JsonObject {
  return list(answer["choices"])[0] as JsonObject;
}

function list(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function at(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return (value as JsonObject | undefined)?.[key];
}
