import type { WireItem } from "../../../src/probe/index.ts";
import type { CallMatch } from "./compare-calls.ts";
import type { CompareInput, Positions, Tally } from "./comparison.ts";
import { firstDifference, quote } from "../../../src/probe/compare/words.ts";
import {
  isMissingAnswer,
  outcomeOf,
  payloadForms,
  readsAsFailure,
  samePayload,
  type Outcome,
} from "./payload.ts";

type Result = Extract<WireItem, { kind: "result" }>;

interface Answer {
  /** Index among the target's items. */
  item: number;
  result: Result;
  forms: string[];
}

/** Checks that every answer of the source stands under the right call, with the same payload and outcome. */
export function compareResults(
  input: CompareInput,
  matches: readonly CallMatch[],
  tally: Tally,
  positions: Positions,
): void {
  const answers = answersByCall(input.target.items);
  const used = new Set<Result>();
  // Code mode may answer one call several times; agents that want one answer a call get them joined.
  const repeated = repeatedCalls(input.source.items);
  input.source.items.forEach((item, index) => {
    if (item.kind !== "result") return;
    const match = matches.find((candidate) => candidate.call.id === item.callId);
    const linked = (match?.target ?? []).flatMap((call) => answers.get(call.id) ?? []);
    const whole = wholeOf(item, input);
    const wanted = [...payloadForms(item.text), ...whole];
    const outcome = (answer: Answer): Outcome => targetOutcome(item, answer.result, input);
    const found = linked.find((answer) =>
      isMissingAnswer(item.text)
        ? outcome(answer).failed || readsAsFailure(answer.result.text)
        : isAnswer(wanted, answer, repeated.has(item.callId)),
    );
    tally.count("result", found !== undefined, () => describe(index, item, match, linked, wanted));
    for (const answer of linked) used.add(answer.result);
    const answer = found ?? linked[0];
    if (answer === undefined) return;
    positions.set(index, { item: answer.item, offset: 0 });
    if (!repeated.has(item.callId)) {
      const ends = { wanted: outcomeOf(item, input.source.agent), found: outcome(answer) };
      compareOutcome(index, item, answer.result, ends, tally);
    }
    if (found !== undefined && whole.length > 0 && !samePayload(whole, found.forms)) {
      tally.note("a long output is carried as the part that the source agent sends, not as the whole");
    }
    if (found !== undefined && keepsFraming(item, answer.result, input)) {
      tally.note(`${match?.call.name ?? "tool"} results keep the framing of ${input.source.agent}`);
    }
  });
  for (const [id, list] of answers) {
    for (const answer of list) {
      if (used.has(answer.result)) continue;
      const what = `result of ${id}, target item ${answer.item}: ${quote(answer.result.text)}`;
      // The framing is the target agent's; the innermost form is the payload.
      tally.invent(what, [answer.forms.at(-1) ?? ""]);
    }
  }
}

function answersByCall(items: readonly WireItem[]): Map<string, Answer[]> {
  const answers = new Map<string, Answer[]>();
  items.forEach((item, index) => {
    if (item.kind !== "result") return;
    const list = answers.get(item.callId) ?? [];
    list.push({ item: index, result: item, forms: payloadForms(item.text) });
    answers.set(item.callId, list);
  });
  return answers;
}

function repeatedCalls(items: readonly WireItem[]): Set<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const item of items) {
    if (item.kind !== "result") continue;
    if (seen.has(item.callId)) repeated.add(item.callId);
    seen.add(item.callId);
  }
  return repeated;
}

/** A file that holds the whole of an answer of which the agent sends a part. */
const REFERENCE = /(?:Full output saved to|For full output see): (\S+)/;

/** The whole of an answer of which the source agent sends a part. */
function wholeOf(result: Result, input: CompareInput): string[] {
  const path = REFERENCE.exec(result.text.slice(0, 1000))?.[1];
  const whole = path === undefined ? undefined : input.readReferenced?.(path);
  return whole === undefined ? [] : payloadForms(whole);
}

/**
 * The answer of a call that keeps its foreign name keeps the framing of the source's agent too. So does an output
 * that only looks framed: in a source without a flag nothing but these words tells its model how the tool ended.
 */
function targetOutcome(source: Result, target: Result, input: CompareInput): Outcome {
  const own = outcomeOf(target, input.target.agent);
  // Words in the target's own form that the source shows too, and that mean nothing there, were printed.
  const isPrinted =
    source.isError === false &&
    !outcomeOf(source, input.source.agent).failed &&
    outcomeOf(source, input.target.agent).exitCode === own.exitCode;
  if (own.exitCode !== undefined)
    return isPrinted ? { exitCode: undefined, failed: target.isError === true } : own;
  const words = source.text.trim();
  if (words === target.text.trim()) return outcomeOf(target, input.source.agent);
  const isInside = source.isError === undefined && payloadForms(target.text).includes(words);
  return isInside ? outcomeOf(source, input.source.agent) : own;
}

function isAnswer(wanted: readonly string[], answer: Answer, repeated: boolean): boolean {
  if (samePayload(wanted, answer.forms)) return true;
  return repeated && wanted.some((form) => form !== "" && answer.forms.some((other) => other.includes(form)));
}

function describe(
  index: number,
  item: Result,
  match: CallMatch | undefined,
  linked: readonly Answer[],
  wanted: readonly string[],
): string {
  const what = `source item ${index}, result of ${match?.call.name ?? "an unmatched call"} ${item.callId}`;
  if (match === undefined) return `${what}: its call was not found`;
  const [answer] = linked;
  if (answer === undefined) return `${what}: the target call ${match.target[0]?.id} has no result`;
  // The innermost forms say best what differs.
  return `${what}, target item ${answer.item}: ${firstDifference(wanted.at(-1) ?? "", answer.forms.at(-1) ?? "")}`;
}

function compareOutcome(
  index: number,
  source: Result,
  target: Result,
  { wanted, found }: { wanted: Outcome; found: Outcome },
  tally: Tally,
): void {
  if (!wanted.failed && !found.failed) return;
  // A source without a flag says in words what the target may say with one.
  if (!wanted.failed && source.isError === undefined && readsAsFailure(source.text)) return;
  // What a command printed may look like a frame; without a flag the very same text says the very same.
  if (
    !wanted.failed &&
    target.isError === undefined &&
    payloadForms(source.text).includes(target.text.trim())
  )
    return;
  tally.count("error", sameOutcome(wanted, found, target), () => {
    const words = (outcome: Outcome): string =>
      `${outcome.failed ? "failed" : "fine"}${outcome.exitCode === undefined ? "" : `, exit code ${outcome.exitCode}`}`;
    return `result of source item ${index} (${source.callId}): source ${words(wanted)}, target ${words(found)}: ${quote(target.text)}`;
  });
}

function sameOutcome(wanted: Outcome, found: Outcome, target: Result): boolean {
  if (!wanted.failed) return false;
  // Without a flag on the wire the text must say so.
  const failed = found.failed || (target.isError === undefined && readsAsFailure(target.text));
  if (!failed) return false;
  const code = wanted.exitCode ?? 0;
  if (code === 0 || found.exitCode === code) return true;
  return new RegExp(`exit(?:ed)?(?: with)?[ _]?code"?:? ${code}\\b`, "i").test(target.text);
}

/** The model of another agent is shown wrapping it does not know. */
function keepsFraming(source: Result, target: Result, input: CompareInput): boolean {
  if (input.source.agent === input.target.agent) return false;
  return (
    payloadForms(source.text).length > 1 &&
    source.text.trim() === target.text.trim() &&
    source.text.trim() !== ""
  );
}
