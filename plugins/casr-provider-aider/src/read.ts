import type { Reader, SessionHeader, SessionReading, SessionRef, World } from "casr-cli/provider";
import { detect, discover, identify, locate, runFor, summarize, summaryOf } from "./discover.ts";
import { unreadable } from "./faults.ts";
import type { Run } from "./history.ts";
import { defined } from "./mark.ts";
import { countMessages, messagesOf } from "./messages.ts";
import { SLUG } from "./native.ts";

async function runIn(ref: SessionRef, world: World): Promise<Run> {
  const run = await runFor(ref, world);
  if (run === undefined) throw unreadable(`there is no session ${ref.id} in ${ref.path}`, ref.path);
  return run;
}

/** The history of a run is all of it: Aider's own compaction leaves no trace in the file. */
async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  const run = await runIn(ref, world);
  const total = await countMessages(run, world);
  const summary = summaryOf(ref, run, world);
  const header = defined<SessionHeader>({
    id: ref.id,
    provider: SLUG,
    title: summary.title,
    nativeName: undefined,
    workspace: summary.workspace,
    git: undefined,
    startedAt: run.startedAt,
    endedAt: summary.lastActiveAt,
    model: run.model,
    agentVersion: run.version,
    usage: undefined,
    parent: undefined,
    children: undefined,
    lineage: summary.lineage,
    metadata: {},
    sourcePath: ref.path,
  });
  return { header, records: { total, malformed: 0 }, messages: () => messagesOf(run, world) };
}

/** Over the lines of this session alone: others share the file. */
async function digest(ref: SessionRef, world: World): Promise<string> {
  const run = await runIn(ref, world);
  const { sha256 } = world.toolkit;
  let sum = sha256(ref.id);
  for await (const line of world.files.lines(run.history, { start: run.start, end: run.end }))
    sum = sha256(sum + sha256(line.bytes));
  return sum;
}

/** Reads the chat histories of Aider (0.86). */
export const reader: Reader = { detect, discover, locate, identify, summarize, digest, read };
