import type { JsonObject, Lineage } from "casr-cli/provider";

/** casr's mark, as it stands in the first record. */
export function lineageMark(lineage: Lineage): JsonObject {
  return {
    source: { provider: lineage.sourceProvider, id: lineage.sourceId },
    digest: lineage.digest,
    version: lineage.casrVersion,
    converted_at: new Date(lineage.convertedAt).toISOString(),
  };
}
