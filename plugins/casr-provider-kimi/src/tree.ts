import type { JsonObject } from "casr-cli/provider";
import { numberAt, objectAt, stringAt } from "./json.ts";

/** A step back: from here on the journal goes on from an earlier line. Lines count from 1. */
export interface Edge {
  line: number;
  branch: string;
  base: { branch: string; line: number };
}

/** The edge an `agent.switched` record stands for; undefined when it is malformed, and passed over by the agent. */
export function edgeOf(record: JsonObject, line: number): Edge | undefined {
  const branch = stringAt(record, "branch");
  const base = objectAt(record, "base");
  const baseBranch = stringAt(base, "branch");
  const baseLine = numberAt(base, "line");
  if (branch === undefined || baseBranch === undefined || baseLine === undefined) return undefined;
  return { line, branch, base: { branch: baseBranch, line: baseLine } };
}

const MAIN = "main";

/** Lines from `from` to `to`, both included. */
export interface Span {
  from: number;
  to: number;
}

/**
 * The lines of the active branch, in order (`activeChain` of Kimi Code 2.1.0). Where the edges lead in a circle or
 * to a branch that is not there, what follows the last edge is all there is.
 */
export function activeSpans(edges: readonly Edge[], lastLine: number): Span[] {
  const segments = new Map<string, { edge?: Edge; span: Span }>();
  let open: { branch: string; edge?: Edge; from: number } = { branch: MAIN, from: 1 };
  for (const edge of edges) {
    segments.set(open.branch, { ...open, span: { from: open.from, to: edge.line } });
    open = { branch: edge.branch, edge, from: edge.line + 1 };
  }
  segments.set(open.branch, { ...open, span: { from: open.from, to: lastLine } });
  const spans: Span[] = [];
  const seen = new Set<string>();
  let branch: string | undefined = open.branch;
  let ceiling = Number.POSITIVE_INFINITY;
  while (branch !== undefined && !seen.has(branch)) {
    seen.add(branch);
    const segment = segments.get(branch);
    if (segment === undefined) break;
    spans.unshift({ from: segment.span.from, to: Math.min(segment.span.to, ceiling) });
    ceiling = segment.edge?.base.line ?? 0;
    branch = segment.edge?.base.branch;
  }
  return spans;
}
