import type { JsonObject } from "casr-cli/provider";
import type { LinesStart } from "./chain.ts";
import type { Slot } from "./replay.ts";

/** What the header needs of the lines so far. */
export interface ScanFacts {
  /** First prompt as shown in lists. */
  preview?: string;
  /** The preview is the text of an event, so of what a person typed. */
  previewIsTyped: boolean;
  /** From the last `turn_context`. */
  model?: string;
  cwd?: string;
  /** Timestamp of the first line of the session's own file, as text. */
  firstTime?: string;
  /** Last total token usage, as Codex recorded it. */
  usage?: JsonObject;
}

/** A prompt, and what was known before its line. */
export interface Turn extends LinesStart {
  records: { total: number; malformed: number };
  facts: ScanFacts;
  /** How many failed calls and children were known. */
  failed: number;
  children: number;
}

/** Where a scan begins that does not begin with the first line, and what is known of the lines before. */
export interface ScanStart extends LinesStart {
  records: { total: number; malformed: number };
  facts: ScanFacts;
  children: string[];
  /** Short digests of the ids of all calls. */
  idsBefore: ReadonlySet<string>;
}

/** Whether an item is a prompt with text: whatever was open before it ends there. */
export function isTurn({ startsTurn, typed }: Slot): boolean {
  return startsTurn && typed !== undefined && typed !== "";
}

/** What is known of a session before the line of a prompt, which was counted already. */
export function turnAt(
  record: number,
  offset: number,
  scan: ScanFacts & { records: Turn["records"]; failed: Set<string>; children: Set<string> },
): Turn {
  const { preview, previewIsTyped, model, cwd, firstTime, usage, records } = scan;
  return {
    record,
    offset,
    records: { total: records.total - 1, malformed: records.malformed },
    failed: scan.failed.size,
    children: scan.children.size,
    facts: {
      previewIsTyped,
      ...(preview === undefined ? {} : { preview }),
      ...(model === undefined ? {} : { model }),
      ...(cwd === undefined ? {} : { cwd }),
      ...(firstTime === undefined ? {} : { firstTime }),
      ...(usage === undefined ? {} : { usage }),
    },
  };
}
