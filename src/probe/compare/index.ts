import { canonicalJson, isJsonObject, type JsonValue } from "../../session/json.ts";
import type { WireItem } from "../types.ts";
import type { Expected } from "./expected.ts";
import { emptyScores, type Kind, type Score } from "./kinds.ts";
import { findReorderings, type Positions } from "./order.ts";
import { holds } from "./payload.ts";
import { TextFinder } from "./texts.ts";
import { imageName, quote } from "./words.ts";

/** What reached the agent's model of what was written for it. */
export interface Recall {
  scores: Record<Kind, Score>;
  /** The first difference of each kind, in words. */
  differences: Partial<Record<Kind, string>>;
  /** Texts in a person's name that nobody wrote and the agent does not send in every session. */
  unexplained: string[];
  /** What is well but worth knowing. */
  notes: string[];
}

type Call = Extract<WireItem, { kind: "call" }>;
type Result = Extract<WireItem, { kind: "result" }>;

/**
 * Compares the request an agent made after resuming with what was written for it. `own` are the texts the agent
 * sends in a session of its own too: instructions, reminders, its environment.
 */
export function compareWithWritten(
  expected: readonly Expected[],
  sent: readonly WireItem[],
  own: readonly string[],
): Recall {
  const recall: Recall = { scores: emptyScores(), differences: {}, unexplained: [], notes: [] };
  const positions: Positions = new Map();
  const count = (kind: Kind, ok: boolean, difference: () => string): void => {
    recall.scores[kind].wanted += 1;
    if (ok) recall.scores[kind].found += 1;
    else recall.differences[kind] ??= difference();
  };
  const note = (what: string): void => {
    if (!recall.notes.includes(what)) recall.notes.push(what);
  };
  const calls = pairCalls(expected, sent, positions, count);
  const leftovers = (["user", "assistant"] as const).flatMap((speaker) => {
    const finder = new TextFinder(
      sent.flatMap((item, index) => (item.kind === speaker ? [{ item: index, text: item.text }] : [])),
    );
    expected.forEach((item, index) => {
      if (item.kind !== speaker || item.text.trim() === "") return;
      const match = finder.take(item.text);
      count(speaker, match !== undefined, () => `${quote(item.text)} did not reach the model`);
      if (match !== undefined) positions.set(index, match);
    });
    return speaker === "user" ? finder.leftovers() : [];
  });
  for (const item of expected) {
    if (item.kind !== "system") continue;
    const found = sent.some(({ kind, ...other }) => {
      return (
        (kind === "system" || kind === "user") && "text" in other && other.text.includes(item.text.trim())
      );
    });
    count("user", found, () => `${quote(item.text)} did not reach the model`);
  }
  compareReasoning(expected, sent, count);
  compareResults(expected, sent, calls, positions, count, note);
  compareBinaries(expected, sent, count);
  const reordered = findReorderings(expected, positions);
  recall.scores.order = { wanted: positions.size, found: positions.size - reordered.length };
  if (reordered[0] !== undefined) recall.differences.order = reordered[0];
  const known = new Set(own.map((text) => text.trim()));
  recall.unexplained = leftovers
    .map(({ text }) => text.trim())
    .filter((text) => !known.has(text) && !own.some((whole) => whole.includes(text)));
  return recall;
}

type Count = (kind: Kind, ok: boolean, difference: () => string) => void;

function sameJson(a: JsonValue, b: JsonValue): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** Freeform input goes as the one member of an object where a service takes objects alone. */
function sameInput(sent: JsonValue, wanted: JsonValue): boolean {
  if (sameJson(sent, wanted)) return true;
  if (typeof wanted !== "string" || !isJsonObject(sent)) return false;
  const values = Object.values(sent);
  return values.length === 1 && values[0] === wanted;
}

/** Agents put a namespace before a tool's name, or take it apart from it. */
function sameName(a: string, b: string): boolean {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  return a === b || plain(a) === plain(b);
}

/** How agents without an error flag of their own say in the text that a call failed. */
const FAILURE =
  /"success":\s*false|\b(?:error|fail(?:ed|ure)?|cancell?ed|rejected|denied|not found|no such|does not exist|unable|cannot)\b/i;

/** Finds each written call in the request, by what it asks for; ids may be the agent's own. */
function pairCalls(
  expected: readonly Expected[],
  sent: readonly WireItem[],
  positions: Positions,
  count: Count,
): Map<string, Call> {
  const pairs = new Map<string, Call>();
  const used = new Set<number>();
  let cursor = 0;
  const find = (wanted: Call, from: number): number =>
    sent.findIndex(
      (item, index) =>
        index >= from &&
        !used.has(index) &&
        item.kind === "call" &&
        sameName(item.name, wanted.name) &&
        sameInput(item.input, wanted.input),
    );
  expected.forEach((item, index) => {
    if (item.kind !== "call") return;
    const ahead = find(item, cursor);
    const at = ahead === -1 ? find(item, 0) : ahead;
    count(
      "call",
      at !== -1,
      () => `${item.name} ${quote(JSON.stringify(item.input), 80)} did not reach the model`,
    );
    if (at === -1) return;
    used.add(at);
    cursor = at;
    pairs.set(item.id, sent[at] as Call);
    positions.set(index, { item: at, offset: 0 });
  });
  return pairs;
}

function compareResults(
  expected: readonly Expected[],
  sent: readonly WireItem[],
  calls: ReadonlyMap<string, Call>,
  positions: Positions,
  count: Count,
  note: (what: string) => void,
): void {
  const answers = new Map<string, { at: number; result: Result }[]>();
  sent.forEach((item, at) => {
    if (item.kind !== "result") return;
    answers.set(item.callId, [...(answers.get(item.callId) ?? []), { at, result: item }]);
  });
  expected.forEach((item, index) => {
    if (item.kind !== "result") return;
    const call = calls.get(item.callId);
    const given = answers.get(call?.id ?? item.callId) ?? [];
    const text = given.map(({ result }) => result.text).join("\n");
    const held = given.length === 0 ? undefined : holds(text, item.text);
    count("result", held !== undefined, () =>
      given.length === 0
        ? `the answer ${quote(item.text, 80)} did not reach the model`
        : `the answer ${quote(item.text, 80)} reached the model as ${quote(text, 80)}`,
    );
    if (held === "shortened") note("the agent shortens long outputs when it sends them");
    const first = given[0];
    if (first === undefined) return;
    positions.set(index, { item: first.at, offset: 0 });
    if (item.isError !== true) return;
    const flagged = given.some(({ result }) => result.isError === true);
    // Where the service or the agent has no flag, the text says it; a command that ran says it by its exit code.
    const byCode = item.exitCode !== undefined && text.includes(String(item.exitCode));
    const said = byCode || FAILURE.test(text) || given.some(({ result }) => result.isError === undefined);
    count("error", flagged || said, () => `the failure of ${call?.name ?? item.callId} is not marked as one`);
  });
}

function compareReasoning(expected: readonly Expected[], sent: readonly WireItem[], count: Count): void {
  const opaque = sent.filter((item) => item.kind === "reasoning" && !item.readable).length;
  let unread = 0;
  for (const item of expected) {
    if (item.kind !== "reasoning") continue;
    const wanted = item.text.trim();
    const found =
      wanted !== "" &&
      sent.some((other) => "text" in other && other.kind !== "result" && other.text.includes(wanted));
    if (!found) unread += 1;
    count("reasoning", found || unread <= opaque, () => `${quote(wanted)} did not reach the model`);
  }
}

function compareBinaries(expected: readonly Expected[], sent: readonly WireItem[], count: Count): void {
  const images = sent.flatMap((item) =>
    item.kind === "image" ? [item.image] : item.kind === "result" ? item.images : [],
  );
  const documents = new Set(sent.flatMap((item) => (item.kind === "document" ? [item.digest] : [])));
  for (const item of expected) {
    const wanted = item.kind === "image" ? [item.image] : item.kind === "result" ? item.images : [];
    for (const image of wanted) {
      const at = images.findIndex(({ digest }) => digest === image.digest);
      if (at !== -1) images.splice(at, 1);
      count("image", at !== -1, () => `${imageName(image)} did not reach the model as it was`);
    }
    if (item.kind === "document")
      count(
        "document",
        documents.has(item.digest),
        () => `a ${item.mediaType} document did not reach the model`,
      );
  }
}
