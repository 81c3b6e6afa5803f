import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import type { InfoReport, ListReport, Provider, ResumeReport } from "../../src/core/api.ts";
import { CasrError, ERROR_CODES, ERROR_TYPES, type ErrorCode } from "../../src/core/errors.ts";
import { describeFailure } from "../../src/cli/failure.ts";
import { errorJson } from "../../src/cli/json/error.ts";
import { infoJson } from "../../src/cli/json/info.ts";
import { jsonSchemas } from "../../src/cli/json/json-schemas.ts";
import { listJson } from "../../src/cli/json/list.ts";
import { resumeJson } from "../../src/cli/json/resume.ts";
import { errorSchema, infoSchema, listSchema, resumeSchema } from "../../src/cli/json/schemas.ts";

const provider = { slug: "toy", name: "Toy Agent", aliases: ["ty"] } as unknown as Provider;
const ref = {
  provider: "toy",
  id: "id-1",
  path: "/x/id-1.jsonl",
  sizeBytes: 1536,
  modifiedAt: 1_763_700_000_000.25,
};
const stats = {
  messages: 4,
  userMessages: 1,
  uniqueUserMessages: 1,
  averageAgentResponseChars: 2.5,
  toolUses: 1,
};
const lineage = {
  sourceProvider: "codex",
  sourceId: "s",
  digest: "d",
  casrVersion: "1.0.0",
  convertedAt: 1_763_700_000_000,
};
const header = { id: "id-1", provider: "toy", metadata: { cli: "1" }, sourcePath: ref.path };

/** What comes out of a parse is what went in: the builder adds no key the contract does not name. */
function conforms(schema: z.ZodType, value: unknown): void {
  expect(schema.parse(value)).toEqual(value);
}

describe("list", () => {
  const report: ListReport = {
    sessions: [
      {
        provider,
        summary: { ref, title: "T", workspace: "/home/a/proj/", lineage, hidden: "headless" },
        stats,
      },
      { provider, summary: { ref }, problem: "no header" },
    ],
    matched: 2,
    elsewhere: 1,
    warnings: ["w"],
  };

  test("follows the contract, with every key of the Rust casr", () => {
    const json = listJson(report, "/home/a/proj", ["undone"]);
    conforms(listSchema, json);
    expect(json.warnings).toEqual(["undone", "w"]);
    expect(json.items[0]).toMatchObject({
      session_id: "id-1",
      file_size_kb: 2,
      avg_agent_response_chars_rounded: 3,
      workspace_name: "proj",
      workspace_name_source: "session_workspace_path",
      last_active_at: 1_763_700_000_000,
    });
    expect(json.items[1]).toMatchObject({
      messages: 0,
      title: null,
      workspace_name_source: "none",
      problem: "no header",
    });
    const rustKeys =
      `schema_version session_id provider title native_name messages workspace started_at last_active_at
      file_size_bytes file_size_kb unique_user_messages avg_agent_response_chars avg_agent_response_chars_rounded
      tool_uses path workspace_name workspace_name_source`.split(/\s+/);
    expect(Object.keys(json.items[1]!)).toEqual(expect.arrayContaining(rustKeys));
  });
});

describe("info", () => {
  const report: InfoReport = {
    provider,
    ref,
    header: {
      ...header,
      workspace: "C:\\work\\proj",
      git: { branch: "main", remote: "git@example.com:team/repo.git" },
      lineage,
      usage: { inputTokens: 3 },
      parent: { id: "p", provider: "toy", relation: "fork" },
    },
    stats,
    tail: [{ index: 3, role: "assistant", snippet: "done" }],
    records: { total: 5, malformed: 1 },
    warnings: [],
  };

  test("follows the contract; the tail is there only when asked for", () => {
    const json = infoJson(report, true, []);
    conforms(infoSchema, json);
    expect(json).toMatchObject({ workspace_name: "proj", repo_name: "repo" });
    expect(json.transcript_tail).toEqual([{ idx: 3, role: "Assistant", snippet: "done" }]);
    expect(infoJson(report, false, [])).not.toHaveProperty("transcript_tail");
    conforms(infoSchema, infoJson({ ...report, header, tail: [] }, false, []));
  });
});

describe("resume", () => {
  const report: ResumeReport = {
    outcome: "converted",
    source: { provider, ref, header, stats },
    target: { provider, sessionId: "new", path: "/y/new.jsonl" },
    workspace: "/ws",
    workspaceIsHere: true,
    losses: [{ code: "image-lost", count: 2, message: "images", severity: "lost" }],
    warnings: [],
    notes: [],
    plan: [{ kind: "create-file", path: "/y/new.jsonl", detail: "create" }],
    writtenPaths: ["/y/new.jsonl"],
    backups: [{ path: "/y/new.jsonl", backup: "/y/new.jsonl.bak" }],
    verification: { blocks: 9, messages: 4, toolCalls: 1, toolResults: 1, images: 0 },
    lineage: {
      sourceCameFrom: lineage,
      returnsHome: { provider: "codex", id: "s", exists: true },
      earlier: [{ id: "e", path: "/y/e", convertedAt: 1, sameSource: false, goneOn: false }],
    },
    resume: [
      { argv: ["toy", "import", "x"] },
      { argv: ["toy", "--last"], cwd: "/ws", env: { A: "b" }, note: "n" },
    ],
  };

  test("follows the contract", () => {
    const json = resumeJson(report, "linux", [], undefined);
    conforms(resumeSchema, json);
    expect(json).toMatchObject({
      ok: true,
      dry_run: false,
      target_session_id: "new",
      resume_command: "toy import x && cd '/ws' && A=b toy --last",
      resume_argv: ["toy", "--last"],
      resume_cwd: "/ws",
    });
  });

  test("a dry run has nothing to resume", () => {
    const json = resumeJson({ ...report, outcome: "dry-run", writtenPaths: [] }, "linux", [], undefined);
    conforms(resumeSchema, json);
    expect(json).toMatchObject({
      dry_run: true,
      target_session_id: null,
      written_paths: null,
      resume_command: null,
      resume_steps: [],
    });
    expect(json.plan).toHaveLength(1);
  });
});

describe("errors", () => {
  test.each(Object.keys(ERROR_CODES) as ErrorCode[])("%s has its exit status and its Rust name", (code) => {
    const error = new CasrError(code, "What happened.", {
      suggestions: ["casr list"],
      context: { word: "x" },
    });
    const json = errorJson(describeFailure(error, "resume", false));
    conforms(errorSchema, json);
    expect(json).toMatchObject({
      ok: false,
      code,
      error_type: ERROR_TYPES[code],
      exit_status: ERROR_CODES[code],
    });
  });

  test("anything else is a bug with status 1", () => {
    const json = errorJson(describeFailure(new TypeError("oops"), undefined, false));
    conforms(errorSchema, json);
    expect(json).toMatchObject({ code: "internal", exit_status: 1 });
    conforms(errorSchema, errorJson(describeFailure("thrown string", undefined, true)));
  });
});

test("docs/schemas is what the zod schemas say", async () => {
  const folder = fileURLToPath(new URL("../../docs/schemas", import.meta.url));
  const schemas = jsonSchemas();
  expect((await readdir(folder)).sort()).toEqual(
    Object.keys(schemas)
      .map((name) => `${name}.json`)
      .sort(),
  );
  for (const [name, schema] of Object.entries(schemas)) {
    const text = await readFile(join(folder, `${name}.json`), "utf8");
    expect(JSON.parse(text), `run node bin/schemas.js (${name})`).toEqual(JSON.parse(JSON.stringify(schema)));
  }
});
