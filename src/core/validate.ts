import type { SessionHeader } from "../session/types.ts";
import { CasrError } from "./errors.ts";
import type { SessionFacts } from "./facts.ts";

/** From this share of damaged lines on a session is called out. */
const MALFORMED_SHARE = 0.1;
const SHORT_SESSION = 3;

export interface Validation {
  /** What keeps the session from being converted. */
  errors: string[];
  warnings: string[];
  /** Shown with --verbose. */
  notes: string[];
}

function callNotes(facts: SessionFacts): string[] {
  const uses = [...facts.calls.values()];
  const unanswered = uses.filter((use) => use.results < use.calls).length;
  const orphans = uses.filter((use) => use.calls === 0).length;
  const repeated = uses.filter((use) => use.calls > 1).length;
  const notes: string[] = [];
  if (unanswered > 0) notes.push(`${unanswered} tool call(s) have no result.`);
  if (orphans > 0) notes.push(`${orphans} tool result(s) answer a call that is not there.`);
  if (repeated > 0) notes.push(`${repeated} call id(s) are used more than once.`);
  return notes;
}

/** Judges a session by what one pass told: what forbids a conversion, what a person should know. */
export function validateSession(
  header: SessionHeader,
  facts: SessionFacts,
  records: { total: number; malformed: number },
): Validation {
  const result: Validation = { errors: [], warnings: [], notes: [] };
  const { stats } = facts;
  if (stats.messages === 0) result.errors.push("The session has no messages.");
  else if (stats.userMessages === 0) result.errors.push("The session has no user message.");
  else if (facts.assistantMessages === 0) result.errors.push("The session has no assistant message.");
  if (result.errors.length > 0) return result;

  if (header.workspace === undefined) {
    result.warnings.push(
      "The session does not say which folder it belongs to; give it with --workspace <folder>.",
    );
  }
  if (facts.withTimestamp === 0)
    result.warnings.push("The messages have no timestamps; their order in the file is kept.");
  if (stats.messages < SHORT_SESSION) {
    result.warnings.push(`Very short session: ${stats.messages} messages may be too little to go on from.`);
  }
  if (facts.startsWithAssistant)
    result.warnings.push("Unusual role order: the session starts with the assistant.");
  if (facts.repeatedPrompts > 0) {
    result.notes.push(
      `Unusual role order: ${facts.repeatedPrompts} prompt(s) follow another prompt directly.`,
    );
  }
  if (records.malformed > 0 && records.malformed >= records.total * MALFORMED_SHARE) {
    const percent = Math.round((100 * records.malformed) / Math.max(records.total, 1));
    result.warnings.push(
      `${records.malformed} of ${records.total} records (${percent} %) are damaged and left out.`,
    );
  }
  result.notes.push(...callNotes(facts));
  const leftovers = Object.keys(header.metadata);
  if (leftovers.length > 0)
    result.notes.push(`Not carried over from the header: ${leftovers.slice(0, 12).join(", ")}.`);
  return result;
}

/** Throws `invalid-session` when validation found errors. */
export function requireValid(validation: Validation, path: string): void {
  if (validation.errors.length === 0) return;
  throw new CasrError("invalid-session", `${validation.errors.join(" ")} (${path})`, {
    suggestions: ["Look at it: casr info <session> --peek"],
    context: { path, errors: validation.errors, warnings: validation.warnings },
  });
}
