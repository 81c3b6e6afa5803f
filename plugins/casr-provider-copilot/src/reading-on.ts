import type { BinarySource, JsonObject, JsonValue, ReadingMark, Usage } from "casr-cli/provider";
import type { Asset, EventIndex, IndexStart } from "./events.ts";
import { isJsonObject, numberAt, objectAt, objectsIn, stringAt } from "./json.ts";
import type { MessagesStart } from "./messages.ts";

/** What would be kept of a session with more of anything than this is not worth it. */
const MOST_KEPT = 1000;
/** A longer `session.start` is not kept. */
const MOST_START_CHARS = 4000;

function assetState(id: string, { mediaType, data }: Asset): JsonObject | undefined {
  return "offset" in data ? { id, mediaType, offset: data.offset, length: data.length } : undefined;
}

/**
 * The mark at the last prompt; `before` is what the conversation was when it came to it. Undefined where too much would
 * have to be kept, or where an event speaks of a picture that may yet come.
 */
export function markAt(index: EventIndex, before: MessagesStart): ReadingMark | undefined {
  const { turn, start } = index;
  if (turn === undefined || index.isMissingAsset) return undefined;
  const open = new Set([...(index.from?.open ?? []), ...before.open, ...index.commands.keys()]);
  const assets = [...index.assets].slice(0, turn.assets).map(([id, asset]) => assetState(id, asset));
  const agents = [...index.agents].slice(0, turn.agents);
  if (Math.max(open.size, assets.length, agents.length) > MOST_KEPT) return undefined;
  if (start !== undefined && JSON.stringify(start).length > MOST_START_CHARS) return undefined;
  const sound = assets.filter((asset) => asset !== undefined);
  if (sound.length < assets.length) return undefined;
  const { position: _, offset, line, records, usage, ...facts } = turn;
  const state: JsonObject = {
    line,
    ...records,
    ...(start === undefined ? {} : { start }),
    ...(usage === undefined ? {} : { usage: { ...usage } as JsonObject }),
    ...textFacts(facts),
    ...(facts.lastTime === undefined ? {} : { lastTime: facts.lastTime }),
    open: [...open],
    assets: sound,
    agents,
  };
  return { messages: before.messages, offset, state };
}

function textFacts(facts: { firstPrompt?: string; model?: string | undefined }): JsonObject {
  const { firstPrompt, model } = facts;
  return {
    ...(firstPrompt === undefined ? {} : { firstPrompt }),
    ...(model === undefined ? {} : { model }),
  };
}

const textsIn = (value: JsonValue | undefined): string[] =>
  Array.isArray(value) ? value.filter((text) => typeof text === "string") : [];

/** What a mark says of all that stands before it in the file at `path`; undefined where it is none of this reader's. */
export function startAt(path: string, { offset, messages, state }: ReadingMark): IndexStart | undefined {
  if (!isJsonObject(state)) return undefined;
  const line = numberAt(state, "line");
  const total = numberAt(state, "total");
  const malformed = numberAt(state, "malformed");
  if (line === undefined || total === undefined || malformed === undefined) return undefined;
  const assets = new Map<string, Asset>();
  for (const asset of objectsIn(state["assets"])) {
    const id = stringAt(asset, "id");
    const mediaType = stringAt(asset, "mediaType");
    const [at, length] = [numberAt(asset, "offset"), numberAt(asset, "length")];
    if (id === undefined || mediaType === undefined || at === undefined || length === undefined)
      return undefined;
    const data: BinarySource = { path, offset: at, length, encoding: "base64" };
    assets.set(id, { mediaType, data });
  }
  const start = objectAt(state, "start");
  const firstPrompt = stringAt(state, "firstPrompt");
  const lastTime = numberAt(state, "lastTime");
  return {
    offset,
    line,
    messages,
    records: { total, malformed },
    open: new Set(textsIn(state["open"])),
    assets,
    agents: textsIn(state["agents"]),
    ...(start === undefined ? {} : { start }),
    facts: {
      model: stringAt(state, "model"),
      usage: objectAt(state, "usage") as Usage | undefined,
      ...(firstPrompt === undefined ? {} : { firstPrompt }),
      ...(lastTime === undefined ? {} : { lastTime }),
    },
  };
}

/**
 * Whether what was read from a mark on leaves what stands before it as it was: it begins with the prompt there, and
 * nothing is compacted, cleared, answered or defined anew.
 */
export function onlyGrows(index: EventIndex, from: IndexStart): boolean {
  const [first] = index.entries;
  return first?.kind === "user" && first.offset === from.offset && !index.isRevised;
}
