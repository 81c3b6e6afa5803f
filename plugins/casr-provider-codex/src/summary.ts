import type { Line, SessionRef, SessionSummary, World } from "casr-cli/provider";
import { linesOptions, quietEnvelope, segmentsOf } from "./chain.ts";
import { startsTurn, typedText } from "./context.ts";
import { gitOf, isHeadless, isSubagent, lineageOf } from "./header.ts";
import { arrayOf, objectOf, stringOf } from "./json.ts";
import { sniff, type Envelope } from "./native.ts";
import { nativeName } from "./titles.ts";

/** How far into a file a listing looks for the first prompt: what Codex itself does, roughly. */
const HEAD_LINES = 200;
const HEAD_BYTES = 1024 * 1024;
/** Older versions name the model behind the first prompt; its event follows it, too. */
const LINES_FOR_MODEL = 10;
const TAIL_BYTES = 64 * 1024;

/** What the model was told in a person's name, which another agent's reminder may be; its event, if any, says what was typed. */
function toldIn({ type, payload }: Envelope): string | undefined {
  return type === "response_item" && startsTurn(payload) ? typedText(payload) : undefined;
}

/** The text of a prompt that a person typed, as the event in this line shows it. */
function typedIn({ type, payload }: Envelope): string | undefined {
  if (type !== "event_msg") return undefined;
  if (payload["type"] === "user_message") return stringOf(payload, "message");
  const item = payload["type"] === "item_completed" ? objectOf(payload, "item") : undefined;
  if (item?.["type"] !== "UserMessage") return undefined;
  return arrayOf(item, "content")
    .map((part) => stringOf(part, "text") ?? "")
    .join("\n");
}

interface Head {
  typed?: string;
  prompt?: string;
  model?: string;
}

async function readHead(path: string, world: World): Promise<Head> {
  const head: Head = {};
  let linesLeft = LINES_FOR_MODEL;
  for await (const line of world.files.lines(path, linesOptions(path))) {
    if (line.number > HEAD_LINES || line.offset > HEAD_BYTES) break;
    const start = sniff(line.bytes);
    if (start?.type === "world_state" || start?.type === "session_meta") continue;
    const envelope = quietEnvelope(line);
    if (envelope === undefined) continue;
    const model = envelope.type === "turn_context" ? stringOf(envelope.payload, "model") : undefined;
    if (model !== undefined) head.model ??= model;
    const typed = typedIn(envelope);
    if (typed !== undefined && typed.trim() !== "") head.typed ??= typed;
    const told = toldIn(envelope);
    if (told !== undefined && told.trim() !== "") head.prompt ??= told;
    if (head.typed !== undefined && head.model !== undefined) break;
    if ((head.typed ?? head.prompt) !== undefined && (linesLeft -= 1) === 0) break;
  }
  if (head.typed !== undefined) head.prompt = head.typed;
  return head;
}

interface Tail {
  lastTime?: number;
  model?: string;
}

/** Looks at the last lines; nothing is told of a compressed file, whose end cannot be reached cheaply. */
async function readTail(path: string, size: number, world: World): Promise<Tail> {
  const tail: Tail = {};
  if (path.endsWith(".zst")) return tail;
  const start = Math.max(0, size - TAIL_BYTES);
  let first: Line | undefined;
  for await (const line of world.files.lines(path, { start })) {
    // The first line is most likely cut.
    if (first === undefined && start > 0) {
      first = line;
      continue;
    }
    const head = sniff(line.bytes);
    const envelope = head === undefined || head.type === "turn_context" ? quietEnvelope(line) : undefined;
    const time = world.toolkit.parseTimestamp(envelope?.timestamp ?? head?.timestamp);
    if (time !== undefined) tail.lastTime = time;
    if (envelope?.type === "turn_context") {
      const model = stringOf(envelope.payload, "model");
      if (model !== undefined) tail.model = model;
    }
  }
  return tail;
}

function hiddenState(ref: SessionRef, meta: Envelope | undefined): SessionSummary["hidden"] {
  if (meta !== undefined && isSubagent(meta.payload)) return "subagent";
  if (/[\\/]archived_sessions[\\/][^\\/]*$/.test(ref.path)) return "archived";
  return meta !== undefined && isHeadless(meta.payload) ? "headless" : undefined;
}

/** What a listing shows of a session, from the head and the tail of its file. */
export async function summarize(ref: SessionRef, world: World): Promise<SessionSummary> {
  const { meta, segments } = await segmentsOf(ref.path, world);
  const payload = meta?.payload ?? {};
  // A fork's first prompt stands in its oldest ancestor.
  const head = await readHead(segments[0]!.path, world);
  const tail = await readTail(ref.path, ref.sizeBytes, world);
  const name = nativeName(ref.listed, payload["history_mode"] === "paginated");
  const title = name ?? (head.prompt === undefined ? undefined : world.toolkit.titleFrom(head.prompt));
  const workspace = stringOf(payload, "cwd");
  const startedAt = world.toolkit.parseTimestamp(payload["timestamp"]);
  const model = tail.model ?? head.model;
  const branch = gitOf(payload)?.branch;
  const lineage = lineageOf(payload, world.toolkit);
  const hidden = hiddenState(ref, meta);
  return {
    ref,
    ...(title === undefined ? {} : { title }),
    ...(name === undefined ? {} : { nativeName: name }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(startedAt === undefined ? {} : { startedAt }),
    lastActiveAt: tail.lastTime ?? Math.floor(ref.modifiedAt),
    ...(model === undefined ? {} : { model }),
    ...(branch === undefined ? {} : { gitBranch: branch }),
    ...(lineage === undefined ? {} : { lineage }),
    ...(hidden === undefined ? {} : { hidden }),
  };
}
