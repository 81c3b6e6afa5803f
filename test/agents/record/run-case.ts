import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ProbePlace, ProbeRun } from "../../../src/provider/probe.ts";
import type { Agent } from "../agents/agent.ts";
import { configure, runAgent } from "../resume.ts";
import { withSandbox, type AgentSandbox } from "../sandbox.ts";
import { WORKSPACE } from "./case.ts";
import { FILES, PICTURE } from "./cases.ts";
import { copyStore } from "./keep.ts";
import type { PlannedRun } from "./plan.ts";
import { playedOf } from "./played.ts";
import type { Recipe, Settings } from "./recipes.ts";

/** Nobody's. */
const GIT_CONFIG = "[user]\n\tname = Dev\n\temail = dev@example.invalid\n[init]\n\tdefaultBranch = main\n";

/** The first commit is the same each time, and so is its id. */
const GIT_TIME = "2026-01-01T00:00:00Z";

/** What there is to say of a recording, a line each. */
export interface Recorded {
  notes: string[];
}

/**
 * Has the real agent live through a case in a fresh home, with its model's side played, and copies its session store
 * to `out`. Throws with the agent's own words when a run fails or goes another way than planned.
 */
export async function recordRuns(
  agent: Agent,
  runs: readonly PlannedRun[],
  recipe: Recipe,
  settings: Settings,
  out: string,
): Promise<Recorded> {
  return withSandbox({ routes: agent.probe.routes ?? [] }, async (sandbox) => {
    const notes: string[] = [];
    await prepare(agent, sandbox, settings);
    for (const run of runs) notes.push(...(await runOnce(agent, sandbox, run, run === runs[0])));
    await copyStore(sandbox.home, out, recipe);
    return { notes };
  });
}

async function prepare(agent: Agent, sandbox: AgentSandbox, settings: Settings): Promise<void> {
  await sandbox.makeFolder(WORKSPACE);
  for (const [name, content] of Object.entries(FILES)) await sandbox.write(join(WORKSPACE, name), content);
  const picture = sandbox.outside(join(WORKSPACE, PICTURE.name));
  await writeFile(picture, Buffer.from(PICTURE.base64, "base64"));
  await sandbox.write("/home/dev/.gitconfig", GIT_CONFIG);
  const env = { GIT_AUTHOR_DATE: GIT_TIME, GIT_COMMITTER_DATE: GIT_TIME };
  const script = "git init -q && git add -A && git commit -q -m 'Begin'";
  const git = await sandbox.run({ argv: ["sh", "-c", script], cwd: WORKSPACE, env, timeoutMs: 10_000 });
  if (git.code !== 0) throw new Error(`no repository could be made: ${git.stderr}`);
  await configure(agent, sandbox, WORKSPACE);
  for (const [name, edit] of Object.entries(settings)) {
    const path = join(sandbox.home, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, edit(await readFile(path, "utf8").catch(() => "")));
  }
}

async function runOnce(
  agent: Agent,
  sandbox: AgentSandbox,
  run: PlannedRun,
  isFirst: boolean,
): Promise<string[]> {
  const { prompt, turns } = run;
  await sandbox.script(turns);
  const found = isFirst ? [] : await agent.sessions(sandbox.home);
  const [session] = found;
  if (!isFirst && (session === undefined || found.length > 1))
    throw new Error(`${found.length} sessions instead of one before: ${prompt}`);
  const start = (place: ProbePlace): ProbeRun =>
    session === undefined
      ? agent.probe.fresh({ ...place, prompt })
      : agent.probe.resume({ ...place, sessionId: session.id, prompt });
  const ended = await runAgent(agent, sandbox, WORKSPACE, start, run.isCommand ? undefined : prompt);
  const { unplayed, skipped, unplanned } = playedOf(turns, ended.requests);
  const said = `${ended.stderr.trim()}\n${ended.stdout.trim()}`.slice(-1500);
  if (ended.timedOut || (ended.code !== 0 && ended.code !== null))
    throw new Error(`the agent ${ended.timedOut ? "did not end" : `ended with ${ended.code}`}: ${said}`);
  if (unplayed.length > 0) {
    const missing = unplayed.map((turn) => turn.text ?? turn.toolCalls?.map((call) => call.name).join(", "));
    throw new Error(`the agent never asked for: ${missing.join(" | ")}\n${said}`);
  }
  const summaries = ended.requests.filter((request) => request.purpose === "compaction").length;
  return [
    ...(skipped.length > 0 ? [`no such tools: ${skipped.join(", ")}`] : []),
    ...(unplanned > 0 ? [`${unplanned} requests beyond the script`] : []),
    ...(summaries > 0 ? [`${summaries} requests for a summary`] : []),
    ...(ended.requests.some((request) => request.proxyFor !== undefined)
      ? ["wanted out of the sandbox"]
      : []),
  ];
}

/** The agent's own word for its version: the package's. */
export async function packageVersion(folder: string, name: string): Promise<string> {
  const text = await readFile(join(folder, "node_modules", name, "package.json"), "utf8");
  return String((JSON.parse(text) as { version?: unknown }).version);
}
