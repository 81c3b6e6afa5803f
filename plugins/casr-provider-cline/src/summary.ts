import type { JsonObject, SessionHeader, SessionRef, SessionSummary, World } from "casr-cli/provider";
import { peekDocument } from "./document.ts";
import { numberOf, objectOf, stringOf } from "./json.ts";
import { idsOfFile, lineageOf, manifestFile, readManifest, timesOf, titlesOf } from "./manifest.ts";
import { blocksOf, isInjected, shownText, TASK_FILE, type Layout } from "./native.ts";
import { baseName } from "./paths.ts";
import { taskBlocks, workspaceInText } from "./task-text.ts";
import { historyItem } from "./tasks.ts";

/** Which layout the file at `path` is of. */
export function layoutOf(path: string): Layout {
  return baseName(path) === TASK_FILE ? "task" : "session";
}

/** What is known of a session without reading its messages. */
export type Facts = Pick<
  SessionHeader,
  | "title"
  | "nativeName"
  | "workspace"
  | "git"
  | "startedAt"
  | "endedAt"
  | "model"
  | "lineage"
  | "usage"
  | "parent"
> & { metadata: JsonObject; agentVersion?: string };

/** Facts from the manifest or the list of tasks; from the first messages where there is neither. */
export async function factsOf(ref: SessionRef, world: World): Promise<Facts> {
  return layoutOf(ref.path) === "task" ? taskFacts(ref, world) : sessionFacts(ref, world);
}

async function sessionFacts(ref: SessionRef, world: World): Promise<Facts> {
  const manifest = await readManifest(manifestFile(ref.path), world);
  const parent = idsOfFile(ref.path)?.parent;
  const parentLink =
    parent === undefined ? {} : { parent: { id: parent, provider: "cline", relation: "subagent" as const } };
  if (manifest === undefined) return { ...(await headFacts(ref, world)), ...parentLink, metadata: {} };
  const { record, metadata } = manifest;
  const { start, end } = timesOf(manifest, world);
  const branch = stringOf(objectOf(metadata, "git"), "branch");
  const model = stringOf(record, "model");
  const workspace = stringOf(record, "cwd");
  const lineage = lineageOf(metadata["casr"], world);
  const version = stringOf(objectOf(metadata, "sessionHistoryOrigin"), "version");
  const fork = stringOf(objectOf(metadata, "fork"), "forkedFromSessionId");
  const forkLink =
    fork === undefined ? parentLink : { parent: { id: fork, provider: "cline", relation: "fork" as const } };
  const titles = titlesOf(manifest, world);
  const named = titles.title === undefined ? await headFacts(ref, world) : titles;
  const { casr: _mark, title: _title, checkpoint: _checkpoint, ...others } = metadata;
  return {
    ...named,
    ...(workspace === undefined ? {} : { workspace }),
    ...(branch === undefined ? {} : { git: { branch } }),
    ...(start === undefined ? {} : { startedAt: start }),
    ...(end === undefined ? {} : { endedAt: end }),
    ...(model === undefined ? {} : { model }),
    ...(lineage === undefined ? {} : { lineage }),
    ...(version === undefined ? {} : { agentVersion: version }),
    ...forkLink,
    metadata: { ...others, status: record["status"] ?? null, source: record["source"] ?? null },
  };
}

/** Title and start of a session without a manifest: its first prompt. */
async function headFacts(ref: SessionRef, world: World): Promise<{ title?: string; startedAt?: number }> {
  const head = await peekDocument(ref.path, world);
  const first = head?.first ?? [];
  const startedAt = world.toolkit.parseTimestamp(first[0]?.["ts"]);
  const title = world.toolkit.titleFrom(firstPrompt(first, layoutOf(ref.path)), 120);
  return {
    ...(title === undefined ? {} : { title }),
    ...(startedAt === undefined ? {} : { startedAt }),
  };
}

function firstPrompt(messages: readonly JsonObject[], layout: Layout): string {
  for (const message of messages) {
    if (message["role"] !== "user") continue;
    const texts = blocksOf(message["content"]).flatMap((block) => {
      const text = block["type"] === "text" ? stringOf(block, "text") : undefined;
      if (text === undefined) return [];
      const shown = { type: "text" as const, text: shownText(text) };
      return layout === "task" ? taskBlocks([shown]) : [shown];
    });
    const [text] = texts.flatMap((block) => (block.type === "text" ? [block.text] : []));
    if (text !== undefined && text !== "" && !isInjected(text)) return text;
  }
  return "";
}

async function taskFacts(ref: SessionRef, world: World): Promise<Facts> {
  const { parseTimestamp, titleFrom } = world.toolkit;
  const item = await historyItem(ref, world);
  const head = item === undefined ? await headFacts(ref, world) : {};
  const task = stringOf(item, "task");
  const title = (task === undefined ? undefined : titleFrom(task, 120)) ?? head.title;
  const workspace = stringOf(item, "cwdOnTaskInitialization") ?? (await workspaceOfTask(ref, world));
  // The id of a task is the time it was made at.
  const ownTime = /^\d{13}$/u.test(ref.id) ? Number(ref.id) : undefined;
  const mark = ownTime === undefined ? await markIn(ref, world) : undefined;
  const lineage = lineageOf(mark, world);
  const startedAt = ownTime ?? parseTimestamp(stringOf(mark, "started_at")) ?? head.startedAt;
  const endedAt = parseTimestamp(item?.["ts"]);
  const model = stringOf(item, "modelId");
  const input = numberOf(item, "tokensIn");
  const output = numberOf(item, "tokensOut");
  return {
    ...(title === undefined ? {} : { title }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(model === undefined ? {} : { model }),
    ...(lineage === undefined ? {} : { lineage }),
    ...(isCount(input) && isCount(output) ? { usage: { inputTokens: input, outputTokens: output } } : {}),
    metadata: item?.["isFavorited"] === true ? { isFavorited: true } : {},
  };
}

/** casr's mark of a task that it wrote: in its first message. The ids of the extension's own are times. */
async function markIn(ref: SessionRef, world: World): Promise<JsonObject | undefined> {
  const head = await peekDocument(ref.path, world);
  return objectOf(objectOf(objectOf(head?.first[0], "metadata"), "casr"), "mark");
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0;
}

/** Before the list of tasks named it, only the first prompt's environment did. */
async function workspaceOfTask(ref: SessionRef, world: World): Promise<string | undefined> {
  const head = await peekDocument(ref.path, world);
  for (const message of head?.first ?? []) {
    for (const block of blocksOf(message["content"])) {
      const found = workspaceInText(stringOf(block, "text") ?? "");
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** What a listing shows. */
export async function summarize(ref: SessionRef, world: World): Promise<SessionSummary> {
  const {
    metadata: _metadata,
    git,
    endedAt,
    agentVersion: _version,
    usage: _usage,
    parent,
    ...facts
  } = await factsOf(ref, world);
  return {
    ref,
    ...facts,
    lastActiveAt: endedAt ?? ref.modifiedAt,
    ...(git?.branch === undefined ? {} : { gitBranch: git.branch }),
    ...(parent?.relation === "subagent" ? { hidden: "subagent" as const } : {}),
  };
}
