import type { JsonObject, JsonValue, SqlValue } from "casr-cli/provider";
import { isObject, numberOf, objectOf, parseJson, stringOf } from "./json.ts";
import type { ModelName, SessionRow } from "./native.ts";

type Row = Record<string, SqlValue>;

function text(row: Row, column: string): string | undefined {
  const value = row[column];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function time(row: Row, column: string): number | undefined {
  const value = row[column];
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.trunc(value) : undefined;
}

/** The JSON object in a column; undefined for everything else. */
function objectIn(row: Row, column: string): JsonObject | undefined {
  const value = row[column];
  const parsed = typeof value === "string" ? parseJson(value) : undefined;
  return isObject(parsed) ? parsed : undefined;
}

/** `{id, providerID}` (session rows) or `{modelID, providerID}` (messages). */
export function modelName(value: JsonValue | undefined): ModelName | undefined {
  const modelID = stringOf(value, "modelID") ?? stringOf(value, "id");
  const providerID = stringOf(value, "providerID");
  return modelID === undefined || providerID === undefined ? undefined : { providerID, modelID };
}

/** Where an undo left off, from `session.revert`. */
function revertOf(value: JsonValue | undefined): SessionRow["revert"] {
  const messageId = stringOf(value, "messageID");
  const partId = stringOf(value, "partID");
  if (messageId === undefined) return undefined;
  return partId === undefined ? { messageId } : { messageId, partId };
}

/** Leaves out undefined fields, as the session types want it. */
export function defined<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** A row of the table `session`, with whatever columns this version has. */
export function sessionRow(row: Row): SessionRow | undefined {
  const id = text(row, "id");
  if (id === undefined) return undefined;
  const mark =
    objectOf(objectIn(row, "metadata"), "casr") ?? objectOf(objectIn(row, "first_message"), "casr");
  const counts = {
    input: time(row, "tokens_input"),
    output: time(row, "tokens_output"),
    reasoning: time(row, "tokens_reasoning"),
    cacheRead: time(row, "tokens_cache_read"),
    cacheWrite: time(row, "tokens_cache_write"),
  };
  const known = Object.values(counts).some((count) => count !== undefined);
  return defined<SessionRow>({
    id,
    parentId: text(row, "parent_id"),
    projectId: text(row, "project_id"),
    directory: text(row, "directory"),
    title: text(row, "title"),
    version: text(row, "version"),
    agent: text(row, "agent"),
    model: modelName(objectIn(row, "model")),
    created: time(row, "time_created"),
    updated: time(row, "time_updated"),
    archived: time(row, "time_archived") !== undefined,
    revert: revertOf(objectIn(row, "revert")),
    mark,
    usage: known ? defined<NonNullable<SessionRow["usage"]>>(counts) : undefined,
  });
}

/** The same from a JSON file of the older store. */
export function sessionFileRow(id: string, value: JsonObject): SessionRow {
  const times = objectOf(value, "time");
  return defined<SessionRow>({
    id,
    parentId: stringOf(value, "parentID"),
    projectId: stringOf(value, "projectID"),
    directory: stringOf(value, "directory"),
    title: stringOf(value, "title"),
    version: stringOf(value, "version"),
    agent: stringOf(value, "agent"),
    model: modelName(value["model"]),
    created: numberOf(times, "created"),
    updated: numberOf(times, "updated"),
    archived: numberOf(times, "archived") !== undefined,
    revert: revertOf(value["revert"]),
    mark: objectOf(objectOf(value, "metadata"), "casr"),
    usage: undefined,
  });
}

/** What a listing shows of a row, as JSON: it goes with the session's reference. */
export function listedOf(row: SessionRow): JsonObject {
  const { parentId, directory, title, model, created, updated, archived, mark } = row;
  const name = model === undefined ? undefined : { ...model };
  return defined<JsonObject>({ parentId, directory, title, model: name, created, updated, archived, mark });
}

/** The row a reference tells of. */
export function listedRow(id: string, listed: JsonObject): SessionRow {
  return defined<SessionRow>({
    id,
    parentId: stringOf(listed, "parentId"),
    projectId: undefined,
    directory: stringOf(listed, "directory"),
    title: stringOf(listed, "title"),
    version: undefined,
    agent: undefined,
    model: modelName(listed["model"]),
    created: numberOf(listed, "created"),
    updated: numberOf(listed, "updated"),
    archived: listed["archived"] === true,
    revert: undefined,
    mark: objectOf(listed, "mark"),
    usage: undefined,
  });
}
