import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DEFAULT_ANSWER, type WireItem } from "../../src/probe/index.ts";
import { showsTitle } from "../../src/probe/listed.ts";
import type { JsonValue } from "../../src/session/json.ts";
import type { Agent } from "./agents/agent.ts";
import { compare } from "./compare/compare.ts";
import type { CompareInput, Comparison } from "./compare/comparison.ts";
import { KINDS } from "./compare/comparison.ts";
import type { CorpusSession } from "./corpus.ts";
import { convert, type ConvertResult } from "./convert.ts";
import { SANDBOX_HOME } from "./sandbox.ts";
import { homeSearch } from "./session-strings.ts";
import { conversationOf, isAnswerFirst, MARKER_PROMPT } from "./truth.ts";

/** One source session in one target agent. */
export interface Cell {
  name: string;
  source: { agent: string; case: string; id: string };
  target: string;
  comparison: Comparison | undefined;
  /** What is wrong, by a short key each: a kind of `KINDS`, or the name of a check. */
  failures: Record<string, string>;
  /** casr's own statement of what the target cannot hold. */
  losses: JsonValue[];
  warnings: JsonValue[];
}

export interface CellOptions {
  via: readonly Agent[];
  history: string | undefined;
  casr: string;
  /** Folder for what both agents sent, one file a cell. */
  dump: string | undefined;
}

const SECOND_PROMPT = "casr probe marker 9c1e: once more, please.";
const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

export function defaultCasr(): string {
  return join(REPOSITORY, "bin", "run.js");
}

/** Converts, resumes in the target's agent twice, and compares with the truth. */
export async function runCell(
  session: CorpusSession,
  truth: readonly WireItem[],
  target: Agent,
  options: CellOptions,
): Promise<Cell> {
  const hops = [...options.via, target].map((agent) => agent.slug);
  const cell: Cell = {
    name: cellName(session, hops),
    source: { agent: session.agent.slug, case: session.case, id: session.id },
    target: target.slug,
    comparison: undefined,
    failures: {},
    losses: [],
    warnings: [],
  };
  try {
    const result = await convertInSandbox(session, hops, options);
    cell.losses = listOf(result.answer?.["losses"]);
    cell.warnings = listOf(result.answer?.["warnings"]);
    if (result.first === undefined) {
      const { code, stdout, stderr } = result.casr;
      cell.failures["casr"] = `exit ${code}: ${(stdout || stderr).trim().slice(0, 600)}`;
      return cell;
    }
    await judge(cell, result, session, truth, target, options);
  } catch (error) {
    cell.failures["run"] = error instanceof Error ? error.message.slice(0, 1500) : String(error);
  }
  return cell;
}

export function cellName(session: CorpusSession, hops: readonly string[]): string {
  return `${session.agent.slug}/${session.case}/${session.id} -> ${hops.join(" -> ")}`;
}

function convertInSandbox(
  session: CorpusSession,
  hops: string[],
  options: CellOptions,
): Promise<ConvertResult> {
  return convert({
    source: session.agent.slug,
    id: session.id,
    template: session.home,
    cwd: session.cwd,
    hops,
    casrArgs: options.history === undefined ? [] : ["--history", options.history],
    casr: options.casr,
    prompt: MARKER_PROMPT,
    secondPrompt: SECOND_PROMPT,
  });
}

async function judge(
  cell: Cell,
  result: ConvertResult,
  session: CorpusSession,
  truth: readonly WireItem[],
  target: Agent,
  options: CellOptions,
): Promise<void> {
  const { failures } = cell;
  const { agent } = session;
  // With the whole history there is nothing for a summary to stand for.
  const full = options.history === "full";
  const isSummary = (item: WireItem): boolean =>
    (item.kind === "user" || item.kind === "assistant") && agent.isSummary(item.text.trim());
  const sourceItems = truth.filter((item) => !full || !isSummary(item));
  const first = result.first!;
  const input: Omit<CompareInput, "target"> = {
    source: { agent: agent.slug, items: sourceItems },
    cwd: session.cwd,
    inSource: await homeSearch(session.home),
    mayCarry: (text) => agent.mayCarry?.(text) ?? false,
    readReferenced: (path) => readReferenced(session.home, path),
  };
  const items = conversationOf(target, first, MARKER_PROMPT, false, isAnswerFirst(truth));
  if (options.dump !== undefined) {
    const file = join(options.dump, `${cell.name.replace(/ -> |\//g, ".")}.json`);
    await mkdir(options.dump, { recursive: true });
    await writeFile(file, JSON.stringify({ truth, target: items }, null, 1));
  }
  const comparison = compare({ ...input, target: { agent: target.slug, items } });
  cell.comparison = comparison;
  Object.assign(failures, failuresOf(comparison));
  // Where the source's own model gets an unreadable summary, the texts before it are the best there is.
  const opaque = truth.some((item) => item.kind === "opaque");
  if (opaque || full) delete failures["extra"];

  if (first.mainRequests > 1)
    failures["requests"] = `the agent made ${first.mainRequests} main requests for one prompt`;
  if (result.unreported.length > 0) failures["touched"] = result.unreported.join(", ");
  if (result.unchanged.length > 0) failures["unwritten"] = result.unchanged.join(", ");
  if (result.rewritten.length > 0) failures["rewritten"] = result.rewritten.join(", ");
  if (result.infoError !== undefined) failures["info"] = result.infoError;
  else if ((result.messagesAfter ?? 0) <= (result.messagesBefore ?? 0)) {
    failures["info"] =
      `${result.messagesBefore} messages before the agent's turn, ${result.messagesAfter} after it`;
  }
  if (result.changedMessage !== undefined) failures["changed"] = result.changedMessage;
  const unlisted = listProblem(result);
  if (unlisted !== undefined) failures["listed"] = unlisted;
  const again = secondResume(result, target, items);
  if (again !== undefined) failures["again"] = again;
  const silent =
    Object.keys(failures).length === 0 && comparison.notes.some((note) => /not carried/.test(note));
  if (silent && cell.losses.length === 0) comparison.notes.push("casr reports no loss");
}

/** The agent's own list must show the session with its title. */
function listProblem({ list }: ConvertResult): string | undefined {
  if (list === undefined) return undefined;
  if (showsTitle(list.output, list.title)) return undefined;
  return `${JSON.stringify(list.title)} is not in the agent's own list: ${list.output.trim().slice(-300)}`;
}

/** Everything that is not allowed, by kind. Lost reasoning is. */
function failuresOf(comparison: Comparison): Record<string, string> {
  const failures: Record<string, string> = {};
  for (const kind of KINDS) {
    const { wanted, found } = comparison.scores[kind];
    if (kind !== "reasoning" && found < wanted)
      failures[kind] = `${found}/${wanted}; ${comparison.differences[kind] ?? ""}`;
  }
  for (const key of ["invented", "extra", "broken"] as const) {
    const list = comparison[key];
    if (list.length > 0) failures[key] = `${list.length}; ${list[0]}`;
  }
  return failures;
}

/** The second resume must send what the first one sent, and the turn in between. */
function secondResume(result: ConvertResult, target: Agent, items: readonly WireItem[]): string | undefined {
  if (result.second === undefined) return undefined;
  let now: WireItem[];
  try {
    now = conversationOf(target, result.second, SECOND_PROMPT, false, isAnswerFirst(items));
  } catch (error) {
    return String(error);
  }
  const wanted: WireItem[] = [
    ...items,
    { kind: "user", text: MARKER_PROMPT },
    { kind: "assistant", text: DEFAULT_ANSWER },
  ];
  const side = (list: readonly WireItem[]) => ({ agent: target.slug, items: list });
  const failures = failuresOf(compare({ source: side(wanted), target: side(now), cwd: "/" }));
  const words = Object.entries(failures).map(([key, text]) => `${key} ${text}`);
  return words.length === 0 ? undefined : words.join("; ");
}

function readReferenced(home: string, path: string): string | undefined {
  if (!path.startsWith(`${SANDBOX_HOME}/`)) return undefined;
  try {
    return readFileSync(join(home, path.slice(SANDBOX_HOME.length)), "utf8");
  } catch {
    return undefined;
  }
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}
