import type { PatchChange, PatchHunk } from "./tool-types.ts";

const BEGIN = "*** Begin Patch";
const END = "*** End Patch";
const ADD = "*** Add File: ";
const DELETE = "*** Delete File: ";
const UPDATE = "*** Update File: ";
const MOVE = "*** Move to: ";
const END_OF_FILE = "*** End of File";

interface Lines {
  all: string[];
  next: number;
}

function startsSection(line: string): boolean {
  return line.startsWith("*** ") && line !== END_OF_FILE;
}

function parseAdded(lines: Lines, path: string): PatchChange | undefined {
  const content: string[] = [];
  while (lines.next < lines.all.length && !startsSection(lines.all[lines.next]!)) {
    const line = lines.all[lines.next++]!;
    if (!line.startsWith("+")) return undefined;
    content.push(line.slice(1));
  }
  return { op: "add", path, content: content.map((line) => `${line}\n`).join("") };
}

function parseHunk(lines: Lines): PatchHunk | undefined {
  const hunk: { header?: string; old: string[]; new: string[] } = { old: [], new: [] };
  const first = lines.all[lines.next]!;
  if (first.startsWith("@@")) {
    lines.next += 1;
    const header = first.slice(2).trim();
    if (header !== "") hunk.header = header;
  }
  let taken = 0;
  while (lines.next < lines.all.length) {
    const line = lines.all[lines.next]!;
    if (line.startsWith("@@") || startsSection(line)) break;
    lines.next += 1;
    if (line === END_OF_FILE) break;
    taken += 1;
    const body = line.slice(1);
    if (line === "" || line.startsWith(" ")) {
      hunk.old.push(body);
      hunk.new.push(body);
    } else if (line.startsWith("-")) hunk.old.push(body);
    else if (line.startsWith("+")) hunk.new.push(body);
    else return undefined;
  }
  if (taken === 0) return undefined;
  return {
    ...(hunk.header === undefined ? {} : { header: hunk.header }),
    oldText: hunk.old.join("\n"),
    newText: hunk.new.join("\n"),
  };
}

function parseUpdated(lines: Lines, path: string): PatchChange | undefined {
  let movePath: string | undefined;
  if (lines.all[lines.next]?.startsWith(MOVE)) movePath = lines.all[lines.next++]!.slice(MOVE.length).trim();
  const hunks: PatchHunk[] = [];
  while (lines.next < lines.all.length && !startsSection(lines.all[lines.next]!)) {
    const hunk = parseHunk(lines);
    if (hunk === undefined) return undefined;
    hunks.push(hunk);
  }
  return { op: "update", path, ...(movePath === undefined ? {} : { movePath }), hunks };
}

/**
 * Reads the patch notation of Codex's `apply_patch` (codex-cli 0.169.0): `*** Begin Patch`, sections
 * `*** Add|Update|Delete File: path` (with `*** Move to:`), hunks that start with `@@`, `*** End Patch`.
 * Undefined when `text` is not a patch or a part of it is not understood: nothing is guessed.
 */
export function parsePatch(text: string): PatchChange[] | undefined {
  const all = text.trim().split(/\r?\n/);
  if (all[0]?.trim() !== BEGIN || all.at(-1)?.trim() !== END) return undefined;
  const lines: Lines = { all: all.slice(1, -1), next: 0 };
  const changes: PatchChange[] = [];
  while (lines.next < lines.all.length) {
    const line = lines.all[lines.next++]!;
    let change: PatchChange | undefined;
    if (line.startsWith(ADD)) change = parseAdded(lines, line.slice(ADD.length).trim());
    else if (line.startsWith(DELETE)) change = { op: "delete", path: line.slice(DELETE.length).trim() };
    else if (line.startsWith(UPDATE)) change = parseUpdated(lines, line.slice(UPDATE.length).trim());
    if (change === undefined) return undefined;
    changes.push(change);
  }
  return changes.length > 0 ? changes : undefined;
}

function splitLines(text: string): string[] {
  return text === "" ? [] : text.split("\n");
}

/** Lines both texts begin with, or end with when `fromEnd`; at most `limit`. */
function sharedLines(a: string[], b: string[], fromEnd: boolean, limit: number): number {
  let count = 0;
  while (count < limit) {
    const left = fromEnd ? a[a.length - 1 - count] : a[count];
    const right = fromEnd ? b[b.length - 1 - count] : b[count];
    if (left === undefined || left !== right) break;
    count += 1;
  }
  return count;
}

function formatHunk(hunk: PatchHunk): string[] {
  const before = splitLines(hunk.oldText);
  const after = splitLines(hunk.newText);
  const shortest = Math.min(before.length, after.length);
  const head = sharedLines(before, after, false, shortest);
  const tail = sharedLines(before, after, true, shortest - head);
  return [
    hunk.header === undefined ? "@@" : `@@ ${hunk.header}`,
    ...before.slice(0, head).map((line) => ` ${line}`),
    ...before.slice(head, before.length - tail).map((line) => `-${line}`),
    ...after.slice(head, after.length - tail).map((line) => `+${line}`),
    ...before.slice(before.length - tail).map((line) => ` ${line}`),
  ];
}

/** Writes changes in the notation `parsePatch` reads; lines shared by old and new text become context. */
export function formatPatch(changes: PatchChange[]): string {
  const lines = [BEGIN];
  for (const change of changes) {
    if (change.op === "add") {
      lines.push(`${ADD}${change.path}`);
      const content = change.content.endsWith("\n") ? change.content.slice(0, -1) : change.content;
      if (change.content !== "") lines.push(...content.split("\n").map((line) => `+${line}`));
    } else if (change.op === "delete") lines.push(`${DELETE}${change.path}`);
    else {
      lines.push(`${UPDATE}${change.path}`);
      if (change.movePath !== undefined) lines.push(`${MOVE}${change.movePath}`);
      for (const hunk of change.hunks) lines.push(...formatHunk(hunk));
    }
  }
  lines.push(END);
  return lines.join("\n");
}
