import type { LineageReport, ResumeReport } from "../../core/api.ts";
import type { Proof } from "../../probe/proof.ts";
import { isCopy } from "../render/resume.ts";
import { resumeCommand } from "../render/shell.ts";
import { proofJson } from "./doctor.ts";
import { lineageJson, timeJson } from "./parts.ts";
import type { ResumeJson } from "./schemas.ts";

function lineageReportJson(report: LineageReport): NonNullable<ResumeJson["lineage"]> {
  return {
    source_came_from: report.sourceCameFrom === undefined ? null : lineageJson(report.sourceCameFrom),
    returns_home: report.returnsHome ?? null,
    earlier: report.earlier.map(({ id, path, convertedAt, sameSource, goneOn }) => ({
      id,
      path,
      converted_at: timeJson(convertedAt),
      same_source: sameSource,
      gone_on: goneOn,
    })),
  };
}

function verificationJson(
  done: NonNullable<ResumeReport["verification"]>,
): NonNullable<ResumeJson["verification"]> {
  return {
    blocks: done.blocks,
    messages: done.messages,
    tool_calls: done.toolCalls,
    tool_results: done.toolResults,
    images: done.images,
  };
}

function missingWorkspace({ workspace, workspaceIsHere }: ResumeReport): string[] {
  if (workspaceIsHere) return [];
  return [`The workspace ${workspace} is not on this machine: make it, or name another with --workspace.`];
}

/** `resume --json`. In a dry run there is nothing to resume, so ids, paths and commands are null. */
export function resumeJson(
  report: ResumeReport,
  platform: string,
  recovered: string[],
  proof: Proof | undefined,
): ResumeJson {
  const isDryRun = report.outcome === "dry-run";
  const steps = isDryRun ? [] : report.resume;
  const last = steps.findLast((step) => step.argv.length > 0);
  return {
    schema_version: 2,
    ok: true,
    source_provider: report.source.provider.slug,
    target_provider: report.target.provider.slug,
    source_session_id: report.source.header.id,
    target_session_id: isDryRun ? null : report.target.sessionId,
    written_paths: isDryRun ? null : report.writtenPaths,
    resume_command: resumeCommand(steps, platform) ?? null,
    dry_run: isDryRun,
    warnings: [...recovered, ...missingWorkspace(report), ...report.warnings],
    outcome: report.outcome,
    source_path: report.source.ref.path,
    target_path: isDryRun ? null : (report.target.path ?? null),
    target_form: isCopy(report) ? "import" : "native",
    workspace: report.workspace,
    messages: report.source.stats.messages,
    notes: report.notes,
    losses: report.losses.map(({ code, count, message, severity }) => ({ code, count, message, severity })),
    plan: report.plan.map(({ kind, path, detail }) => ({ kind, path, detail })),
    verification: report.verification === undefined ? null : verificationJson(report.verification),
    backups: report.backups,
    lineage: report.lineage === undefined ? null : lineageReportJson(report.lineage),
    resume_argv: last?.argv ?? null,
    resume_cwd: last?.cwd ?? null,
    resume_steps: steps.map(({ argv, cwd, env, note }) => ({
      argv,
      cwd: cwd ?? null,
      env: env ?? {},
      note: note ?? null,
    })),
    proof: proof === undefined ? null : proofJson(proof),
  };
}
