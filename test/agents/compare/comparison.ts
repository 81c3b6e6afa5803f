import type { Kind, Score } from "../../../src/probe/compare/kinds.ts";
import type { WireItem } from "../../../src/probe/index.ts";

export { KINDS } from "../../../src/probe/compare/kinds.ts";
export type { Kind, Score } from "../../../src/probe/compare/kinds.ts";
export type { Positions } from "../../../src/probe/compare/order.ts";

/** One side of a comparison: a conversation as an agent sent it to its model. */
export interface Side {
  agent: string;
  items: readonly WireItem[];
}

export interface CompareInput {
  source: Side;
  target: Side;
  /** Working directory of the session, for relative paths. */
  cwd: string;
  /** Whether a text is one of the source agent's own that may be carried along. */
  mayCarry?: (text: string) => boolean;
  /** Whether a text stands anywhere in the source's own files. */
  inSource?: (text: string) => boolean;
  /** The text of a file that an answer refers to instead of holding it. */
  readReferenced?: (path: string) => string | undefined;
}

export interface Comparison {
  scores: Record<Kind, Score>;
  /** The first difference of each kind, in words. */
  differences: Partial<Record<Kind, string>>;
  /** Texts, calls, results and images of the target that nothing in the source accounts for. */
  invented: string[];
  /** What the source's files hold but its agent no longer sends. */
  extra: string[];
  /** Breaks of what every model service asks for: unique call ids, one answer for each call. */
  broken: string[];
  /** Losses that are allowed but should be known. */
  notes: string[];
}

/** What the parts of the comparison write into. */
export interface Tally {
  count(kind: Kind, ok: boolean, difference: () => string): void;
  /** Something of the target that nothing accounts for. `texts` are what it is made of. */
  invent(what: string, texts: readonly string[]): void;
  note(what: string): void;
}
