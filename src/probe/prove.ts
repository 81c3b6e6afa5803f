import { mkdir, realpath, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, relative } from "node:path";
import type { Host, Provider } from "../core/api.ts";
import type { ConversionChoices } from "../core/conversion.ts";
import { isCasrError, messageOf } from "../core/errors.ts";
import type { SessionFacts } from "../core/facts.ts";
import { guarded } from "../core/faults.ts";
import type { Source } from "../core/source.ts";
import { findProgram, versionOf } from "../core/statuses.ts";
import { convertForTrial, type Trial } from "../core/trial.ts";
import { versionVerdict } from "../core/versions.ts";
import { createWorld } from "../core/world.ts";
import type { Probe, ProbePlace, ProbeRun, ProbeSetup } from "../provider/probe.ts";
import type { World } from "../provider/world.ts";
import { expectedItems } from "./compare/expected.ts";
import { compareWithWritten, type Recall } from "./compare/index.ts";
import { KINDS } from "./compare/kinds.ts";
import { showsTitle } from "./listed.ts";
import { normalise, requestWithPrompt } from "./normalise.ts";
import type { Proof } from "./proof.ts";
import { commandOf } from "./run/command.ts";
import { namespaceProblem } from "./run/isolation.ts";
import type { RunResult } from "./run/protocol.ts";
import { openSandbox, type Sandbox } from "./run/sandbox.ts";
import { coversFor, makeScratch, neededPaths, type Scratch } from "./run/scratch.ts";
import type { WireItem } from "./types.ts";
import { obstacleOf, type Obstacle } from "./verdict.ts";

/** A session to write, as casr reads it. */
export interface ProofSource {
  source: Source;
  facts: SessionFacts;
  choices: ConversionChoices;
}

export interface ProofOptions {
  host: Host;
  target: Provider;
  /** The session to convert; it is given the workspace of the scratch machine. */
  session: (workspace: string) => Promise<ProofSource>;
  signal: AbortSignal;
  /** Milliseconds for each start of the agent. */
  timeoutMs: number;
  /** Do without namespaces even where there are some. */
  proxyOnly?: boolean;
  onStep?: (step: "starting" | "converting" | "resuming" | "comparing") => void;
}

/** Must not occur in any session. */
const FIRST_PROMPT = "casr probe 4d1c: a first question, please answer with one word.";
const SECOND_PROMPT = "casr probe b72e: reply with one word.";

/** Ends a proof early: what happened is told by its fields. */
class Stop extends Error {
  readonly ending: Pick<Proof, "status"> & Obstacle;

  constructor(status: Proof["status"], obstacle: Obstacle) {
    super(obstacle.reason);
    this.ending = { status, ...obstacle };
  }
}

/**
 * Writes a session for the agent into a scratch home, resumes it there with the installed program, offline, and
 * compares what reached the model with what was written. Whatever goes wrong is told by the proof; rejects only when
 * `signal` is aborted.
 */
export async function prove(options: ProofOptions): Promise<Proof> {
  const { host, target, signal } = options;
  const started = performance.now();
  const proof: Proof = { provider: target.slug, status: "skipped", losses: [], durationMs: 0 };
  try {
    const world = host.world(() => {}, signal);
    if (target.writer === undefined) throw new Stop("skipped", { reason: "casr cannot write its sessions" });
    if (target.probe === undefined) throw new Stop("skipped", { reason: "its plugin has no probe" });
    const probe = await guarded(target, async () => target.probe!());
    const program = await findProgram(target, world);
    if (program === undefined) {
      const names = target.binary.names.join(" or ");
      throw new Stop("skipped", { reason: `not installed: there is no ${names} on PATH` });
    }
    proof.program = program;
    const version = await versionOf(program, target.binary.versionArgs, signal);
    if (version !== undefined) proof.version = version;
    await inScratch(options, probe, program, world, proof);
  } catch (error) {
    signal.throwIfAborted();
    Object.assign(proof, endingOf(error));
  }
  if (proof.status === "failed" || proof.status === "blocked") {
    const advice = versionAdvice(proof.version, target);
    if (advice !== undefined) proof.suggestion ??= advice;
  }
  proof.durationMs = Math.round(performance.now() - started);
  return proof;
}

/** What to do when the agent's version is one that nobody has tried. */
function versionAdvice(version: string | undefined, target: Provider): string | undefined {
  const [newest] = target.verified;
  switch (versionVerdict(version, target.verified)) {
    case "older than verified":
      return `This is older than what casr was verified with (${newest?.version}): update the agent.`;
    case "newer than verified":
      return `This is newer than what casr was verified with (${newest?.version}): update casr and its plugins, and report it if that does not help.`;
    default:
      return undefined;
  }
}

function endingOf(error: unknown): Pick<Proof, "status"> & Obstacle {
  if (error instanceof Stop) return error.ending;
  if (isCasrError(error)) return { status: "failed", reason: error.message };
  return { status: "blocked", reason: `the probe itself failed: ${messageOf(error)}` };
}

async function inScratch(
  options: ProofOptions,
  probe: Probe,
  program: string,
  world: World,
  proof: Proof,
): Promise<void> {
  const { host, signal } = options;
  const scratch = await makeScratch(host.folders.cache);
  try {
    const path = world.env["PATH"] ?? "";
    const real = await realpath(program);
    const covers = await coversFor(world.home, neededPaths([program, real], path, scratch.root));
    const space = { stage: scratch.stage, covers, cwd: scratch.home };
    const problem = options.proxyOnly === true ? "not wanted" : await namespaceProblem(space);
    host.log("debug", problem === undefined ? "isolated by namespaces" : `no namespaces: ${problem}`);
    proof.isolation = problem === undefined ? "namespaces" : "proxy";
    const sandbox = await openSandbox({
      root: scratch.root,
      home: scratch.home,
      path,
      temporary: scratch.temporary,
      isolation: proof.isolation,
      covers,
      routes: probe.routes ?? [],
      signal,
    });
    try {
      const bench = await setUp(options, probe, commandOf(program, real), scratch, sandbox);
      await runAndCompare(options, bench, proof);
    } finally {
      await sandbox.close();
    }
  } finally {
    await scratch.remove();
  }
}

/** An agent ready to be started. */
interface Bench {
  probe: Probe;
  place: ProbePlace;
  setup: ProbeSetup;
  scratch: Scratch;
  run(start: ProbeRun, until?: string): Promise<RunResult>;
}

async function setUp(
  options: ProofOptions,
  probe: Probe,
  command: string[],
  scratch: Scratch,
  sandbox: Sandbox,
): Promise<Bench> {
  const { home, workspace } = scratch;
  const place: ProbePlace = { command, baseUrl: sandbox.baseUrl, home, workspace };
  const setup = probe.setup(place);
  for (const { path, content } of setup.files) {
    const inside = relative(home, path);
    if (!isAbsolute(path) || inside.startsWith("..") || isAbsolute(inside))
      throw new Stop("blocked", { reason: `its plugin wants to write outside the scratch home: ${path}` });
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content, { mode: 0o600 });
  }
  const { timeoutMs } = options;
  const run = (start: ProbeRun, until?: string): Promise<RunResult> =>
    sandbox.run({
      ...start,
      cwd: workspace,
      env: setup.env,
      timeoutMs,
      ...(until === undefined ? {} : { until }),
    });
  return { probe, place, setup, scratch, run };
}

/** What the agent's request tells the model; undefined when it made none. */
function itemsWith(ended: RunResult, prompt: string): WireItem[] | undefined {
  const request = requestWithPrompt(ended.requests, prompt);
  return request === undefined ? undefined : normalise(request);
}

async function runAndCompare(options: ProofOptions, bench: Bench, proof: Proof): Promise<void> {
  const { target, timeoutMs, signal, onStep } = options;
  const { probe, place } = bench;
  // A session of the agent's own first: it shows that the agent works here, and what it tells every model.
  onStep?.("starting");
  const first = await bench.run(probe.fresh({ ...place, prompt: FIRST_PROMPT }), FIRST_PROMPT);
  signal.throwIfAborted();
  const own = itemsWith(first, FIRST_PROMPT);
  if (own === undefined) throw new Stop("blocked", obstacleOf(first, timeoutMs));

  onStep?.("converting");
  const scratchWorld = worldOf(options, bench);
  const trial = await writeSession(options, bench, scratchWorld);
  proof.losses = trial.losses;

  onStep?.("resuming");
  const { sessionId, title } = trial;
  const resumed = await bench.run(
    probe.resume({ ...place, sessionId, prompt: SECOND_PROMPT }),
    SECOND_PROMPT,
  );
  signal.throwIfAborted();
  const sent = itemsWith(resumed, SECOND_PROMPT);
  if (sent === undefined) {
    const { reason } = obstacleOf(resumed, timeoutMs);
    throw new Stop("failed", { reason: `it does not resume the session: ${reason}` });
  }

  onStep?.("comparing");
  const written = await expectedItems(trial.messages(), (source) => scratchWorld.base64(source));
  const ownTexts = own.flatMap((item) => (item.kind === "user" ? [item.text.replace(FIRST_PROMPT, "")] : []));
  proof.recall = compareWithWritten(written, withoutPrompt(sent), ownTexts);
  if (probe.list !== undefined) proof.listed = await isListed(bench, probe.list(place), sessionId, title);
  Object.assign(proof, judged(proof.recall));
  if (proof.status === "passed") Object.assign(proof, await laterProblem(target, trial, scratchWorld));
}

function withoutPrompt(items: WireItem[]): WireItem[] {
  return items.map((item) =>
    item.kind === "user" ? { ...item, text: item.text.replace(SECOND_PROMPT, "") } : item,
  );
}

/** The scratch machine as the target's plugin sees it: the probe's environment, nothing of the user's. */
function worldOf(options: ProofOptions, bench: Bench): World {
  const { home, workspace } = bench.scratch;
  const { host, signal } = options;
  const real = host.world(() => {}, signal);
  return createWorld({
    home,
    cwd: workspace,
    env: { PATH: real.env["PATH"], HOME: home, ...bench.setup.env },
    platform: real.platform,
    signal,
    warn: ({ message, path }) => host.log("debug", path === undefined ? message : `${path}: ${message}`),
  });
}

async function writeSession(options: ProofOptions, bench: Bench, world: World): Promise<Trial> {
  const { workspace, state } = bench.scratch;
  const { source, facts, choices } = await options.session(workspace);
  const { host, target } = options;
  return convertForTrial({ host, source, facts, target, choices, world, workspace, stateFolder: state });
}

/** Whether the agent's own list names the session, by its title or its id. */
async function isListed(
  bench: Bench,
  start: ProbeRun,
  sessionId: string,
  title: string | undefined,
): Promise<boolean> {
  const { stdout, stderr } = await bench.run(start);
  const list = `${stdout}\n${stderr}`;
  return title === undefined || title.trim() === "" ? list.includes(sessionId) : showsTitle(list, title);
}

function judged(recall: Recall): Pick<Proof, "status" | "reason"> {
  const missing = KINDS.find((kind) => recall.scores[kind].found < recall.scores[kind].wanted);
  if (missing === undefined) return { status: "passed" };
  return { status: "failed", reason: recall.differences[missing] ?? `${missing} is not complete` };
}

/** Whether casr still finds the session after the agent's turn, with the turn in it. */
async function laterProblem(
  target: Provider,
  trial: Trial,
  world: World,
): Promise<Pick<Proof, "status" | "reason"> | undefined> {
  const prompts = await guarded(target, async () => {
    const reader = await target.reader!();
    for await (const ref of reader.locate(trial.sessionId, world)) {
      const reading = await reader.read(ref, world);
      for await (const { content } of reading.messages({ history: "full" })) {
        if (content.some((block) => block.type === "text" && block.text.includes(SECOND_PROMPT))) return true;
      }
    }
    return false;
  });
  if (prompts) return undefined;
  return { status: "failed", reason: "after the agent's turn casr does not find that turn in the session" };
}
