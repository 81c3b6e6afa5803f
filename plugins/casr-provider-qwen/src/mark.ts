import type { JsonObject, JsonValue, Lineage, Toolkit } from "casr-cli/provider";
import { isObject, objectOf, stringOf } from "./json.ts";

/** casr's mark, as it stands in the first record. */
export function lineageMark(lineage: Lineage): JsonObject {
  return {
    source: { provider: lineage.sourceProvider, id: lineage.sourceId },
    digest: lineage.digest,
    version: lineage.casrVersion,
    converted_at: new Date(lineage.convertedAt).toISOString(),
  };
}

/** casr's mark as lineage; undefined when it is not one. */
export function lineageOf(mark: JsonValue | undefined, toolkit: Toolkit): Lineage | undefined {
  const source = objectOf(mark, "source");
  const sourceProvider = stringOf(source, "provider");
  const sourceId = stringOf(source, "id");
  const digest = stringOf(mark, "digest");
  const casrVersion = stringOf(mark, "version");
  const convertedAt = isObject(mark) ? toolkit.parseTimestamp(mark["converted_at"]) : undefined;
  if (sourceProvider === undefined || sourceId === undefined || digest === undefined) return undefined;
  if (casrVersion === undefined || convertedAt === undefined) return undefined;
  return { sourceProvider, sourceId, digest, casrVersion, convertedAt };
}
