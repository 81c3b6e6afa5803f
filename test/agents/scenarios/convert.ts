import { mkdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { isJsonObject, type JsonObject } from "../../../src/session/json.ts";
import { agentBySlug } from "../agents/index.ts";
import { hashTree, parseJson } from "../files.ts";
import type { Ended, Inside } from "../inside.ts";
import { linkUnbundled } from "../link.ts";
import { configure, resumeConfigured, runAgent, type ResumeResult } from "./resume.ts";

export interface ConvertInput {
  /** Provider and id of the session to start from. */
  source: string;
  id: string;
  cwd: string;
  /** Providers to convert to, one after the other; the last one's agent is then resumed. */
  hops: string[];
  /** Further arguments for every `casr resume`. */
  casrArgs: string[];
  /** casr's entry point. */
  casr: string;
  prompt: string;
  secondPrompt: string;
  home: string;
  agentsDirectory: string;
  node: string;
  timeoutMs: number;
}

export interface ConvertResult {
  /** What casr answered for the last conversion; null when it was no JSON. */
  answer: JsonObject | null;
  casr: Ended;
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
  /** The agent's turn; absent when casr failed. */
  first?: ResumeResult;
  /** A second one: some agents rewrite a session on resume and only then send it differently. */
  second?: ResumeResult;
}

/** casr's own folders; not part of any agent's store. */
const CASR_FOLDER = ".casr-probe";

/** Converts a session with casr, resumes it in the target's agent and watches the files. */
export default async function convert(input: ConvertInput, inside: Inside): Promise<ConvertResult> {
  const { home, cwd } = input;
  const target = agentBySlug(input.hops.at(-1) ?? "");
  await mkdir(cwd, { recursive: true });
  const slugs = new Set([input.source, ...input.hops]);
  for (const slug of slugs) await configure(agentBySlug(slug), input, inside);
  await linkUnbundled(slugs, input.casr, casrFolder(home, "data"));

  const hashes = (): Promise<Map<string, string>> =>
    hashTree(home, (path) => path.startsWith(`${CASR_FOLDER}/`));
  const before = await hashes();
  const written = new Set<string>();
  let last: { answer: JsonObject | null; ended: Ended } | undefined;
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
    const ended = await casr(input, inside, args);
    last = { answer: jsonObject(ended.stdout), ended };
    const id = last.answer?.["target_session_id"];
    if (last.answer?.["ok"] !== true || typeof id !== "string") break;
    for (const path of stringList(last.answer["written_paths"])) written.add(relative(home, path));
    from = { provider: hop, id };
  }
  const after = await hashes();
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path),
  );
  const result: ConvertResult = {
    answer: last?.answer ?? null,
    casr: last?.ended ?? { code: null, timedOut: false, stdout: "", stderr: "" },
    targetId: from.id === input.id && from.provider === input.source ? undefined : from.id,
    // The log and the lock file of a database are part of it.
    unreported: changed.filter((path) => !written.has(path.replace(/-(?:wal|shm)$/, ""))),
    unchanged: [...written].filter((path) => ![path, `${path}-wal`].some((file) => changed.includes(file))),
    rewritten: [],
    messagesBefore: undefined,
    messagesAfter: undefined,
    infoError: undefined,
  };
  if (last?.answer?.["ok"] !== true || result.targetId === undefined) return result;

  const targetId = result.targetId;
  const snapshots = await readAll(home, written);
  const infoBefore = await info(input, inside, targetId);
  const resumeInput = { ...input, agent: target.slug, id: targetId };
  result.first = await resumeConfigured(target, resumeInput, inside);
  result.rewritten = await rewritten(home, snapshots);
  const infoAfter = await info(input, inside, targetId);
  result.messagesBefore = infoBefore.messages;
  result.messagesAfter = infoAfter.messages;
  result.infoError = infoBefore.error ?? infoAfter.error;
  if (target.idleArgs !== undefined) {
    const { idleArgs } = target;
    await runAgent(target, input, inside, ({ command }) => [...command, ...idleArgs]);
  }
  result.second = await resumeConfigured(target, { ...resumeInput, prompt: input.secondPrompt }, inside);
  return result;
}

function casrFolder(home: string, name: string): string {
  return join(home, CASR_FOLDER, name);
}

function casr(input: ConvertInput, inside: Inside, args: readonly string[]): Promise<Ended> {
  const folder = (name: string): string => casrFolder(input.home, name);
  return inside.run([input.node, input.casr, ...args], {
    cwd: input.cwd,
    env: {
      CASR_DATA_DIR: folder("data"),
      CASR_CONFIG_DIR: folder("config"),
      CASR_CACHE_DIR: folder("cache"),
      // The XDG folders stay what they are: agents keep sessions there.
      CASR_STATE_HOME: folder("state"),
      CASR_CACHE_HOME: folder("cache"),
      NODE_ENV: "production",
      NO_COLOR: "1",
    },
    timeoutMs: input.timeoutMs,
  });
}

async function info(
  input: ConvertInput,
  inside: Inside,
  id: string,
): Promise<{ messages?: number; error?: string }> {
  const ended = await casr(input, inside, ["info", id, "--json"]);
  const messages = jsonObject(ended.stdout)?.["messages"];
  if (typeof messages === "number") return { messages };
  return { error: `casr info ended with ${ended.code}: ${(ended.stdout + ended.stderr).slice(0, 400)}` };
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
