import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { RunResult } from "../../src/probe/index.ts";
import { canonicalJson, isJsonObject, type JsonObject } from "../../src/session/json.ts";
import type { Agent } from "./agents/agent.ts";
import { agentBySlug } from "./agents/index.ts";
import { hashTree, parseJson } from "./files.ts";
import { agentsDirectory, agentsNode } from "./install.ts";
import { linkUnbundled } from "./link.ts";
import { configure, resume, RESUME_TIMEOUT_MS, runAgent, type ResumeResult } from "./resume.ts";
import { SANDBOX_HOME, withSandbox, type AgentSandbox } from "./sandbox.ts";

export interface ConvertInput {
  /** Provider and id of the session to start from. */
  source: string;
  id: string;
  /** The recorded home it lies in. */
  template: string;
  cwd: string;
  /** Providers to convert to, one after the other; the last one's agent is then resumed. */
  hops: string[];
  /** Further arguments for every `casr resume`. */
  casrArgs: string[];
  /** casr's entry point. */
  casr: string;
  prompt: string;
  secondPrompt: string;
}

export interface ConvertResult {
  /** What casr answered for the last conversion; null when it was no JSON. */
  answer: JsonObject | null;
  casr: RunResult;
  targetId: string | undefined;
  /** Files that casr changed, made or removed without reporting them. Relative to the home. */
  unreported: string[];
  /** Files that casr reports and that did not change. */
  unchanged: string[];
  /** Written files whose bytes the agent then changed instead of appending to them. */
  rewritten: string[];
  /** Message counts of `casr info` before and after the agent's turn; undefined when it failed. */
  messagesBefore: number | undefined;
  messagesAfter: number | undefined;
  infoError: string | undefined;
  /** The first message that casr reads differently after the agent's turn. */
  changedMessage: string | undefined;
  /** What the agent's own list of sessions printed, and the title casr sees; missing where it has no such list. */
  list?: { output: string; title: string };
  /** The agent's turn; absent when casr failed. */
  first?: ResumeResult;
  /** A second one: some agents rewrite a session on resume and only then send it differently. */
  second?: ResumeResult;
}

/** casr's own folders; not part of any agent's store. */
const CASR_FOLDER = ".casr-probe";

/** Converts a session with casr, resumes it in the target's agent and watches the files. */
export function convert(input: ConvertInput): Promise<ConvertResult> {
  const target = agentBySlug(input.hops.at(-1) ?? "");
  const routes = [input.source, ...input.hops].flatMap((slug) => agentBySlug(slug).probe.routes ?? []);
  return withSandbox({ template: input.template, routes }, (sandbox) => convertIn(sandbox, target, input));
}

async function convertIn(sandbox: AgentSandbox, target: Agent, input: ConvertInput): Promise<ConvertResult> {
  const { cwd } = input;
  const { home } = sandbox;
  await sandbox.makeFolder(cwd);
  const slugs = new Set([input.source, ...input.hops]);
  for (const slug of slugs) await configure(agentBySlug(slug), sandbox, cwd);
  await linkUnbundled(slugs, input.casr, join(home, CASR_FOLDER, "data"));

  const hashes = (): Promise<Map<string, string>> =>
    hashTree(home, (path) => path.startsWith(`${CASR_FOLDER}/`));
  const before = await hashes();
  const written = new Set<string>();
  let last: { answer: JsonObject | null; ended: RunResult } | undefined;
  let from = { provider: input.source, id: input.id };
  for (const hop of input.hops) {
    const fork = hop === from.provider ? ["--fork"] : [];
    const args = [
      "resume",
      from.id,
      "--to",
      hop,
      "--source",
      from.provider,
      "--json",
      ...fork,
      ...input.casrArgs,
    ];
    const ended = await casr(input, sandbox, args);
    last = { answer: jsonObject(ended.stdout), ended };
    const id = last.answer?.["target_session_id"];
    if (last.answer?.["ok"] !== true || typeof id !== "string") break;
    for (const path of stringList(last.answer["written_paths"])) written.add(relative(SANDBOX_HOME, path));
    from = { provider: hop, id };
  }
  const after = await hashes();
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path),
  );
  const result: ConvertResult = {
    answer: last?.answer ?? null,
    casr: last?.ended ?? NOT_RUN,
    targetId: from.id === input.id && from.provider === input.source ? undefined : from.id,
    // The log and the lock file of a database are part of it.
    unreported: changed.filter((path) => !written.has(path.replace(/-(?:wal|shm)$/, ""))),
    unchanged: [...written].filter((path) => ![path, `${path}-wal`].some((file) => changed.includes(file))),
    rewritten: [],
    messagesBefore: undefined,
    messagesAfter: undefined,
    infoError: undefined,
    changedMessage: undefined,
  };
  if (last?.answer?.["ok"] !== true || result.targetId === undefined) return result;

  const targetId = result.targetId;
  const snapshots = await readAll(home, written);
  const infoBefore = await info(input, sandbox, targetId);
  result.first = await resume(target, sandbox, cwd, targetId, input.prompt);
  result.rewritten = await rewritten(home, snapshots);
  const infoAfter = await info(input, sandbox, targetId);
  result.messagesBefore = infoBefore.messages;
  result.messagesAfter = infoAfter.messages;
  result.infoError = infoBefore.error ?? infoAfter.error;
  result.changedMessage = firstChange(infoBefore.tail ?? [], infoAfter.tail ?? []);
  const listed = await listSessions(target, sandbox, cwd);
  if (listed !== undefined) result.list = { output: listed, title: infoAfter.title ?? "" };
  const { idleArgs } = target;
  if (idleArgs !== undefined)
    await runAgent(target, sandbox, cwd, ({ command }) => ({ argv: [...command, ...idleArgs] }));
  result.second = await resume(target, sandbox, cwd, targetId, input.secondPrompt);
  return result;
}

/** When no conversion was even tried. */
const NOT_RUN: RunResult = {
  code: null,
  signal: null,
  timedOut: false,
  stdout: "",
  stderr: "",
  requests: [],
};

function casr(input: ConvertInput, sandbox: AgentSandbox, args: readonly string[]): Promise<RunResult> {
  const folder = (name: string): string => join(SANDBOX_HOME, CASR_FOLDER, name);
  return sandbox.run({
    argv: [agentsNode(), input.casr, ...args],
    cwd: input.cwd,
    env: {
      CASR_DATA_DIR: folder("data"),
      CASR_CONFIG_DIR: folder("config"),
      // The XDG folders stay what they are: agents keep sessions there.
      CASR_CACHE_DIR: folder("cache"),
      CASR_STATE_HOME: folder("state"),
      CASR_CACHE_HOME: folder("cache"),
      NODE_ENV: "production",
      NO_COLOR: "1",
    },
    timeoutMs: RESUME_TIMEOUT_MS,
  });
}

interface SessionInfo {
  messages?: number;
  title?: string;
  /** Every message: its index, role and beginning. */
  tail?: string[];
  error?: string;
}

/** What stood there before the agent's turn must stand there after it. */
function firstChange(before: readonly string[], after: readonly string[]): string | undefined {
  const index = before.findIndex((message, at) => message !== after[at]);
  return index === -1 ? undefined : `${before[index]} became ${after[index] ?? "nothing"}`;
}

async function info(input: ConvertInput, sandbox: AgentSandbox, id: string): Promise<SessionInfo> {
  const ended = await casr(input, sandbox, ["info", id, "--json", "--peek", "100000"]);
  const answer = jsonObject(ended.stdout);
  const messages = answer?.["messages"];
  const title = answer?.["native_name"] ?? answer?.["title"];
  const tail = Array.isArray(answer?.["transcript_tail"]) ? answer["transcript_tail"].map(canonicalJson) : [];
  if (typeof messages === "number")
    return { messages, tail, ...(typeof title === "string" ? { title } : {}) };
  return { error: `casr info ended with ${ended.code}: ${(ended.stdout + ended.stderr).slice(0, 400)}` };
}

/** What the agent, or a library of its vendor, prints when asked for its sessions. */
async function listSessions(target: Agent, sandbox: AgentSandbox, cwd: string): Promise<string | undefined> {
  const { list, probe } = target;
  if (list === undefined && probe.list === undefined) return undefined;
  const ended = await runAgent(target, sandbox, cwd, (place) =>
    list === undefined
      ? probe.list!(place)
      : { argv: list.argv(join(agentsDirectory(), list.package.folder), agentsNode()) },
  );
  return `${ended.stdout}\n${ended.stderr}`;
}

function jsonObject(text: string): JsonObject | null {
  const value = parseJson(text);
  return isJsonObject(value) ? value : null;
}

function stringList(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

async function readAll(home: string, paths: Iterable<string>): Promise<Map<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  for (const path of paths) {
    const bytes = await readFile(join(home, path)).catch(() => undefined);
    if (bytes !== undefined) contents.set(path, bytes);
  }
  return contents;
}

/** Transcripts only: agents rewrite their indexes and databases as they like. */
async function rewritten(home: string, snapshots: Map<string, Buffer>): Promise<string[]> {
  const changed: string[] = [];
  for (const [path, bytes] of snapshots) {
    if (!path.endsWith(".jsonl")) continue;
    const now = await readFile(join(home, path)).catch(() => Buffer.alloc(0));
    if (!now.subarray(0, bytes.length).equals(bytes)) changed.push(path);
  }
  return changed;
}
