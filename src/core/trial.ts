import { randomUUID } from "node:crypto";
import type { World } from "../provider/world.ts";
import type { Message } from "../session/types.ts";
import { applyPlan, checkPlan } from "./apply/index.ts";
import type { Host, Loss, Provider } from "./api.ts";
import {
  lineageMark,
  planConversion,
  prepareConversion,
  verifyWritten,
  type ConversionChoices,
} from "./conversion.ts";
import type { SessionFacts } from "./facts.ts";
import { writerOf } from "./resume.ts";
import type { Source } from "./source.ts";

/** What a conversion is made of by default: what the agent would still send, whole. */
export const PLAIN_CHOICES: ConversionChoices = {
  history: "context",
  reasoning: "auto",
  maxContextTokens: 0,
  maxToolOutput: 0,
  enrich: false,
};

export interface TrialOptions {
  host: Host;
  source: Source;
  facts: SessionFacts;
  target: Provider;
  choices: ConversionChoices;
  /** The scratch machine that is written to: its home holds the target's store. */
  world: World;
  /** The folder the session shall belong to, on the scratch machine. */
  workspace: string;
  /** Folder for the journal of the write, on the scratch machine. */
  stateFolder: string;
}

/** A session written into a scratch home. */
export interface Trial {
  sessionId: string;
  title: string | undefined;
  losses: Loss[];
  /** What was written, in the target's own terms. */
  messages(): AsyncIterable<Message>;
}

/**
 * Converts a session into the store of a scratch home, with every check of a real conversion and no trace in the
 * user's own stores, ledger or journal. Throws a `CasrError` as a real conversion would.
 */
export async function convertForTrial(options: TrialOptions): Promise<Trial> {
  const { host, source, facts, target, choices, world, workspace, stateFolder } = options;
  const writer = await writerOf(target);
  const conversion = await prepareConversion(source, { facts }, target, writer, choices, world);
  const lineage = lineageMark(host, source, "0".repeat(64), world);
  const plan = await planConversion(
    conversion,
    target,
    writer,
    { sessionId: randomUUID(), workspace, lineage },
    world,
  );
  await checkPlan(plan);
  await applyPlan(plan, {
    stateFolder,
    force: false,
    now: () => world.now(),
    signal: world.signal,
    version: host.version,
    verify: () => verifyWritten(conversion, plan, target, world),
  });
  return {
    sessionId: plan.sessionId,
    title: source.reading.header.title,
    losses: conversion.losses,
    messages: conversion.replay,
  };
}
