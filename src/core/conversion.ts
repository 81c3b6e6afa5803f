import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import type { World } from "../provider/world.ts";
import type { ProjectedSession, WritePlan, WriteOptions, Writer } from "../provider/writer.ts";
import type { Lineage, Message } from "../session/types.ts";
import type { Host, Loss, Provider, ResumeOptions } from "./api.ts";
import { CasrError } from "./errors.ts";
import { enrichmentNote, withNote } from "./enrich.ts";
import { gatherFacts, type SessionFacts } from "./facts.ts";
import { guarded } from "./faults.ts";
import { LossLog } from "./losses.ts";
import { EarlyRehearsal, rehearseProjection, type Outcome } from "./rehearsal.ts";
import { projectMessages, type ProjectionContext } from "./project/index.ts";
import { applyBudget, fitBudget } from "./project/select.ts";
import type { Source } from "./source.ts";
import { uuidFrom } from "./toolkit.ts";
import { WrittenRecord } from "./verify.ts";

/** A session on its way to a target: selected, projected, its losses known. Nothing is written yet. */
export interface Conversion {
  session: ProjectedSession;
  losses: Loss[];
  /** What the writer last took, for verification. */
  record: () => WrittenRecord | undefined;
  /** The projected messages once more. */
  replay: () => AsyncIterable<Message>;
}

/** The choices that shape the written session. */
export type ConversionChoices = Pick<
  ResumeOptions,
  "history" | "reasoning" | "maxContextTokens" | "maxToolOutput" | "enrich"
>;

/** Equal choices on an unchanged source give the same target id. */
export function optionsKey(options: ConversionChoices, workspace: string): string {
  const { history, reasoning, maxContextTokens, maxToolOutput, enrich } = options;
  return JSON.stringify({ history, reasoning, maxContextTokens, maxToolOutput, enrich, workspace });
}

/** The id of the new session: made from the source, so that the same conversion is recognised; random for forks. */
export function targetId(
  source: Source,
  digest: string,
  target: Provider,
  options: ResumeOptions,
  workspace: string,
): string {
  if (options.fork) return randomUUID();
  const { provider, ref } = source;
  return uuidFrom(
    ["casr", provider.slug, ref.id, digest, target.slug, optionsKey(options, workspace)].join("\n"),
  );
}

/** A session as one pass over its messages shows it. */
export interface Survey {
  facts: SessionFacts;
  /** What its projection to the target gave, where that could be found in the same pass. */
  outcome?: Outcome;
}

function contextFor(
  source: Source,
  target: Provider,
  writer: Writer,
  options: ConversionChoices,
  facts: ProjectionContext["facts"],
): ProjectionContext {
  return {
    header: source.reading.header,
    facts,
    target: { slug: target.slug, capabilities: target.capabilities, writer },
    reasoning: options.reasoning === "auto" ? "keep" : options.reasoning,
    maxToolOutput: options.maxToolOutput,
    fullHistory: options.history === "full",
    losses: new LossLog(),
  };
}

/**
 * Gathers the facts about a session and, where nothing else has to be known first, the losses of its
 * projection to `target` in the same pass.
 */
export async function surveySession(
  source: Source,
  target: Provider,
  writer: Writer,
  options: ConversionChoices,
): Promise<Survey> {
  const messages = source.messages(options.history);
  const simple = options.history === "context" && options.maxContextTokens <= 0 && !options.enrich;
  if (!simple) return { facts: await gatherFacts(messages) };
  const early = new EarlyRehearsal((calls) =>
    contextFor(source, target, writer, options, { calls, outOfContext: 0 }),
  );
  const facts = await gatherFacts(messages, (message, known) => early.push(message, known));
  const outcome = early.finish(facts);
  return { facts, ...(outcome === undefined ? {} : { outcome }) };
}

/** Selects and projects a session; runs through it to learn every loss unless the survey did. */
export async function prepareConversion(
  source: Source,
  survey: Survey,
  target: Provider,
  writer: Writer,
  options: ConversionChoices,
  world: World,
): Promise<Conversion> {
  const { facts: allFacts } = survey;
  const budget = fitBudget(allFacts, options.maxContextTokens);
  const note = options.enrich
    ? enrichmentNote(source.reading.header, source.provider.name, target.name, allFacts.stats.messages)
    : undefined;
  const selected = (): AsyncIterable<Message> =>
    withNote(note, applyBudget(source.messages(options.history), budget));
  const facts = budget === undefined && note === undefined ? allFacts : await gatherFacts(selected());
  const context = (): ProjectionContext => contextFor(source, target, writer, options, facts);
  const projection = (): AsyncIterable<Message> => projectMessages(selected(), context());
  const { losses, counts } = survey.outcome ?? (await rehearseProjection(selected(), context()));
  if (budget !== undefined) losses.add("context-cut", undefined, budget.dropped);
  if (counts.messages === 0) {
    throw new CasrError("invalid-session", "Nothing of this session is left to convert with these options.");
  }

  let last: WrittenRecord | undefined;
  const session: ProjectedSession = {
    header: source.reading.header,
    counts,
    ...(allFacts.firstPrompt === undefined ? {} : { firstPrompt: allFacts.firstPrompt }),
    messages() {
      last = new WrittenRecord(target.capabilities, world);
      return last.tap(projection());
    },
  };
  return { session, losses: losses.list(), record: () => last, replay: projection };
}

/** The folder the session shall be resumed in. */
export function workspaceFor(source: Source, options: ResumeOptions, world: World): string {
  return options.workspace ?? source.reading.header.workspace ?? resolve(world.cwd);
}

/** Asks the target's writer for its plan. */
export async function planConversion(
  conversion: Conversion,
  target: Provider,
  writer: Writer,
  write: WriteOptions,
  world: World,
): Promise<WritePlan> {
  return guarded(target, () => writer.plan(conversion.session, write, world));
}

/** Reads the written session with the target's own reader and compares it with what was to be written. */
export async function verifyWritten(
  conversion: Conversion,
  plan: WritePlan,
  target: Provider,
  world: World,
): Promise<void> {
  await guarded(target, async () => {
    const reader = await target.reader!();
    const ref = await reader.identify(plan.path, world);
    if (ref === undefined || ref.id !== plan.sessionId) {
      const found = ref === undefined ? "no session" : `session ${ref.id}`;
      throw new CasrError(
        "verification-failed",
        `The written file reads back as ${found} instead of ${plan.sessionId}.`,
        {
          context: { path: plan.path },
        },
      );
    }
    const record = conversion.record();
    if (record === undefined)
      throw new CasrError("verification-failed", "The writer never took the messages.");
    const reading = await reader.read(ref, world);
    await record.verify(reading.messages({ history: "context" }), conversion.replay, plan.path);
  });
}

/** The mark the written session carries. */
export function lineageMark(host: Host, source: Source, digest: string, world: World): Lineage {
  return {
    sourceProvider: source.provider.slug,
    sourceId: source.ref.id,
    digest,
    casrVersion: host.version,
    convertedAt: world.now(),
  };
}
