import type { ConformanceResult } from "../../testing/conformance/index.ts";
import type { PluginPackage } from "../plugin-package.ts";
import type { CheckJson } from "./schemas.ts";

/** `providers check --json`. `recorded` are the goldens that were written before the checks ran. */
export function checkJson(
  { name, version, root }: PluginPackage,
  results: ConformanceResult[],
  recorded: string[],
  exitStatus: number,
): CheckJson {
  const count = (status: ConformanceResult["status"]): number =>
    results.filter((result) => result.status === status).length;
  return {
    schema_version: 2,
    ok: exitStatus === 0,
    exit_status: exitStatus,
    package: { name, version, root },
    passed: count("passed"),
    failed: count("failed"),
    skipped: count("skipped"),
    recorded,
    checks: results.map((result) => ({
      name: result.name,
      status: result.status,
      message: result.message ?? null,
    })),
  };
}
