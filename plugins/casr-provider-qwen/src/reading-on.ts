import type { Fingerprints, JsonObject, ReadingMark, World } from "casr-cli/provider";
import type { Branch, Step } from "./branch.ts";
import { Conversation } from "./conversation.ts";
import { SessionFacts } from "./facts.ts";
import { numberOf, objectOf, stringOf } from "./json.ts";
import type { Beginning, RecordEntry, RecordIndex } from "./records.ts";

/** Of a session with more ids than this nothing is kept: what is would be too large. */
const MOST_IDS = 250_000;

/** What is known of all that stands before a mark. */
export interface Known {
  beginning: Beginning;
  messages: number;
  /** The record at the mark. */
  uuid: string;
  parent: string | undefined;
  isHelper: boolean;
  ids: Fingerprints;
}

/** The step of the last prompt on the branch that divides the file as it divides the branch; -1 when there is none. */
function lastTurn(steps: readonly Step[], entries: readonly RecordEntry[]): number {
  const highest: number[] = [];
  let most = -1;
  for (const { pieces } of steps) {
    highest.push(most);
    most = Math.max(most, ...pieces);
  }
  let lowest = Infinity;
  for (let place = steps.length - 1; place >= 0; place -= 1) {
    const [first] = steps[place]!.pieces;
    const isPrompt = entries[first!]!.prompt !== undefined;
    if (isPrompt && first! < lowest && highest[place]! < first!) return place;
    lowest = Math.min(lowest, first!);
  }
  return -1;
}

/** How many messages come of steps, and the ids of their calls; undefined when it is not known without making them. */
function tallied(
  steps: readonly Step[],
  entries: readonly RecordEntry[],
): { messages: number; calls: Iterable<string> } | undefined {
  const calls = new Set<string>();
  const answered = new Set<string>();
  let messages = 0;
  for (const { pieces } of steps) {
    const { kind, made } = entries[pieces[0]!]!;
    if (kind === "other" || kind === "command") continue;
    if (made === undefined || made.odd || pieces.length > 1) return undefined;
    for (const call of made.calls) {
      // It gets another id, and an answer may have been taken for an older one's.
      if (calls.has(call) || answered.has(call)) return undefined;
      calls.add(call);
    }
    const fresh = made.answers.filter((answer) => !answered.has(answer) || !calls.has(answer));
    for (const answer of fresh) answered.add(answer);
    messages += made.messages - (made.answers.length > 0 && fresh.length === 0 ? 1 : 0);
  }
  return { messages, calls: [...calls, ...answered] };
}

/** The same, by making the messages: what a compression adds is known only together with what it replaced. */
async function counted(
  steps: Step[],
  path: string,
  index: RecordIndex,
  world: World,
): Promise<{ messages: number; calls: Iterable<string> }> {
  const calls = new Set<string>();
  let messages = 0;
  // What is wrong with a part is told when the messages are asked for.
  const conversation = new Conversation(path, index, { steps }, world.toolkit.quiet(world));
  for await (const { content } of conversation.messages(true)) {
    messages += 1;
    for (const block of content) {
      if (block.type === "tool_call") calls.add(block.id);
      else if (block.type === "tool_result") calls.add(block.callId);
    }
  }
  return { messages, calls };
}

/** Where a session can be read on from: its last prompt. None where no prompt divides the file. */
export async function markOf(
  path: string,
  index: RecordIndex,
  branch: Branch,
  world: World,
  known?: Known,
): Promise<ReadingMark | undefined> {
  const { entries, facts } = index;
  const place = lastTurn(branch.steps, entries);
  const at = branch.steps[place]?.pieces[0];
  const turn = at === undefined ? undefined : entries[at];
  if (at === undefined || turn?.prompt === undefined) return undefined;
  const earlier = branch.steps.slice(0, place);
  const before = tallied(earlier, entries) ?? (await counted(earlier, path, index, world));
  const ids = known?.ids ?? world.toolkit.fingerprints();
  const met = new Set(before.calls);
  for (const { uuid, parent } of entries.slice(0, at)) {
    met.add(uuid);
    if (parent !== undefined) met.add(parent);
  }
  // What its record is a child of may not be in the file, and come later.
  if (turn.parent !== undefined) met.add(turn.parent);
  ids.add(met);
  if (ids.size > MOST_IDS || ids.mayHold(turn.uuid)) return undefined;
  const state: JsonObject = {
    line: turn.line,
    ...turn.prompt,
    uuid: turn.uuid,
    ...(turn.parent === undefined ? {} : { parent: turn.parent }),
    facts: facts.state(),
    ids: ids.text(),
  };
  return { messages: (known?.messages ?? 0) + before.messages, offset: turn.offset, state };
}

/** What a mark says; undefined where it is none of this reader's. */
export function knownAt({ messages, offset, state }: ReadingMark, world: World): Known | undefined {
  const [line, total, malformed] = ["line", "total", "malformed"].map((key) => numberOf(state, key));
  const uuid = stringOf(state, "uuid");
  const ids = stringOf(state, "ids");
  const kept = objectOf(state, "facts");
  if (line === undefined || total === undefined || malformed === undefined) return undefined;
  if (uuid === undefined || ids === undefined || kept === undefined) return undefined;
  const facts = new SessionFacts(world.toolkit);
  facts.restore(kept);
  return {
    beginning: { offset, line, total, malformed, facts },
    messages,
    uuid,
    parent: stringOf(state, "parent"),
    isHelper: facts.isHelper,
    ids: world.toolkit.fingerprints(ids),
  };
}

/**
 * Whether what was read from a mark on only goes on from the prompt there: every record hangs below it, nothing is
 * compressed, and no record or call of before is met again.
 */
export function growsOn({ entries, facts }: RecordIndex, known: Known): boolean {
  const [first] = entries;
  if (first?.offset !== known.beginning.offset || first.uuid !== known.uuid) return false;
  if (first.parent !== known.parent || facts.isHelper !== known.isHelper) return false;
  const met = new Set<string>();
  // The second call of an id gets another one, which depends on those before.
  const calls = new Set<string>();
  for (const { kind, uuid, parent, made } of entries) {
    if (kind === "compression" || made?.odd === true) return false;
    if (met.size > 0 && (parent === undefined || !met.has(parent))) return false;
    met.add(uuid);
    const ids = made === undefined ? [uuid] : [uuid, ...made.calls, ...made.answers];
    for (const call of made?.calls ?? []) {
      if (calls.has(call)) return false;
      calls.add(call);
    }
    if (ids.some((id) => known.ids.mayHold(id))) return false;
  }
  return true;
}
