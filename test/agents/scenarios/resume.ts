import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { requestWithPrompt, type RecordedRequest } from "../../../src/probe/index.ts";
import type { ProbePlace } from "../../../src/provider/probe.ts";
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
  await configure(agent, input, inside);
  await agent.keepOld?.(input.home);
  await agent.choose?.(input.home, input.id);
  return resumeConfigured(agent, input, inside);
}

export type Place = Pick<ResumeInput, "agentsDirectory" | "node" | "home" | "cwd" | "timeoutMs">;

function probePlace(agent: Agent, input: Place, inside: Inside): ProbePlace {
  return {
    command: agent.command(join(input.agentsDirectory, agent.package.folder), input.node),
    baseUrl: inside.server.baseUrl,
    home: input.home,
    workspace: input.cwd,
  };
}

/** Writes the settings that point the agent at the loopback server, keeping the recorded model. */
export async function configure(agent: Agent, input: Place, inside: Inside): Promise<void> {
  const model = await agent.model?.(input.home);
  const place = { ...probePlace(agent, input, inside), ...(model === undefined ? {} : { model }) };
  for (const { path, content } of agent.probe.setup(place).files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}

/** Runs the agent's program in the session's folder. */
export function runAgent(
  agent: Agent,
  input: Place,
  inside: Inside,
  start: (place: ProbePlace) => string[],
): Promise<Ended> {
  const place = probePlace(agent, input, inside);
  return inside.run(start(place), {
    cwd: input.cwd,
    env: agent.probe.setup(place).env,
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
  const ended = await runAgent(agent, input, inside, (place) => {
    const { argv } = agent.probe.resume({ ...place, sessionId: input.id, prompt: input.prompt });
    return argv;
  });
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
