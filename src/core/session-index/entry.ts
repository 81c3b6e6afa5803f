import type { SessionRef, SessionSummary } from "../../provider/reader.ts";
import type { Diagnostic } from "../../provider/world.ts";
import { isJsonObject } from "../../session/json.ts";
import type { Provider, SessionStats } from "../api.ts";
import { checkedSummary, refProblem } from "../guarded-reader.ts";
import type { Counted } from "./growth.ts";
import { UnsoundRowError, type SessionRow } from "./rows.ts";
import type { Trace } from "./trace.ts";

/** What a call of a reader found out in this run, and what it depends on. */
export interface Fresh<T> {
  value: T;
  trace: Trace;
}

/** One session of a store, as far as it is known: from rows, or from what was read in this run. */
export interface Entry {
  provider: Provider;
  id: string;
  modifiedAt: number;
  /** Its row, where it has one. */
  row?: SessionRow;
  /** The row's ref is not that of the session any more. */
  isMoved: boolean;
  /** The row's summary, or counts, hold. */
  holds: Readonly<{ summary: boolean; counts: boolean }>;
  ref?: SessionRef;
  /** JSON of the ref. */
  refText?: string;
  summary?: Fresh<SessionSummary>;
  counts?: Fresh<Counted> & { isGrown: boolean };
  /** Places that have changed since the row's counts were made. */
  changed: readonly string[];
  /** Why there is no summary, or there are no counts. */
  problem?: string;
  countsProblem?: string;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new UnsoundRowError("a text is no JSON");
  }
}

/** The ref in a row, held to what a reader may give. */
export function refFrom(json: string, slug: string): SessionRef {
  const ref = parsed(json);
  const problem = refProblem(ref, slug);
  if (problem !== undefined) throw new UnsoundRowError(`it holds ${problem}`);
  return ref as SessionRef;
}

/** The summary in a row, held to what a reader may give. */
export function summaryFrom(json: string, ref: SessionRef): SessionSummary {
  try {
    return checkedSummary(parsed(json), ref);
  } catch {
    throw new UnsoundRowError("a summary is no summary");
  }
}

/** The counts in a row. */
export function countsFrom(json: string): SessionStats {
  const counts = parsed(json);
  const numbers = [
    "messages",
    "userMessages",
    "uniqueUserMessages",
    "averageAgentResponseChars",
    "toolUses",
  ] as const;
  const isSound =
    isJsonObject(counts) &&
    numbers.every((key) => Number.isFinite(counts[key])) &&
    ["string", "undefined"].includes(typeof counts["model"]);
  if (!isSound) throw new UnsoundRowError("counts are no counts");
  return counts as unknown as SessionStats;
}

/** The diagnostics in a row. */
export function warningsFrom(json: string | null): Diagnostic[] {
  if (json === null) return [];
  const warnings = parsed(json);
  const isSound = (warning: unknown): boolean =>
    isJsonObject(warning) &&
    typeof warning["code"] === "string" &&
    typeof warning["message"] === "string" &&
    ["string", "undefined"].includes(typeof warning["path"]) &&
    ["number", "undefined"].includes(typeof warning["line"]);
  if (!Array.isArray(warnings) || !warnings.every(isSound)) throw new UnsoundRowError("warnings are none");
  return warnings as Diagnostic[];
}

/** When the session was last active, for sorting. Epoch ms. */
export const activeAt = (summary: SessionSummary): number => summary.lastActiveAt ?? summary.ref.modifiedAt;
