import type { WritePlan, Writer } from "../provider/writer.ts";
import type { World } from "../provider/world.ts";
import { applyPlan, checkPlan, describePlan } from "./apply/index.ts";
import type { FoundSession, Host, Loss, Provider, ResumeOptions, ResumeReport } from "./api.ts";
import {
  lineageMark,
  optionsKey,
  planConversion,
  prepareConversion,
  surveySession,
  targetId,
  verifyWritten,
  workspaceFor,
  type Conversion,
  type Survey,
} from "./conversion.ts";
import { DiagnosticLog } from "./diagnostics.ts";
import { rehearse } from "./dry-run.ts";
import { digestOf } from "./digest.ts";
import { CasrError, isCasrError, messageOf } from "./errors.ts";
import { guarded, naming } from "./faults.ts";
import { appendLedger } from "./ledger.ts";
import { lineageOf, sessionWithId } from "./lineage.ts";
import { locateSession } from "./locate.ts";
import { lossOf } from "./losses.ts";
import { pinnedWorld } from "./pinned.ts";
import { ConversionProgress } from "./progress.ts";
import { factsOf, openSource, type Source } from "./source.ts";
import type { SessionFacts } from "./facts.ts";
import { requireValid, validateSession } from "./validate.ts";

export async function writerOf(target: Provider): Promise<Writer> {
  if (target.writer === undefined || target.reader === undefined) {
    const missing = target.writer === undefined ? "write" : "read back what it writes in";
    throw new CasrError(
      "capability-missing",
      `${target.package.name} cannot ${missing} ${target.name} sessions.`,
      {
        context: { provider: target.slug, capability: target.writer === undefined ? "write" : "read" },
      },
    );
  }
  return guarded(target, () => target.writer!());
}

function refuseLosses(losses: Loss[]): void {
  const lost = losses.filter((loss) => loss.severity === "lost");
  if (lost.length === 0) return;
  const named = lost.map((loss) => `${loss.count} × ${loss.message}`).join("; ");
  throw new CasrError(
    "loss-refused",
    `--strict: the target cannot hold everything: ${named}. Nothing was written.`,
    {
      context: {
        losses: lost.map(({ code, count, message, severity }) => ({ code, count, message, severity })),
      },
      suggestions: [
        "Leave out --strict to convert what the target can hold.",
        "Bring reasoning over as text: --reasoning text",
      ],
    },
  );
}

/** Adds what the choice of history leaves out to the losses of the projection. */
async function historyLosses(source: Source, options: ResumeOptions, facts: SessionFacts): Promise<Loss[]> {
  if (options.history === "full" || !facts.compacted) return [];
  const full = await factsOf(source, "full");
  if (full.outOfContext === 0) return [];
  return [lossOf("history-before-compaction", full.outOfContext)];
}

/** Summaries nobody but their vendor can read are told by the reader: the text they stand for comes instead. */
function opaqueSummaries(log: DiagnosticLog): Loss[] {
  const count = log.count("opaque-compaction");
  return count === 0 ? [] : [lossOf("opaque-summary", count)];
}

/** Everything about one run that its report shares. */
interface Run {
  host: Host;
  options: ResumeOptions;
  world: World;
  /** The same, with the source's files as they were when they were opened. */
  sourceWorld: World;
  progress: ConversionProgress;
  log: DiagnosticLog;
  found: FoundSession;
  source: Source;
  target: Provider;
  writer: Writer;
  survey: Survey;
  facts: SessionFacts;
  workspace: string;
  workspaceIsHere: boolean;
  warnings: string[];
  notes: string[];
}

type Outcome = Omit<ResumeReport, "source" | "workspace" | "workspaceIsHere" | "warnings" | "notes">;

function report(run: Run, outcome: Outcome): ResumeReport {
  const { found, source, facts, log } = run;
  return {
    ...outcome,
    source: { provider: found.provider, ref: found.ref, header: source.reading.header, stats: facts.stats },
    workspace: run.workspace,
    workspaceIsHere: run.workspaceIsHere,
    warnings: [...log.lines(), ...run.warnings],
    notes: run.notes,
  };
}

/** An id out of a file becomes an argument of the agent's program: it must not look like an option or a path. */
function requirePassableId(id: string, path: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,254}$/.test(id) && !id.includes("..")) return;
  throw new CasrError(
    "source-unreadable",
    `The session in ${path} has an id that cannot be passed to a program: ${JSON.stringify(id)}.`,
    {
      context: { path },
      suggestions: ["Copy it under a new id: add --fork"],
    },
  );
}

const NOTHING_DONE = { losses: [], plan: [], writtenPaths: [], backups: [] };

async function resumeExisting(
  run: Run,
  session: FoundSession,
  outcome: "direct" | "existing",
): Promise<Outcome> {
  const { ref } = session;
  requirePassableId(ref.id, ref.path);
  const resume = await guarded(run.target, () =>
    run.writer.resume({ id: ref.id, workspace: run.workspace, path: ref.path }, run.world),
  );
  const target = { provider: run.target, sessionId: ref.id, path: ref.path };
  return { ...NOTHING_DONE, outcome, target, resume };
}

/** What the source was when it was converted: by its reader where sessions share a file, else by its bytes. */
async function digestOfSource({ source: { provider, ref }, sourceWorld, progress }: Run): Promise<string> {
  progress.enter("digest");
  return guarded(provider, async () => {
    const reader = await provider.reader!();
    return reader.digest === undefined
      ? digestOf(ref, sourceWorld, (bytes) => progress.add(bytes))
      : reader.digest(ref, sourceWorld);
  });
}

async function convert(run: Run): Promise<ResumeReport> {
  const { host, options, world, source, target, writer, facts, workspace } = run;
  const conversion = await prepareConversion(source, run.survey, target, writer, options, world);
  const history = await historyLosses(source, options, facts);
  const losses = [...conversion.losses, ...history, ...opaqueSummaries(run.log)];
  if (options.strict) refuseLosses(losses);
  await options.beforeWrite?.(source, facts, target);
  const digest = await digestOfSource(run);
  const lineage = await lineageOf(host, source.reading.header, digest, target, world);
  const related = lineage === undefined ? {} : { lineage };
  const sessionId = targetId(source, digest, target, options, workspace);
  const nativeId = writer.sessionIdFor?.(sessionId) ?? sessionId;
  const existing = await sessionWithId(target, nativeId, world);
  if (existing !== undefined && !options.force) {
    return report(run, { ...(await resumeExisting(run, existing, "existing")), losses, ...related });
  }
  const mark = lineageMark(host, source, digest, world);
  const plan = await planConversion(
    conversion,
    target,
    writer,
    { sessionId, workspace, lineage: mark },
    world,
  );
  await naming(target, () => checkPlan(plan));
  run.notes.push(...plan.notes, ...target.capabilities.notes);
  const steps = describePlan(plan);
  const shared = {
    losses,
    target: { provider: target, sessionId: plan.sessionId, path: plan.path },
    resume: plan.resume,
    ...related,
  };
  if (options.dryRun) {
    const rehearsed = await naming(target, () => rehearse(plan, steps));
    return report(run, { ...shared, outcome: "dry-run", plan: rehearsed, writtenPaths: [], backups: [] });
  }
  options.onPlanned?.(
    report(run, { ...shared, outcome: "converted", plan: steps, writtenPaths: [], backups: [] }),
  );
  let applied: Awaited<ReturnType<typeof write>>;
  try {
    applied = await naming(target, () => write(run, conversion, plan));
  } catch (error) {
    const other = await madeMeanwhile(run, error, nativeId);
    if (other === undefined) throw error;
    return report(run, { ...(await resumeExisting(run, other, "existing")), losses, ...related });
  }
  await remember(run, plan, digest);
  const verification = conversion.record()!.counts;
  return report(run, { ...shared, outcome: "converted", plan: steps, ...applied, verification });
}

async function write(run: Run, conversion: Conversion, plan: WritePlan): ReturnType<typeof applyPlan> {
  const { host, options, world, target, progress } = run;
  let written = 0;
  progress.enter("write");
  return applyPlan(plan, {
    stateFolder: host.folders.state,
    force: options.force,
    now: () => world.now(),
    signal: options.signal,
    version: host.version,
    verify() {
      progress.enter("verify", written);
      return verifyWritten(conversion, plan, target, world);
    },
    onProgress(done) {
      written = done;
    },
  });
}

/** The very session, when another run of casr wrote it between our look and our turn. */
async function madeMeanwhile(run: Run, error: unknown, sessionId: string): Promise<FoundSession | undefined> {
  if (run.options.force || !isCasrError(error) || error.code !== "target-exists") return undefined;
  return sessionWithId(run.target, sessionId, run.world);
}

/** Sessions travel between machines; their folders do not. */
async function isFolder(workspace: string, world: World): Promise<boolean> {
  try {
    return (await world.files.stat(workspace))?.kind === "directory";
  } catch (error) {
    // No permission to look: then the agent cannot be started there either.
    if (!isCasrError(error)) throw error;
    return false;
  }
}

/** A conversion that worked stays one even when casr's own ledger cannot be written. */
async function remember(run: Run, plan: WritePlan, digest: string): Promise<void> {
  const { host, found, target, options, world, workspace } = run;
  try {
    await appendLedger(host.folders.state, {
      source: { provider: found.provider.slug, id: found.ref.id, digest },
      target: { provider: target.slug, id: plan.sessionId, path: plan.path },
      options: optionsKey(options, workspace),
      convertedAt: world.now(),
    });
  } catch (error) {
    run.warnings.push(`The conversion could not be entered in casr's ledger: ${messageOf(error)}`);
  }
}

/**
 * Finds a session, and makes it resumable in the target agent: reads, validates, projects, writes, verifies.
 * The same provider is answered with the direct resume command unless `fork` is set. Throws a `CasrError`
 * of every kind; whatever is thrown, the target's store is as it was before.
 */
export async function resumeSession(host: Host, options: ResumeOptions): Promise<ResumeReport> {
  const log = new DiagnosticLog();
  const target = host.registry.get(options.target);
  const writer = await writerOf(target);
  let progress: ConversionProgress | undefined;
  const world = host.world(log.warn, options.signal, (bytes) => progress?.add(bytes));
  const found = await locateSession(host, options.session, options.source, world);
  progress = new ConversionProgress(found.ref.sizeBytes, options.onProgress ?? (() => {}));
  host.log("debug", `found ${found.provider.slug} session ${found.ref.id} in ${found.ref.path}`);
  const sourceWorld = await pinnedWorld(world, found.ref);
  const source = await openSource(found.provider, found.ref, sourceWorld);
  progress.enter("survey");
  const direct = found.provider.slug === target.slug && !options.fork;
  const survey: Survey = direct
    ? { facts: await factsOf(source, options.history) }
    : await surveySession(source, target, writer, options);
  const { facts } = survey;
  const workspace = workspaceFor(source, options, world);
  const run: Run = {
    host,
    options,
    world,
    sourceWorld,
    progress,
    log,
    found,
    source,
    target,
    writer,
    survey,
    facts,
    workspace,
    workspaceIsHere: await isFolder(workspace, world),
    warnings: [],
    notes: [],
  };
  if (direct) {
    return report(run, await resumeExisting(run, found, "direct"));
  }
  const validation = validateSession(source.reading.header, facts, source.reading.records);
  requireValid(validation, found.ref.path);
  run.warnings.push(...validation.warnings);
  run.notes.push(...validation.notes);
  return convert(run);
}
