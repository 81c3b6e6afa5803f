import { join } from "node:path";
import { requestWithPrompt, type RecordedRequest, type RunResult } from "../../src/probe/index.ts";
import type { ProbePlace, ProbeRun } from "../../src/provider/probe.ts";
import type { Agent } from "./agents/agent.ts";
import { agentsDirectory, agentsNode } from "./install.ts";
import { SANDBOX_HOME, type AgentSandbox } from "./sandbox.ts";

/** Milliseconds an agent has for one turn: agents are slow to start on a busy machine. */
export const RESUME_TIMEOUT_MS = Number(process.env["CASR_AGENT_TIMEOUT_MS"] ?? 60_000);

export interface ResumeResult {
  /** The first main request that holds the prompt. */
  request: RecordedRequest | undefined;
  /** How many main requests were made; more than one for one prompt means the agent did something of its own. */
  mainRequests: number;
  refused: string[];
  agent: RunResult;
}

/** Where an agent's probe takes place in a sandbox. */
function placeOf(agent: Agent, sandbox: AgentSandbox, workspace: string): ProbePlace {
  const { folder } = agent.older?.isFor(sandbox.home) === true ? agent.older.package : agent.package;
  return {
    command: agent.command(join(agentsDirectory(), folder), agentsNode()),
    baseUrl: sandbox.baseUrl,
    home: SANDBOX_HOME,
    workspace,
  };
}

/** Writes the settings that point the agent at the loopback server, keeping the recorded model. */
export async function configure(agent: Agent, sandbox: AgentSandbox, workspace: string): Promise<void> {
  const model = await agent.model?.(sandbox.home);
  const place = placeOf(agent, sandbox, workspace);
  const setup = agent.probe.setup(model === undefined ? place : { ...place, model });
  for (const { path, content } of setup.files) await sandbox.write(path, content);
}

/** Starts the agent's program in the session's folder. */
export function runAgent(
  agent: Agent,
  sandbox: AgentSandbox,
  workspace: string,
  start: (place: ProbePlace) => ProbeRun,
  until?: string,
): Promise<RunResult> {
  const place = placeOf(agent, sandbox, workspace);
  const { env } = agent.probe.setup(place);
  return sandbox.run({
    ...start(place),
    cwd: workspace,
    env,
    timeoutMs: RESUME_TIMEOUT_MS,
    ...(until === undefined ? {} : { until }),
  });
}

/** Resumes a session with one new prompt, in a home where the agent's settings are in place. */
export async function resume(
  agent: Agent,
  sandbox: AgentSandbox,
  workspace: string,
  sessionId: string,
  prompt: string,
): Promise<ResumeResult> {
  const start = (place: ProbePlace): ProbeRun => agent.probe.resume({ ...place, sessionId, prompt });
  const ended = await runAgent(agent, sandbox, workspace, start, prompt);
  return {
    request: requestWithPrompt(ended.requests, prompt),
    mainRequests: ended.requests.filter((request) => !request.auxiliary && !request.refused).length,
    refused: ended.requests
      .filter((request) => request.refused)
      .map((request) => `${request.method} ${request.path}`),
    agent: { ...ended, requests: [], stdout: ended.stdout.slice(-4000), stderr: ended.stderr.slice(-4000) },
  };
}
