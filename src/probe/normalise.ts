import type { JsonValue } from "../session/json.ts";
import type { RecordedRequest, Wire, WireItem } from "./types.ts";
import { readAnthropic } from "./wires/anthropic.ts";
import { readChat } from "./wires/chat.ts";
import { readGemini } from "./wires/gemini.ts";
import { readResponses } from "./wires/responses.ts";

const READERS: Record<Wire, (body: JsonValue) => WireItem[]> = {
  anthropic: readAnthropic,
  responses: readResponses,
  chat: readChat,
  gemini: readGemini,
};

/** What a recorded request tells the model, the same for every wire; nothing for a request of no known wire. */
export function normalise(request: RecordedRequest): WireItem[] {
  return request.wire === undefined ? [] : normaliseBody(request.wire, request.body);
}

/**
 * The same for the body of a request alone. Never throws, whatever is in it: what is not understood becomes
 * `opaque`, and what is no content at all is passed over.
 */
export function normaliseBody(wire: Wire, body: JsonValue): WireItem[] {
  return READERS[wire](body);
}

/** The first main request whose user text holds `marker`: the first one made after the person's new prompt. */
export function requestWithPrompt(
  requests: readonly RecordedRequest[],
  marker: string,
): RecordedRequest | undefined {
  return requests.find(
    (request) =>
      !request.auxiliary &&
      !request.refused &&
      normalise(request).some((item) => item.kind === "user" && item.text.includes(marker)),
  );
}
