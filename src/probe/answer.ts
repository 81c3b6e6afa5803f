import { arrayAt, isJsonObject, type JsonObject, type JsonValue } from "../session/json.ts";
import { normaliseBody } from "./normalise.ts";
import { promptsOf, toolsOf } from "./prompts.ts";
import { asksForProviderSummary, jsonSchemaOf } from "./purpose.ts";
import { renderAnthropic } from "./replies/anthropic.ts";
import { renderChat } from "./replies/chat.ts";
import { renderError } from "./replies/error.ts";
import { renderGemini } from "./replies/gemini.ts";
import { jsonReply, type Render, type Reply, type ReplyContext } from "./replies/reply.ts";
import { renderCompact, renderProviderSummary, renderResponses } from "./replies/responses.ts";
import type { Route } from "./routes.ts";
import { sampleJson } from "./sample-json.ts";
import { takeTurn } from "./take-turn.ts";
import type { ModelRequest, Purpose, Script, ScriptedTurn, Wire } from "./types.ts";

/** What the model says when nothing else is scripted. */
export const DEFAULT_ANSWER = "Understood.";

/** What it says when asked for the summary of a conversation, in the tags the agent asks for. */
export const DEFAULT_SUMMARY = "Summary of the conversation so far: the work goes on.";

/** Agents look for their own tag around a summary; the first one that the prompts name. */
const SUMMARY_TAGS = ["state_snapshot", "summary"];

const RENDERERS: Record<Wire, Render> = {
  anthropic: renderAnthropic,
  responses: renderResponses,
  chat: renderChat,
  gemini: renderGemini,
};

/** Tokens of any request. */
const COUNTED_TOKENS = 10;

/** An answer and how it is to be sent. */
export interface Answer {
  reply: Reply;
  delayMs: number;
  hang: ScriptedTurn["hang"];
}

export interface Player {
  /** Throws what a script's function throws. */
  answer(route: Route, body: JsonValue, purpose: Purpose, sequence: number): Promise<Answer>;
}

/** Plays a script: decides what each request to a model API is answered. */
export function createPlayer(
  script: Script,
  summary: string | ((request: ModelRequest) => string) | undefined,
): Player {
  const counts: Record<Purpose, number> = { conversation: 0, compaction: 0, side: 0, count: 0 };

  async function turnFor(request: ModelRequest): Promise<ScriptedTurn> {
    const turn = typeof script === "function" ? await script(request) : takeTurn(script, request);
    return turn ?? { text: DEFAULT_ANSWER };
  }

  return {
    async answer(route, json, purpose, sequence) {
      const nth = counts[purpose]++;
      const body = isJsonObject(json) ? json : {};
      const { names: tools, freeform } = toolsOf(body);
      const asked = route.model ?? body["model"];
      const context: ReplyContext = {
        sequence,
        model: typeof asked === "string" ? asked : "probe",
        stream: route.stream ?? (body["stream"] === true ? "events" : "no"),
        freeform,
      };
      const { wire } = route;
      const request = (): ModelRequest => ({
        wire,
        model: context.model,
        purpose,
        nth,
        items: normaliseBody(wire, json),
        tools,
        body: json,
      });
      switch (purpose) {
        case "count":
          return promptly(countReply(route));
        case "compaction": {
          const text = typeof summary === "function" ? summary(request()) : (summary ?? tagged(wire, body));
          return promptly(summaryReply(route, body, text, context));
        }
        case "side": {
          const schema = jsonSchemaOf(body);
          const text = schema === undefined ? DEFAULT_ANSWER : JSON.stringify(sampleJson(schema));
          return promptly(RENDERERS[wire]({ text }, context));
        }
        case "conversation": {
          const turn = await turnFor(request());
          const reply =
            turn.error === undefined
              ? RENDERERS[wire](turn, context)
              : renderError(wire, turn.error, context);
          return { reply, delayMs: turn.delayMs ?? 0, hang: turn.hang };
        }
      }
    },
  };
}

function tagged(wire: Wire, body: JsonObject): string {
  const { system, last } = promptsOf(wire, body);
  const tag = SUMMARY_TAGS.find((name) => `${system}\n${last}`.includes(`<${name}>`));
  return tag === undefined ? DEFAULT_SUMMARY : `<${tag}>\n${DEFAULT_SUMMARY}\n</${tag}>`;
}

function promptly(reply: Reply): Answer {
  return { reply, delayMs: 0, hang: undefined };
}

function countReply(route: Route): Reply {
  if (route.wire === "gemini") return jsonReply({ totalTokens: COUNTED_TOKENS });
  const object = route.wire === "responses" ? { object: "response.input_tokens" } : {};
  return jsonReply({ ...object, input_tokens: COUNTED_TOKENS });
}

function summaryReply(route: Route, body: JsonObject, text: string, context: ReplyContext): Reply {
  if (route.action === "compact") return renderCompact(text, arrayAt(body, "input") ?? [], context);
  if (asksForProviderSummary(body)) return renderProviderSummary(text, context);
  return RENDERERS[route.wire]({ text }, context);
}
