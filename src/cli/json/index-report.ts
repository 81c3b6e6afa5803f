import type { IndexReport } from "../../core/session-index/report.ts";
import { timeJson } from "./parts.ts";
import type { IndexJson } from "./schemas.ts";

/** `index --json`. */
export function indexJson({ path, sizeBytes, stores, warnings }: IndexReport): IndexJson {
  const sum = (key: "sessions" | "summarized" | "counted"): number =>
    stores.reduce((total, store) => total + store[key], 0);
  return {
    schema_version: 2,
    path,
    size_bytes: sizeBytes,
    sessions: sum("sessions"),
    summarized: sum("summarized"),
    counted: sum("counted"),
    providers: stores.map(({ provider, sessions, summarized, counted, current, changedAt }) => ({
      provider: provider.slug,
      sessions,
      summarized,
      counted,
      current,
      changed_at: timeJson(changedAt),
    })),
    warnings,
  };
}
