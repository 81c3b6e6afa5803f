import type { InfoReport } from "../../core/api.ts";
import { lastPart, lineageJson, timeJson, workspaceNameJson } from "./parts.ts";
import type { InfoJson } from "./schemas.ts";

/** The role as people say it: `User`. */
export function roleLabel(role: string): string {
  return role.slice(0, 1).toUpperCase() + role.slice(1);
}

/** `info --json`. The transcript's tail is there when `peeked`. */
export function infoJson(report: InfoReport, peeked: boolean, recovered: string[]): InfoJson {
  const { header, ref, stats } = report;
  const info: InfoJson = {
    schema_version: 2,
    session_id: header.id,
    provider: report.provider.slug,
    title: header.title ?? null,
    native_name: header.nativeName ?? null,
    workspace: header.workspace ?? null,
    messages: stats.messages,
    started_at: timeJson(header.startedAt),
    ended_at: timeJson(header.endedAt),
    model_name: header.model ?? stats.model ?? null,
    source_path: header.sourcePath,
    metadata: header.metadata,
    ...workspaceNameJson(header.workspace),
    files: ref.files ?? [ref.path],
    file_size_bytes: ref.sizeBytes,
    last_active_at: timeJson(header.endedAt ?? ref.modifiedAt),
    user_messages: stats.userMessages,
    unique_user_messages: stats.uniqueUserMessages,
    avg_agent_response_chars: stats.averageAgentResponseChars,
    tool_uses: stats.toolUses,
    agent_version: header.agentVersion ?? null,
    git: null,
    usage: header.usage === undefined ? null : { ...header.usage },
    parent: header.parent ?? null,
    children: header.children ?? [],
    lineage: header.lineage === undefined ? null : lineageJson(header.lineage),
    records: report.records,
    warnings: [...recovered, ...report.warnings],
  };
  if (header.git !== undefined) {
    const { branch, commit, remote } = header.git;
    info.git = { branch: branch ?? null, commit: commit ?? null, remote: remote ?? null };
    const repository = lastPart((remote ?? "").replace(/\.git\/?$/, ""));
    if (repository !== undefined) info.repo_name = repository;
  }
  if (peeked) {
    info.transcript_tail = report.tail.map(({ index, role, snippet }) => ({
      idx: index,
      role: roleLabel(role),
      snippet,
    }));
  }
  return info;
}
