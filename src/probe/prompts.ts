import {
  arrayAt,
  isJsonObject,
  objectAt,
  stringAt,
  type JsonObject,
  type JsonValue,
} from "../session/json.ts";
import type { Wire } from "./types.ts";

/** What an agent tells the model by way of instructions, and what it asks last. */
export interface Prompts {
  /** The system prompt; texts of the system role among the messages count too, where they stand in front. */
  system: string;
  /** The last text of the last message, if that one is the user's. */
  last: string;
}

/** Reads the prompts of a request of any wire. */
export function promptsOf(wire: Wire, body: JsonObject): Prompts {
  switch (wire) {
    case "anthropic":
      return { system: textOf(body["system"]), last: lastOf(body["messages"]) };
    case "chat":
      return { system: leading(body["messages"]), last: lastOf(body["messages"]) };
    case "responses": {
      const input = body["input"];
      const system = `${stringAt(body, "instructions") ?? ""}\n${leading(input)}`;
      return { system, last: typeof input === "string" ? input : lastOf(input) };
    }
    case "gemini": {
      const system = objectAt(body, "systemInstruction") ?? objectAt(body, "system_instruction");
      return { system: textOf(system?.["parts"]), last: lastOf(body["contents"]) };
    }
  }
}

/** Names of the tools that a request declares, and which of them take any text instead of JSON. */
export function toolsOf(body: JsonObject): { names: string[]; freeform: Set<string> } {
  const declared = [...(arrayAt(body, "tools") ?? [])];
  // Newest Responses models get their tools as an item inside the input.
  for (const item of arrayAt(body, "input") ?? [])
    if (isJsonObject(item) && item["type"] === "additional_tools")
      declared.push(...(arrayAt(item, "tools") ?? []));
  const names: string[] = [];
  const freeform = new Set<string>();
  for (const tool of declared) {
    if (!isJsonObject(tool)) continue;
    // Gemini puts all functions into one tool, Responses those of an MCP server into a namespace.
    const inner = arrayAt(tool, "functionDeclarations") ?? arrayAt(tool, "function_declarations");
    const list = inner ?? arrayAt(tool, "tools") ?? [tool];
    for (const entry of list) {
      if (!isJsonObject(entry)) continue;
      const described = objectAt(entry, "function") ?? objectAt(entry, "custom") ?? entry;
      const name = stringAt(described, "name") ?? stringAt(entry, "type") ?? "";
      names.push(name);
      if (entry["type"] === "custom") freeform.add(name);
    }
  }
  return { names, freeform };
}

const SYSTEM_ROLES = new Set<JsonValue | undefined>(["system", "developer"]);

function leading(messages: JsonValue | undefined): string {
  const texts: string[] = [];
  for (const message of Array.isArray(messages) ? messages : []) {
    if (!isJsonObject(message)) continue;
    if (!SYSTEM_ROLES.has(message["role"])) break;
    texts.push(textOf(message["content"]));
  }
  return texts.join("\n");
}

function lastOf(messages: JsonValue | undefined): string {
  const message = Array.isArray(messages) ? messages.at(-1) : undefined;
  if (!isJsonObject(message) || message["role"] !== "user") return "";
  const content = message["content"] ?? message["parts"];
  if (!Array.isArray(content)) return textOf(content);
  return content.map((part) => textOf([part])).findLast((text) => text.trim() !== "") ?? "";
}

function textOf(content: JsonValue | undefined): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (isJsonObject(part) ? (stringAt(part, "text") ?? "") : "")).join("\n");
}
