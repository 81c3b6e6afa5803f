import type { JsonObject, World } from "casr-cli/provider";
import { cutContext } from "./context.ts";
import type { Archive, Entry, Folded } from "./fold.ts";
import { objectOf, objectsOf, stringOf } from "./json.ts";
import type { Loaded } from "./load.ts";
import { partsOf, textOf } from "./native.ts";
import { recordedResults, sortParts } from "./calls.ts";

/**
 * Entries of the whole history: in front of each compression summary come the messages it replaced.
 * `past` are those that are no longer in the model's context.
 */
export async function withArchives(
  loaded: Loaded,
  world: World,
): Promise<{ entries: Entry[]; past: Set<Entry> }> {
  const { folded } = loaded;
  const used = new Set<string>();
  const past = new Set<Entry>();
  let entries = folded.entries;
  // Summaries of summaries: each round opens the archives of the summaries now in the list.
  for (;;) {
    const place = entries.findIndex((entry) => isOpenable(entry, folded, used));
    if (place === -1) return { entries, past };
    const summary = entries[place]!.summary!;
    used.add(summary);
    const before = await replacedOnly(folded.archives.get(summary)!, loaded, world);
    for (const entry of before) past.add(entry);
    entries = [...entries.slice(0, place), ...before, ...entries.slice(place)];
  }
}

function isOpenable(entry: Entry, folded: Folded, used: Set<string>): boolean {
  return entry.summary !== undefined && !used.has(entry.summary) && folded.archives.has(entry.summary);
}

/** The dropped entries without those that live on, under new ids, behind the summary. */
async function replacedOnly(archive: Archive, loaded: Loaded, world: World): Promise<Entry[]> {
  const dropped = await marksOf(archive.dropped, loaded, world);
  const tail = await marksOf(archive.tail, loaded, world);
  let same = 0;
  while (same < dropped.length && same < tail.length) {
    if (dropped.at(-1 - same)!.mark !== tail.at(-1 - same)!.mark) break;
    same += 1;
  }
  const replaced = new Set(dropped.slice(0, dropped.length - same).map(({ entry }) => entry));
  const known = new Set(dropped.map(({ entry }) => entry));
  return archive.dropped.filter((entry) => replaced.has(entry) || !known.has(entry));
}

interface Mark {
  entry: Entry;
  /** Says the same for the same content, whichever form it is recorded in. */
  mark: string;
}

async function marksOf(entries: Entry[], loaded: Loaded, world: World): Promise<Mark[]> {
  const marks: Mark[] = [];
  const answered = new Set<string>();
  for await (const { entry, message } of loaded.fetch(entries)) {
    for (const mark of contentMarks(message, world)) {
      if (mark.startsWith("r:") && answered.has(mark)) continue;
      if (mark.startsWith("r:")) answered.add(mark);
      marks.push({ entry, mark });
    }
  }
  return marks;
}

function contentMarks(message: JsonObject, world: World): string[] {
  const parts = partsOf(message["content"]);
  const { groups, rest } = sortParts(message["type"] === "user" ? cutContext(parts).parts : parts);
  const marks = rest.flatMap(({ part }) => {
    const call = objectOf(part, "functionCall");
    if (call !== undefined) return [`c:${stringOf(call, "id") ?? ""}`];
    const text = textOf(part);
    return text === undefined || text === "" ? [] : [`t:${world.toolkit.sha256(text).slice(0, 20)}`];
  });
  const recorded = marks.some((mark) => mark.startsWith("c:")) ? [] : objectsOf(message, "toolCalls");
  marks.push(...recorded.map((call) => `c:${stringOf(call, "id") ?? ""}`));
  const results = [...groups, ...recordedResults(message)];
  return [...marks, ...results.map(({ response }) => `r:${stringOf(response, "id") ?? ""}`)];
}
