import type { ListReport, ListedSession } from "../../core/api.ts";
import { lineageJson, timeJson, workspaceNameJson } from "./parts.ts";
import type { ListItemJson, ListJson } from "./schemas.ts";

function listItem({ provider, summary, stats, problem }: ListedSession): ListItemJson {
  const { ref } = summary;
  const average = stats?.averageAgentResponseChars ?? 0;
  const item: ListItemJson = {
    schema_version: 2,
    session_id: ref.id,
    provider: provider.slug,
    title: summary.title ?? null,
    native_name: summary.nativeName ?? null,
    messages: stats?.messages ?? 0,
    workspace: summary.workspace ?? null,
    started_at: timeJson(summary.startedAt),
    last_active_at: timeJson(summary.lastActiveAt ?? ref.modifiedAt),
    file_size_bytes: ref.sizeBytes,
    file_size_kb: Math.round(ref.sizeBytes / 1024),
    unique_user_messages: stats?.uniqueUserMessages ?? 0,
    avg_agent_response_chars: average,
    avg_agent_response_chars_rounded: Math.round(average),
    tool_uses: stats?.toolUses ?? 0,
    path: ref.path,
    ...workspaceNameJson(summary.workspace),
    model_name: summary.model ?? stats?.model ?? null,
    git_branch: summary.gitBranch ?? null,
    hidden: summary.hidden ?? null,
    lineage: summary.lineage === undefined ? null : lineageJson(summary.lineage),
  };
  if (problem !== undefined) item.problem = problem;
  return item;
}

/** `list --json`. `workspace` is the folder the list was narrowed to; `recovered` are lines of the crash recovery. */
export function listJson(report: ListReport, workspace: string | undefined, recovered: string[]): ListJson {
  return {
    schema_version: 2,
    items: report.sessions.map(listItem),
    matched: report.matched,
    elsewhere: report.elsewhere,
    workspace: workspace ?? null,
    warnings: [...recovered, ...report.warnings],
  };
}
