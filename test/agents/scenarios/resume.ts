import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { requestWithPrompt, type RecordedRequest } from "../../../src/probe/index.ts";
import type { Agent } from "../agents/agent.ts";
import { agentBySlug } from "../agents/index.ts";
import type { Ended, Inside } from "../inside.ts";

export interface ResumeInput {
  agent: string;
  id: string;
  cwd: string;
  prompt: string;
  home: string;
  agentsDirectory: string;
  node: string;
  timeoutMs: number;
}

export interface ResumeResult {
  /** The first main request that holds the prompt. */
  request: RecordedRequest | undefined;
  /** How many main requests were made; more than one for one prompt means the agent did something of its own. */
  mainRequests: number;
  refused: string[];
  agent: Ended;
}

/** Resumes a session in its agent with one new prompt and returns what reached the model. */
export default async function resume(input: ResumeInput, inside: Inside): Promise<ResumeResult> {
  const agent = agentBySlug(input.agent);
  await mkdir(input.cwd, { recursive: true });
  const { baseUrl } = inside.server;
  await agent.configure(input.home, { baseUrl, workspaces: [input.cwd], cleanup: false });
  return resumeConfigured(agent, input, inside);
}

/** Runs the agent's program in the session's folder. */
export function runAgent(
  agent: Agent,
  input: Pick<ResumeInput, "agentsDirectory" | "node" | "cwd" | "timeoutMs">,
  inside: Inside,
  args: readonly string[],
): Promise<Ended> {
  const command = agent.command(join(input.agentsDirectory, agent.package.folder), input.node);
  return inside.run([...command, ...args], {
    cwd: input.cwd,
    env: agent.env(inside.server.baseUrl),
    timeoutMs: input.timeoutMs,
  });
}

/** The same, for a home where the agent's settings are in place. */
export async function resumeConfigured(
  agent: Agent,
  input: ResumeInput,
  inside: Inside,
): Promise<ResumeResult> {
  const before = inside.server.requests.length;
  const ended = await runAgent(agent, input, inside, agent.resumeArgs(input.id, input.prompt));
  const requests = inside.server.requests.slice(before);
  return {
    request: requestWithPrompt(requests, input.prompt),
    mainRequests: requests.filter((request) => !request.auxiliary && !request.refused).length,
    refused: requests
      .filter((request) => request.refused)
      .map((request) => `${request.method} ${request.path}`),
    agent: { ...ended, stdout: ended.stdout.slice(-4000), stderr: ended.stderr.slice(-4000) },
  };
}
