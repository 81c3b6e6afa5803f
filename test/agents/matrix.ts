/** The acceptance matrix: every recorded session, converted to every agent and resumed there; `--help` says how. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { WireItem } from "../../src/probe/index.ts";
import type { Agent } from "./agents/agent.ts";
import { agentBySlug, AGENTS } from "./agents/index.ts";
import { cellName, defaultCasr, runCell, type Cell, type CellOptions } from "./cell.ts";
import { corpusSessions, type CorpusSession } from "./corpus.ts";
import { outdated, readExpectations, unexpected } from "./expectations.ts";
import { install } from "./install.ts";
import { details, markdown, textTable } from "./report.ts";
import { checkSandbox, SandboxUnavailable } from "./sandbox.ts";
import { sample } from "./sample.ts";
import { conversationOf, MARKER_PROMPT, resumeNatively } from "./truth.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string" },
    to: { type: "string" },
    case: { type: "string" },
    via: { type: "string" },
    history: { type: "string" },
    casr: { type: "string" },
    dump: { type: "string" },
    jobs: { type: "string" },
    sample: { type: "string" },
    minutes: { type: "string" },
    json: { type: "string" },
    markdown: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});

const USAGE = `usage: node test/agents/matrix.ts [agent …] [options]

Converts every recorded session to every agent and has the agent resume it. Agents named without a flag: only
conversations from or to one of them.

  --only <agent,…>    sources              --to <agent,…>      targets
  --case <name>       one case alone       --via <agent,…>     stops on the way
  --history <kind>    what is converted    --sample <number>   sessions for each pair of agents, at most
  --minutes <number>  when to begin nothing more
  --jobs <number>     at the same time     --casr <path>       another casr than this repository's
  --json <file>       results              --markdown <file>   results as tables
  --dump <folder>     what the agents sent --help              this text

Sessions come from $CASR_CORPUS (default: fixtures/), agents from $CASR_AGENTS_DIR.
Ends with 1 on any failure that expected.json does not list, with 3 where nothing could be run.
`;

const split = (list: string | undefined): string[] | undefined => list?.split(",").map((word) => word.trim());
const agents = split(values.only);
const targets = split(values.to)?.map(agentBySlug) ?? AGENTS;
const named = new Set(positionals.map((word) => agentBySlug(word).slug));
const isWanted = (source: string, target: string): boolean =>
  named.size === 0 || named.has(source) || named.has(target);
const options: CellOptions = {
  via: (split(values.via) ?? []).map(agentBySlug),
  history: values.history,
  casr: resolve(values.casr ?? defaultCasr()),
  dump: values.dump,
};

/** Failures that are accepted, with the reason. */
const expectations = await readExpectations();

async function truthOf(session: CorpusSession): Promise<WireItem[]> {
  return conversationOf(session.agent, await resumeNatively(session), MARKER_PROMPT, true);
}

/** How a run reads in which an agent was not ready in time. */
const LATE = /timed out|the sandbox did not start in time/;

/**
 * A conversion that fails is tried once more: agents are slow on a busy machine. One that is good then is noted as
 * such, with what was wrong at first.
 */
async function runTwice(session: CorpusSession, truth: readonly WireItem[], target: Agent): Promise<Cell> {
  const first = await runCell(session, truth, target, options);
  const wrong = unexpected(first, expectations);
  if (wrong.length === 0) return first;
  const second = await runCell(session, truth, target, options);
  if (unexpected(second, expectations).length > 0) return second;
  const words = wrong.map(([key, what]) => `${key} ${what.slice(0, 200)}`).join("; ");
  process.stdout.write(`${second.name}: good at the second try; at the first: ${words}\n`);
  second.comparison?.notes.push(`good at the second try; at the first: ${words}`);
  return second;
}

/** The truth of a session and its cells; a source that cannot be resumed fails all of them. */
async function runSession(session: CorpusSession, wanted: readonly Agent[]): Promise<Cell[]> {
  let truth: WireItem[];
  try {
    truth = await truthOf(session).catch((error: unknown) =>
      LATE.test(String(error)) ? truthOf(session) : Promise.reject(error),
    );
  } catch (error) {
    const failures = { truth: String(error) };
    const { agent, case: name, id } = session;
    return wanted.map((target) => ({
      name: cellName(session, [target.slug]),
      source: { agent: agent.slug, case: name, id },
      target: target.slug,
      comparison: undefined,
      failures,
      losses: [],
      warnings: [],
    }));
  }
  const cells: Cell[] = [];
  for (const target of wanted) {
    cells.push(await runTwice(session, truth, target));
    process.stderr.write(Object.keys(cells.at(-1)!.failures).length === 0 ? "." : "F");
  }
  return cells;
}

/** What the time allowed: the conversions that were tried, and the sessions there was no time for. */
interface Run {
  cells: Cell[];
  left: CorpusSession[];
}

/** Runs the sessions on a few workers, each agent's first ones first; the result keeps the order of `chosen`. */
async function runAll(
  chosen: ReadonlyMap<CorpusSession, Agent[]>,
  jobs: number,
  minutes: number,
): Promise<Run> {
  const end = Date.now() + minutes * 60_000;
  const numbers = new Map<Agent, number>();
  const sessions = [...chosen].map(([session, all], place) => {
    const number = numbers.get(session.agent) ?? 0;
    numbers.set(session.agent, number + 1);
    return { session, place, number, wanted: all.filter(({ slug }) => isWanted(session.agent.slug, slug)) };
  });
  const queue = sessions.toSorted((a, b) => a.number - b.number || a.place - b.place);
  const results: Cell[][] = [];
  const left: CorpusSession[] = [];
  const worker = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      if (Date.now() > end) left.push(one.session);
      else results[one.place] = await runSession(one.session, one.wanted);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return { cells: results.flat(), left };
}

async function main(): Promise<number> {
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (!existsSync(options.casr)) throw new Error(`no casr at ${options.casr}; build it first`);
  const all = await corpusSessions({
    ...(agents === undefined ? {} : { agents }),
    ...(values.case === undefined ? {} : { case: values.case }),
  });
  const sessions = all.filter(({ agent }) => targets.some(({ slug }) => isWanted(agent.slug, slug)));
  if (sessions.length === 0) throw new Error("no session matches");
  const most = values.sample === undefined ? undefined : Number(values.sample);
  const chosen = sample(sessions, targets, most);
  await checkSandbox();
  const needed = [...sessions.map((session) => session.agent), ...targets, ...options.via];
  await install([...new Set(needed.map((agent) => agent.slug))]);
  const jobs = Number(values.jobs ?? availableParallelism());
  const { cells, left } = await runAll(chosen, jobs, Number(values.minutes ?? Infinity));
  process.stderr.write("\n");

  const versions = AGENTS.map((agent) => `${agent.package.name} ${agent.package.version}`);
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify(cells, null, 2));
  if (values.markdown !== undefined)
    await writeFile(values.markdown, markdown(cells, expectations, versions));
  const failed = cells.filter((cell) => unexpected(cell, expectations).length > 0);
  const stale = outdated(cells, expectations);
  process.stdout.write(`${textTable(cells, expectations)}\n`);
  if (failed.length > 0) process.stdout.write(`\n${details(failed)}\n`);
  for (const name of stale) process.stdout.write(`\nexpected.json lists a failure that is gone: ${name}\n`);
  for (const { agent, case: name, id } of left)
    process.stdout.write(`\nno time was left for ${agent.slug}/${name}/${id}`);
  process.stdout.write(`\n${cells.length - failed.length} of ${cells.length} conversions are good\n`);
  return failed.length > 0 || stale.length > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof SandboxUnavailable ? "not run: " : ""}${String(error)}\n`);
  process.exitCode = 3;
}
