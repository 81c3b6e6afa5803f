import type { Fingerprints, JsonObject, JsonValue, ReadingMark, World } from "casr-cli/provider";
import type { Entry, Folded } from "./fold.ts";
import { isObject, numberOf, objectOf, stringOf } from "./json.ts";
import type { Loaded } from "./load.ts";

/** Of a session with more ids than this nothing is kept: what is would be too large. */
const MOST_IDS = 250_000;

/** What is known of all that stands before a mark. */
export interface Known {
  /** Byte offset and number of the line at the mark. */
  offset: number;
  line: number;
  messages: number;
  /** Of the prompt at the mark. */
  id: string;
  /** How many MCP servers the labels of calls named. */
  servers: number;
  ids: Fingerprints;
  /** To be gone on with. */
  folded: Folded;
}

/** A prompt that divides a session. */
export type Turn = Entry & Required<Pick<Entry, "prompt">>;

const isPrompt = (entry: Entry): entry is Turn => entry.prompt !== undefined;

/** The last prompt that divides the records of the file as it divides the conversation. */
function lastTurn(entries: readonly Entry[]): number {
  const highest: number[] = [];
  let most = -1;
  for (const { offset } of entries) {
    highest.push(most);
    most = Math.max(most, offset);
  }
  let lowest = Infinity;
  for (let place = entries.length - 1; place >= 0; place -= 1) {
    const { offset, prompt } = entries[place]!;
    if (prompt !== undefined && offset < lowest && highest[place]! < offset) return place;
    lowest = Math.min(lowest, offset);
  }
  return -1;
}

/** How many messages come of `entries`, and the ids in them; undefined when it is not known without making them. */
function tallied(entries: readonly Entry[]): { messages: number; ids: Set<string> } | undefined {
  const calls = new Set<string>();
  const answered = new Set<string>();
  let messages = 0;
  for (const { made } of entries) {
    if (made === undefined || made.odd) return undefined;
    for (const call of made.calls) {
      // It gets another id, and an answer may have been taken for an older one's.
      if (calls.has(call) || answered.has(call)) return undefined;
      calls.add(call);
    }
    const fresh = made.answers.filter((answer) => !answered.has(answer));
    for (const answer of fresh) answered.add(answer);
    messages += made.messages - (made.answers.length > 0 && fresh.length === 0 ? 1 : 0);
  }
  return { messages, ids: new Set([...entries.map(({ id }) => id), ...calls, ...answered]) };
}

/** The last prompt of a session that can be read on from there; undefined where it has none. */
export function turnOf({ folded, grows }: Loaded): Turn | undefined {
  const entry = grows ? folded.entries[lastTurn(folded.entries)] : undefined;
  return entry !== undefined && isPrompt(entry) ? entry : undefined;
}

/** Where a session can be read on from. None where what stands before is not told apart from it. */
export function markAt(
  turn: Turn,
  before: readonly Entry[],
  folded: Folded,
  world: World,
  known?: Known,
): ReadingMark | undefined {
  const made = tallied(before);
  if (made === undefined || made.ids.size + (known?.ids.size ?? 0) > MOST_IDS) return undefined;
  const ids = known?.ids ?? world.toolkit.fingerprints();
  ids.add(made.ids);
  const state: JsonObject = {
    line: turn.line,
    ...turn.prompt,
    id: turn.id,
    ids: ids.text(),
    facts: factsOf(folded),
  };
  return { messages: (known?.messages ?? 0) + made.messages, offset: turn.offset, state };
}

/** What the header needs. Taking in the newest records again changes nothing of it. */
function factsOf(folded: Folded): JsonObject {
  const { metadata, startTime, mark, firstPrompt, model, agents, servers, contextWorkspace } = folded;
  return {
    metadata,
    agents: [...agents],
    servers: [...servers],
    ...(startTime === undefined ? {} : { startTime }),
    ...(mark === undefined ? {} : { mark }),
    ...(firstPrompt === undefined ? {} : { firstPrompt }),
    ...(model === undefined ? {} : { model }),
    ...(contextWorkspace === undefined ? {} : { contextWorkspace }),
  };
}

function stringsAt(facts: JsonObject, key: string): string[] {
  const value: JsonValue | undefined = facts[key];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** What a mark says; undefined where it is none of this reader's. */
export function knownAt({ messages, offset, state }: ReadingMark, world: World): Known | undefined {
  const [line, total, malformed] = ["line", "total", "malformed"].map((key) => numberOf(state, key));
  const id = stringOf(state, "id");
  const ids = stringOf(state, "ids");
  const facts = objectOf(state, "facts");
  if (line === undefined || total === undefined || malformed === undefined) return undefined;
  if (id === undefined || ids === undefined || facts === undefined) return undefined;
  const { metadata, startTime, mark } = facts;
  const servers = new Set(stringsAt(facts, "servers"));
  const folded: Folded = {
    metadata: isObject(metadata) ? metadata : {},
    ...(startTime === undefined ? {} : { startTime }),
    ...(mark === undefined ? {} : { mark }),
    entries: [],
    archives: new Map(),
    agents: new Set(stringsAt(facts, "agents")),
    servers,
    onlyAdds: true,
    records: { total, malformed },
  };
  for (const key of ["firstPrompt", "model", "contextWorkspace"] as const) {
    const value = stringOf(facts, key);
    if (value !== undefined) folded[key] = value;
  }
  return { offset, line, messages, id, servers: servers.size, ids: world.toolkit.fingerprints(ids), folded };
}

/**
 * Whether what was read from a mark on leaves what stands before it as it was: no list in place of the messages,
 * nothing taken back, no message or call of before met again, no server named that calls of before could be of.
 */
export function growsOn({ entries, onlyAdds, servers }: Folded, known: Known): boolean {
  if (!onlyAdds || entries[0]?.id !== known.id || servers.size !== known.servers) return false;
  // The second call of an id gets another one, which depends on those before.
  const calls = new Set<string>();
  return entries.every(({ id, made }) => {
    if (made === undefined || made.odd || made.calls.some((call) => calls.has(call))) return false;
    for (const call of made.calls) calls.add(call);
    return [id, ...made.calls, ...made.answers].every((one) => !known.ids.mayHold(one));
  });
}
