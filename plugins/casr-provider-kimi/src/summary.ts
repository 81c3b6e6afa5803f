import type { JsonObject, SessionRef, SessionSummary, World } from "casr-cli/provider";
import { cliSummary, textsOf } from "./cli-words.ts";
import { contextPrompt } from "./context-messages.ts";
import { objectAt, stringAt, timeOf } from "./json.ts";
import { placeOf } from "./places.ts";
import { readJson, stateOf, type State } from "./state.ts";

/** The session's own title, else its first prompt, else its last one. */
export function titleOf(
  state: State,
  prompt: string | undefined,
  world: World,
): { title?: string; nativeName?: string } {
  const title =
    state.title ?? world.toolkit.titleFrom(prompt ?? "") ?? world.toolkit.titleFrom(state.prompt ?? "");
  return {
    ...(title === undefined ? {} : { title }),
    ...(state.nativeName === undefined ? {} : { nativeName: state.nativeName }),
  };
}

/** The text of a prompt that a person typed, in a journal's record. */
export function promptOf(record: JsonObject): string | undefined {
  if (record["type"] !== "context.append_message") return undefined;
  const message = objectAt(record, "message");
  const origin = objectAt(message, "origin");
  if (message?.["role"] !== "user" || (origin !== undefined && origin["kind"] !== "user")) return undefined;
  const { content } = message;
  if (origin === undefined && cliSummary(content) !== undefined) return undefined;
  return textsOf(content).find((text) => text.trim() !== "");
}

/** What head and tail of a conversation tell. */
interface Ends {
  prompt: string | undefined;
  model?: string | undefined;
  firstTime?: number | undefined;
  lastTime?: number | undefined;
}

async function readEnds(path: string, isJournal: boolean, world: World): Promise<Ends> {
  const { files, toolkit } = world;
  const ends = await toolkit.ends(files, path, (await files.stat(path))?.size ?? 0);
  const prompt = isJournal
    ? ends.first('"context.append_message"', promptOf)
    : ends.first('"role"', contextPrompt);
  if (!isJournal) return { prompt };
  const firstTime = ends.first("", timeOf);
  const lastTime = ends.last("", timeOf);
  const model = ends.last('"llm.request"', (record) =>
    record["type"] === "llm.request" ? stringAt(record, "model") || undefined : undefined,
  );
  return { prompt, model, firstTime, lastTime };
}

/** What a listing shows of a session. */
export async function summarize(ref: SessionRef, world: World): Promise<SessionSummary> {
  const place = placeOf(ref.path, world);
  const isJournal = place?.layout === "code";
  const isSubagent = place?.parent !== undefined;
  const raw = place?.state === undefined ? undefined : await readJson(place.state, world);
  const state = isJournal ? stateOf(raw, world.toolkit) : cliState(raw, world);
  const { prompt, model, firstTime, lastTime } = await readEnds(ref.path, isJournal, world);
  const own = isSubagent ? titleOf({ isArchived: false }, prompt, world) : titleOf(state, prompt, world);
  const workspace = state.workspace ?? stringAt(ref.listed, "workspace");
  const startedAt = isSubagent ? firstTime : (state.startedAt ?? firstTime);
  const lastActiveAt = lastTime ?? (isJournal ? state.updatedAt : undefined) ?? ref.modifiedAt;
  return {
    ref,
    ...own,
    ...(workspace === undefined ? {} : { workspace }),
    ...(startedAt === undefined ? {} : { startedAt }),
    lastActiveAt,
    ...(model === undefined ? {} : { model }),
    ...(state.lineage === undefined || isSubagent ? {} : { lineage: state.lineage }),
    ...(isSubagent
      ? { hidden: "subagent" as const }
      : state.isArchived
        ? { hidden: "archived" as const }
        : {}),
  };
}

/** The facts in a `state.json` of kimi-cli. */
export function cliState(raw: JsonObject | undefined, world: World): State {
  const title = world.toolkit.titleFrom(stringAt(raw, "custom_title") ?? "");
  return {
    ...(title === undefined ? {} : { title, nativeName: title }),
    isArchived: raw?.["archived"] === true,
  };
}
