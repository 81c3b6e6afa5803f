import { arrayAt, isJsonObject, objectAt, type JsonValue } from "../session/json.ts";
import type { Wire } from "./types.ts";

/** What a model API path asks for. */
export interface Route {
  wire: Wire;
  action: "generate" | "count-tokens";
  /** The model, where the path names it (Gemini). */
  model?: string;
  /** Streaming, where the path decides it (Gemini). */
  stream?: boolean;
}

const GEMINI_PATH =
  /^\/v1(?:beta|alpha)?\/(?:models|tunedModels)\/([^/:]+):(generateContent|streamGenerateContent|countTokens)$/;

/** The model API that a request addresses, or undefined for everything the server refuses. */
export function routeOf(method: string, path: string): Route | undefined {
  if (method !== "POST") return undefined;
  // Agents with a service of their own reach the model through it, under a prefix.
  const pathname = (path.split("?", 1)[0] ?? "").replace(/^\/api\/provider\/[a-z]+(?=\/)/, "");
  switch (pathname) {
    case "/v1/messages":
      return { wire: "anthropic", action: "generate" };
    case "/v1/messages/count_tokens":
      return { wire: "anthropic", action: "count-tokens" };
    case "/v1/responses":
      return { wire: "responses", action: "generate" };
    case "/v1/chat/completions":
      return { wire: "chat", action: "generate" };
  }
  const gemini = GEMINI_PATH.exec(pathname);
  if (gemini === null) return undefined;
  return {
    wire: "gemini",
    action: gemini[2] === "countTokens" ? "count-tokens" : "generate",
    model: decodeURIComponent(gemini[1] ?? ""),
    stream: gemini[2] === "streamGenerateContent",
  };
}

/**
 * Whether a request is one the agent makes beside the conversation. Agents declare their tools on every
 * request of the conversation itself and on no other; Gemini's side requests also ask for JSON.
 */
export function isAuxiliary(route: Route, body: JsonValue): boolean {
  if (route.action === "count-tokens") return true;
  if (!isJsonObject(body)) return true;
  // Where the model has no choice but one tool, an agent asks for one fact: Amp for a title.
  if (route.wire === "anthropic" && objectAt(body, "tool_choice")?.["type"] === "tool") return true;
  if (route.wire === "gemini" && jsonSchemaOf(body) !== undefined) return true;
  return !declaresTools(body);
}

/** The schema of the JSON a Gemini request asks for; true when it asks for JSON of any shape. */
export function jsonSchemaOf(body: JsonValue): JsonValue | undefined {
  if (!isJsonObject(body)) return undefined;
  const config = objectAt(body, "generationConfig");
  if (config?.["responseMimeType"] !== "application/json") return undefined;
  return config["responseJsonSchema"] ?? config["responseSchema"] ?? true;
}

/** Newest Responses models get their tools as an item inside the input. */
function declaresTools(body: JsonValue): boolean {
  if (!isJsonObject(body)) return false;
  if ((arrayAt(body, "tools") ?? []).length > 0) return true;
  const input = arrayAt(body, "input") ?? [];
  return input.some((item) => isJsonObject(item) && item["type"] === "additional_tools");
}
