import type { JsonObject, JsonValue, Lineage, World } from "casr-cli/provider";
import { isObject, objectOf, stringOf } from "./json.ts";

/** casr's mark as it is written. */
export function markOf(lineage: Lineage): JsonObject {
  return {
    source: { provider: lineage.sourceProvider, id: lineage.sourceId },
    digest: lineage.digest,
    version: lineage.casrVersion,
    converted_at: new Date(lineage.convertedAt).toISOString(),
  };
}

/** casr's mark as lineage, if it is whole. */
export function lineageOf(mark: JsonValue | undefined, world: World): Lineage | undefined {
  const source = objectOf(mark, "source");
  const sourceProvider = stringOf(source, "provider");
  const sourceId = stringOf(source, "id");
  const digest = stringOf(mark, "digest");
  const casrVersion = stringOf(mark, "version");
  const convertedAt = isObject(mark) ? world.toolkit.parseTimestamp(mark["converted_at"]) : undefined;
  if (sourceProvider === undefined || sourceId === undefined || digest === undefined) return undefined;
  if (casrVersion === undefined || convertedAt === undefined) return undefined;
  return { sourceProvider, sourceId, digest, casrVersion, convertedAt };
}

/** Leaves out undefined fields, as the session types want it. */
export function defined<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
