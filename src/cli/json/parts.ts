import type { Lineage } from "../../session/types.ts";
import type { ListItemJson } from "./schemas.ts";

type LineageJson = NonNullable<ListItemJson["lineage"]>;

/** Epoch ms as the contract has it: whole, or null for unknown and impossible times. */
export function timeJson(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Math.round(value);
}

/** A provenance mark as the contract has it. */
export function lineageJson(lineage: Lineage): LineageJson {
  return {
    source_provider: lineage.sourceProvider,
    source_id: lineage.sourceId,
    digest: lineage.digest,
    casr_version: lineage.casrVersion,
    converted_at: timeJson(lineage.convertedAt),
  };
}

/** The last part of a path of either kind of system; undefined when there is none. */
export function lastPart(path: string): string | undefined {
  return path.split(/[/\\]/).findLast((part) => part !== "");
}

/** The workspace's name and where it was taken from. */
export function workspaceNameJson(
  workspace: string | undefined,
): Pick<ListItemJson, "workspace_name" | "workspace_name_source"> {
  const name = workspace === undefined ? undefined : lastPart(workspace);
  return {
    workspace_name: name ?? null,
    workspace_name_source: name === undefined ? "none" : "session_workspace_path",
  };
}
