import type {
  ReadingMark,
  SessionHeader,
  SessionLink,
  SessionReading,
  SessionRef,
  World,
} from "casr-cli/provider";
import { contextMessages, indexContext } from "./context-messages.ts";
import { unreadable } from "./faults.ts";
import { foldJournal } from "./fold.ts";
import { indexJournal, type JournalIndex, type JournalRecord } from "./journal.ts";
import { objectAt, stringAt } from "./json.ts";
import { journalMessages } from "./messages.ts";
import { MAIN_AGENT, SLUG } from "./native.ts";
import { isId } from "./paths.ts";
import { placeOf, type SessionPlace } from "./places.ts";
import { beginningAt, markOf, onlyGrows } from "./reading-on.ts";
import { readJson, stateOf } from "./state.ts";
import { cliState, promptOf, titleOf } from "./summary.ts";

export async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  const place = placeOf(ref.path, world);
  return place !== undefined && place.layout !== "code"
    ? readContext(ref, place, world)
    : readJournal(ref, place, world);
}

/** A session of Kimi Code. */
async function readJournal(
  ref: SessionRef,
  place: SessionPlace | undefined,
  world: World,
): Promise<SessionReading> {
  const index = await indexJournal(ref.path, world);
  if (index.records.length === 0) throw nothingIn(ref.path, index.counts.total);
  const folded = foldJournal(index);
  const prompt = world.toolkit.titleFrom((await firstPrompt(index, world)) ?? "");
  const mark = markOf(index, folded, prompt);
  return {
    header: await journalHeader(ref, place, index, prompt, world),
    messages: ({ history }) => journalMessages(index, folded, history, world),
    records: index.counts,
    ...(mark === undefined ? {} : { mark: { ...mark, ...headerFiles(place) } }),
  };
}

/** Kimi Code only ever adds to a journal; what takes something back is a record of its own. */
export async function readOn(
  ref: SessionRef,
  mark: ReadingMark,
  world: World,
): Promise<SessionReading | undefined> {
  const place = placeOf(ref.path, world);
  const known = place?.layout === "code" ? beginningAt(mark) : undefined;
  if (known === undefined) return undefined;
  const index = await indexJournal(ref.path, world, known.beginning);
  if (index.records.length === 0 || !onlyGrows(index)) return undefined;
  const folded = foldJournal(index);
  const next = markOf(index, folded, known.title, mark.messages);
  return {
    header: await journalHeader(ref, place, index, known.title, world),
    messages: () => journalMessages(index, folded, "full", world, mark.messages),
    records: index.counts,
    ...(next === undefined ? {} : { mark: { ...next, ...headerFiles(place) } }),
  };
}

/** The title and the time of the last change are written beside a journal at every turn. */
function headerFiles(place: SessionPlace | undefined): Pick<ReadingMark, "headerFiles"> {
  return place?.state === undefined ? {} : { headerFiles: [place.state] };
}

function nothingIn(path: string, total: number): Error {
  return unreadable(`${path} ${total === 0 ? "is empty" : "holds no messages"}`, path);
}

async function firstPrompt(index: JournalIndex, world: World): Promise<string | undefined> {
  const source = world.toolkit.records(world.files, index.path);
  const isPrompt = ({ facts }: JournalRecord): boolean =>
    facts.kind === "message" && facts.isPrompt && facts.speaks;
  for (const record of index.records.filter(isPrompt).slice(0, 20)) {
    const prompt = promptOf((await source.record(record)) ?? {});
    if (prompt !== undefined) return prompt;
  }
  return undefined;
}

async function journalHeader(
  ref: SessionRef,
  place: SessionPlace | undefined,
  index: JournalIndex,
  prompt: string | undefined,
  world: World,
): Promise<SessionHeader> {
  const isSubagent = place?.parent !== undefined;
  const raw = place?.state === undefined ? undefined : await readJson(place.state, world);
  const state = stateOf(raw, world.toolkit);
  const model = index.models.findLast(({ name }) => name !== undefined)?.name;
  const workspace = state.workspace ?? stringAt(ref.listed, "workspace");
  const startedAt = isSubagent ? index.firstTime : (state.startedAt ?? index.firstTime);
  const children: SessionLink[] = isSubagent
    ? []
    : Object.keys(objectAt(raw, "agents") ?? {})
        .filter((agent) => agent !== MAIN_AGENT && isId(agent))
        .map((agent) => ({ id: `${ref.id}.${agent}`, provider: SLUG, relation: "subagent" }));
  const parent: SessionLink | undefined = isSubagent
    ? { id: place.parent!, provider: SLUG, relation: "subagent" }
    : state.parent === undefined || !isId(state.parent)
      ? undefined
      : { id: state.parent, provider: SLUG, relation: "fork" };
  return {
    id: ref.id,
    provider: SLUG,
    ...titleOf(isSubagent ? { isArchived: false } : state, prompt, world),
    ...(workspace === undefined ? {} : { workspace }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(index.lastTime === undefined ? {} : { endedAt: index.lastTime }),
    ...(model === undefined ? {} : { model }),
    ...(Object.keys(index.usage).length === 0 ? {} : { usage: index.usage }),
    ...(parent === undefined ? {} : { parent }),
    ...(children.length === 0 ? {} : { children }),
    ...(state.lineage === undefined || isSubagent ? {} : { lineage: state.lineage }),
    metadata: {},
    sourcePath: ref.path,
  };
}

/** A session of kimi-cli. */
async function readContext(ref: SessionRef, place: SessionPlace, world: World): Promise<SessionReading> {
  const index = await indexContext(ref.path, world);
  if (index.messages === 0) throw nothingIn(ref.path, index.counts.total);
  const raw = place.state === undefined ? undefined : await readJson(place.state, world);
  const workspace = stringAt(ref.listed, "workspace");
  const link = { id: place.parent ?? "", provider: SLUG, relation: "subagent" as const };
  return {
    header: {
      id: ref.id,
      provider: SLUG,
      ...titleOf(cliState(raw, world), index.prompt, world),
      ...(workspace === undefined ? {} : { workspace }),
      endedAt: Math.floor(ref.modifiedAt),
      ...(place.parent === undefined ? {} : { parent: link }),
      metadata: {},
      sourcePath: ref.path,
    },
    messages: () => contextMessages(ref.path, world),
    records: index.counts,
  };
}
