import type { Loss } from "./api.ts";

type Kind = Pick<Loss, "message" | "severity">;

/** Every kind of loss casr can report. The docs table is generated from this. */
export const LOSS_KINDS = {
  "reasoning-not-sent": {
    severity: "lost",
    message: "reasoning of another agent: kept in the transcript, not sent to the model",
  },
  "reasoning-lost": { severity: "lost", message: "reasoning the target cannot keep" },
  "reasoning-unreadable": { severity: "lost", message: "encrypted reasoning only its own vendor can read" },
  "reasoning-as-text": { severity: "changed", message: "reasoning written as text (--reasoning text)" },
  "reasoning-dropped": { severity: "note", message: "reasoning left out (--reasoning drop)" },
  "image-lost": { severity: "lost", message: "images the target cannot hold in that place or format" },
  "document-lost": { severity: "lost", message: "attached documents the target cannot hold" },
  "orphan-result": { severity: "lost", message: "tool results without a call" },
  "missing-result": {
    severity: "changed",
    message: "tool calls without a result: an error result stands in for it",
  },
  "error-flag-as-text": {
    severity: "changed",
    message: "failed results: the failure shows in the text, the target has no error flag",
  },
  "foreign-tool": {
    severity: "changed",
    message: "calls to tools the target does not have: kept under a foreign name",
  },
  "tool-as-text": { severity: "changed", message: "tool calls written as text" },
  "call-id-changed": { severity: "note", message: "call ids rewritten to the target's alphabet" },
  "input-wrapped": { severity: "changed", message: "freeform tool inputs wrapped into an object" },
  "role-changed": {
    severity: "changed",
    message: "messages of a role the target does not know: written as user text",
  },
  "history-before-compaction": {
    severity: "note",
    message: "messages before a compaction left out (--history full brings them back)",
  },
  "summary-replaced": { severity: "note", message: "compaction summaries left out: the full text is there" },
  "tool-output-cut": { severity: "note", message: "tool results shortened (--max-tool-output)" },
  "context-cut": { severity: "note", message: "older messages left out (--max-context-tokens)" },
  "opaque-summary": {
    severity: "changed",
    message: "compaction summaries only the vendor can read: the full text is used instead",
  },
} as const satisfies Record<string, Kind>;

export type LossCode = keyof typeof LOSS_KINDS;

/** A loss of this kind that occurred `count` times. */
export function lossOf(code: LossCode, count: number): Loss {
  return { code, count, ...LOSS_KINDS[code] };
}

/** Counts losses while messages pass by. */
export class LossLog {
  readonly #counts = new Map<LossCode, number>();
  readonly #names = new Map<LossCode, Set<string>>();

  /** Counts one more loss; `name` (a tool, a media type) is shown as an example. */
  add(code: LossCode, name?: string, count = 1): void {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + count);
    if (name === undefined) return;
    const names = this.#names.get(code) ?? new Set();
    names.add(name);
    this.#names.set(code, names);
  }

  /** All losses so far, the gravest first. */
  list(): Loss[] {
    const order: Loss["severity"][] = ["lost", "changed", "note"];
    return [...this.#counts]
      .map(([code, count]) => ({ ...lossOf(code, count), message: this.#describe(code) }))
      .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity) || a.code.localeCompare(b.code));
  }

  #describe(code: LossCode): string {
    const names = [...(this.#names.get(code) ?? [])].sort();
    if (names.length === 0) return LOSS_KINDS[code].message;
    const shown = names.slice(0, 6).join(", ");
    return `${LOSS_KINDS[code].message} (${shown}${names.length > 6 ? ", …" : ""})`;
  }
}
