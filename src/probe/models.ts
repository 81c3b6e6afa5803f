import type { JsonObject } from "../session/json.ts";

/** Tokens; large enough for every golden session, and a figure agents know. */
const WINDOW = 200_000;
const OUTPUT = 32_000;

/** A list of models in the form OpenAI's and Anthropic's clients both read, or one model. */
export function modelList(models: readonly string[], one?: string): JsonObject {
  if (one !== undefined) return describe(one);
  return {
    object: "list",
    data: models.map(describe),
    has_more: false,
    first_id: models[0] ?? null,
    last_id: models.at(-1) ?? null,
  };
}

/** The same for Gemini's clients. */
export function geminiModelList(models: readonly string[], one?: string): JsonObject {
  return one === undefined ? { models: models.map(describeGemini) } : describeGemini(one);
}

function describe(id: string): JsonObject {
  return {
    id,
    object: "model",
    type: "model",
    display_name: id,
    created: 0,
    created_at: "1970-01-01T00:00:00Z",
    owned_by: "probe",
  };
}

function describeGemini(id: string): JsonObject {
  return {
    name: `models/${id}`,
    displayName: id,
    inputTokenLimit: WINDOW,
    outputTokenLimit: OUTPUT,
    supportedGenerationMethods: ["generateContent", "countTokens"],
  };
}
