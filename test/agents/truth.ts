/**
 * Ground truth: what the source agent itself sends to its model when one of its own sessions is resumed.
 * `node test/agents/truth.ts [--only claude-code,codex] [--case name] [--dump folder]` prints a summary of each.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { normalise, type WireItem } from "../../src/probe/index.ts";
import type { Agent } from "./agents/agent.ts";
import { corpusSessions, type CorpusSession } from "./corpus.ts";
import { install } from "./install.ts";
import { configure, resume, type ResumeResult } from "./resume.ts";
import { checkSandbox, SandboxUnavailable, withSandbox } from "./sandbox.ts";

/** The new prompt of every probe. It must not occur in any session. */
export const MARKER_PROMPT = "casr probe marker 7f3a: reply with one word.";

const USAGE = `usage: node test/agents/truth.ts [options]

Resumes every recorded session in its own agent and says what reaches the model.

  --only <agent,…>  sessions of these agents alone
  --case <name>     one case alone
  --dump <folder>   writes what was sent there
  --help            this text

Sessions come from $CASR_CORPUS (default: fixtures/), agents from $CASR_AGENTS_DIR.
Ends with 1 when a session is not resumed, with 3 where nothing could be run.
`;

/** Resumes a recorded session in its own agent. */
export function resumeNatively(session: CorpusSession): Promise<ResumeResult> {
  const { agent, cwd } = session;
  return withSandbox({ template: session.home, routes: agent.probe.routes ?? [] }, async (sandbox) => {
    await sandbox.makeFolder(cwd);
    await configure(agent, sandbox, cwd);
    await agent.keepOld?.(sandbox.home);
    await agent.choose?.(sandbox.home, session.id);
    return resume(agent, sandbox, cwd, session.id, MARKER_PROMPT);
  });
}

/** Whether a conversation begins with the model's word. */
export function isAnswerFirst(truth: readonly WireItem[]): boolean {
  return truth[0]?.kind === "assistant";
}

/** The recorded conversation of a request, up to the new prompt; `answerFirst`: see `Agent`. */
export function conversationOf(
  agent: Agent,
  result: ResumeResult,
  prompt: string,
  asSource: boolean,
  answerFirst = false,
): WireItem[] {
  if (result.request === undefined) {
    const { code, timedOut, stdout, stderr } = result.agent;
    const said = `${stderr.trim()}\n${stdout.trim()}`.slice(-1500);
    throw new Error(`${agent.slug} sent no request (exit ${code}${timedOut ? ", timed out" : ""}): ${said}`);
  }
  const items = agent.conversation(normalise(result.request), asSource, answerFirst);
  const end = items.findLastIndex((item) => item.kind === "user" && item.text.includes(prompt));
  return items.flatMap((item, index) => {
    if (index < end) return [item];
    if (index > end || item.kind !== "user") return [];
    // Agents may merge the last stored text and the new prompt.
    const text = item.text.replace(prompt, "").trim();
    return text === "" ? [] : [{ ...item, text }];
  });
}

/** How many items of each kind. */
export function countKinds(items: readonly WireItem[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[item.kind] = (counts[item.kind] ?? 0) + 1;
  return counts;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      case: { type: "string" },
      dump: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) return void process.stdout.write(USAGE);
  const agents = values.only?.split(",");
  const sessions = await corpusSessions({
    ...(agents === undefined ? {} : { agents }),
    ...(values.case === undefined ? {} : { case: values.case }),
  });
  await checkSandbox();
  await install([...new Set(sessions.map((session) => session.agent.slug))]);
  for (const session of sessions) {
    const name = `${session.agent.slug}/${session.case} ${session.id}`;
    const started = Date.now();
    try {
      const result = await resumeNatively(session);
      const items = conversationOf(session.agent, result, MARKER_PROMPT, true);
      const took = `${Date.now() - started} ms`;
      process.stdout.write(
        `${name}: ${JSON.stringify(countKinds(items))} main=${result.mainRequests} ${took}\n`,
      );
      if (values.dump !== undefined) {
        await mkdir(values.dump, { recursive: true });
        const file = join(values.dump, `${session.agent.slug}.${session.case}.${session.id}`);
        await writeFile(`${file}.items.json`, JSON.stringify(items, null, 1));
        await writeFile(`${file}.raw.json`, JSON.stringify(result, null, 1));
      }
    } catch (error) {
      process.exitCode = 1;
      process.stdout.write(`${name}: FAILED ${String(error)}\n`);
    }
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${error instanceof SandboxUnavailable ? "not run: " : ""}${String(error)}\n`);
    process.exitCode = 3;
  }
}
