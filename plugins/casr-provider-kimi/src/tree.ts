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
interface Span {
  from: number;
  to: number;
}

/** Which lines are in one of the spans, by their number; in one pass, however many there are. */
function within(spans: readonly Span[], lastLine: number): Uint8Array {
  const changes = new Int32Array(lastLine + 2);
  for (const { from, to } of spans) {
    if (to < from) continue;
    changes[from]! += 1;
    changes[to + 1]! -= 1;
  }
  const lines = new Uint8Array(lastLine + 1);
  let open = 0;
  for (let line = 1; line <= lastLine; line += 1) {
    open += changes[line]!;
    if (open > 0) lines[line] = 1;
  }
  return lines;
}

/**
 * The lines of the active branch: 1 at each of their numbers (`activeChain` of Kimi Code 2.1.0). Undefined where the edges lead in a
 * circle or to a branch that is not there: the agent itself refuses such a journal.
 */
export function activeLines(edges: readonly Edge[], lastLine: number): Uint8Array | undefined {
  const segments = new Map<string, { edge: Edge | undefined; span: Span }>();
  let open: { branch: string; edge?: Edge; from: number } = { branch: MAIN, from: 1 };
  for (const edge of edges) {
    segments.set(open.branch, { edge: open.edge, span: { from: open.from, to: edge.line } });
    open = { branch: edge.branch, edge, from: edge.line + 1 };
  }
  segments.set(open.branch, { edge: open.edge, span: { from: open.from, to: lastLine } });
  const spans: Span[] = [];
  const seen = new Set<string>();
  let branch: string | undefined = open.branch;
  let ceiling = lastLine;
  while (branch !== undefined) {
    const segment = segments.get(branch);
    if (segment === undefined || seen.has(branch)) return undefined;
    seen.add(branch);
    spans.push({ from: segment.span.from, to: Math.min(segment.span.to, ceiling) });
    ceiling = Math.floor(segment.edge?.base.line ?? 0);
    branch = segment.edge?.base.branch;
  }
  return within(spans, lastLine);
}
