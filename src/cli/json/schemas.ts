import * as z from "zod";
import { ERROR_CODES } from "../../core/errors.ts";

/*
 * The public JSON contract: a superset of what the Rust casr 0.3 prints. Only tests and
 * bin/schemas.js load this module; commands import its types and build plain objects.
 */

const time = z.int().nullable().describe("Epoch milliseconds");
const count = z.int().nonnegative();
const text = z.string().nullable();
const version = z.literal(2).describe("Version of this contract");

const lineage = z
  .object({
    source_provider: z.string(),
    source_id: z.string(),
    digest: z.string().describe("sha256 of the source session's bytes when it was converted"),
    casr_version: z.string(),
    converted_at: time,
  })
  .describe("The session this one was converted from by casr");

const workspaceName = {
  workspace_name: text.describe("Last part of the workspace path"),
  workspace_name_source: z.enum(["session_workspace_path", "none"]),
  repo_name: z.string().optional().describe("Repository name, where the session records a git remote"),
};

const listItemSchema = z.object({
  schema_version: version,
  session_id: z.string(),
  provider: z.string().describe("Slug of the provider"),
  title: text,
  native_name: text.describe("Name given by a person or by the agent"),
  messages: count,
  workspace: text,
  started_at: time,
  last_active_at: time,
  file_size_bytes: count,
  file_size_kb: count,
  unique_user_messages: count,
  avg_agent_response_chars: z.number().nonnegative(),
  avg_agent_response_chars_rounded: count,
  tool_uses: count,
  path: z.string(),
  ...workspaceName,
  model_name: text,
  git_branch: text,
  hidden: z
    .enum(["subagent", "headless", "archived"])
    .nullable()
    .describe("Why the agent's own list leaves it out"),
  lineage: lineage.nullable(),
  problem: z.string().optional().describe("Why the session could not be read; its counts are 0 then"),
});

export const listSchema = z.object({
  schema_version: version,
  items: z.array(listItemSchema),
  matched: count.describe("Sessions that matched before the limit"),
  elsewhere: count.describe("Sessions in other workspaces"),
  workspace: text.describe("The folder the list was narrowed to"),
  warnings: z.array(z.string()),
});

export const infoSchema = z.object({
  schema_version: version,
  session_id: z.string(),
  provider: z.string(),
  title: text,
  native_name: text,
  workspace: text,
  messages: count,
  started_at: time,
  ended_at: time,
  model_name: text,
  source_path: z.string(),
  metadata: z.record(z.string(), z.json()),
  ...workspaceName,
  transcript_tail: z
    .array(z.object({ idx: count, role: z.string(), snippet: z.string() }))
    .optional()
    .describe("The last messages; only with --peek"),
  files: z.array(z.string()),
  file_size_bytes: count,
  last_active_at: time,
  user_messages: count,
  unique_user_messages: count,
  avg_agent_response_chars: z.number().nonnegative(),
  tool_uses: count,
  agent_version: text,
  git: z.object({ branch: text, commit: text, remote: text }).nullable(),
  usage: z.record(z.string(), z.number()).nullable().describe("Token counts"),
  parent: z.object({ id: z.string(), provider: z.string(), relation: z.string() }).nullable(),
  children: z.array(z.object({ id: z.string(), provider: z.string(), relation: z.string() })),
  lineage: lineage.nullable(),
  records: z.object({ total: count, malformed: count }),
  warnings: z.array(z.string()),
});

const providerSchema = z.object({
  schema_version: version,
  name: z.string(),
  slug: z.string(),
  alias: z.string().describe("The preferred short name"),
  installed: z.boolean().describe("The agent's program or its data is on this machine"),
  version: text.describe("What the installed agent reports"),
  evidence: z.array(z.string()),
  aliases: z.array(z.string()),
  binary_path: text,
  data_found: z.boolean(),
  roots: z.array(z.string()).describe("Folders the agent keeps sessions in, existing or not"),
  home_variables: z.array(z.string()),
  verified_versions: z.array(z.string()),
  read: z.boolean(),
  write: z.boolean(),
  resume: z.boolean(),
  probe: z.boolean(),
  package: z.object({
    name: z.string(),
    version: text,
    root: text,
    origin: z.enum(["bundled", "user", "linked", "missing"]).describe("missing: the plugin is not installed"),
  }),
  install_command: text.describe("What installs the plugin; null when it is there"),
  problem: z.string().optional(),
});

export const providersSchema = z.array(providerSchema);

export const checkSchema = z.object({
  schema_version: version,
  ok: z.boolean().describe("Every check that applies passed"),
  exit_status: z.int(),
  package: z.object({ name: z.string(), version: z.string(), root: z.string() }),
  passed: count,
  failed: count,
  skipped: count,
  recorded: z.array(z.string()).describe("Goldens written before the checks; only with --update"),
  checks: z.array(
    z.object({
      name: z.string(),
      status: z.enum(["passed", "failed", "skipped"]),
      message: text.describe("Why it failed or was skipped"),
    }),
  ),
});

export const newProviderSchema = z.object({
  schema_version: version,
  ok: z.literal(true),
  folder: z.string().describe("Absolute path of the new package"),
  slug: z.string(),
  name: z.string(),
  alias: z.string(),
  store: z.string().describe("Below the home folder"),
  files: z.array(z.string()),
  next: z.array(z.string()).describe("Commands to type in the folder"),
});

const loss = z.object({
  code: z.string(),
  count,
  message: z.string(),
  severity: z.enum(["lost", "changed", "note"]),
});

const step = z.object({
  argv: z.array(z.string()),
  cwd: text,
  env: z.record(z.string(), z.string()),
  note: text,
});

const proof = z.object({
  provider: z.string(),
  status: z.enum(["passed", "failed", "blocked", "skipped"]),
  reason: text.describe("Why it did not pass, in one line"),
  suggestion: text,
  program: text.describe("The agent's program that was run"),
  version: text,
  isolation: z.enum(["namespaces", "proxy"]).nullable().describe("How the agent was kept from the network"),
  recall: z
    .array(z.object({ kind: z.string(), wanted: count, found: count, difference: text }))
    .nullable()
    .describe("What reached the agent's model of what was written, by kind"),
  unexplained: z.array(z.string()).describe("Texts the agent added by itself"),
  notes: z.array(z.string()),
  listed: z.boolean().nullable().describe("The agent's own list shows the session; null where it has none"),
  losses: z.array(loss),
  duration_ms: count,
});

export const resumeSchema = z.object({
  schema_version: version,
  ok: z.literal(true),
  source_provider: z.string(),
  target_provider: z.string(),
  source_session_id: z.string(),
  target_session_id: text.describe("Null in a dry run"),
  written_paths: z.array(z.string()).nullable().describe("Null in a dry run"),
  resume_command: text.describe("For the platform's usual shell; null in a dry run"),
  dry_run: z.boolean(),
  warnings: z.array(z.string()),
  outcome: z.enum(["converted", "direct", "existing", "dry-run"]),
  source_path: z.string(),
  target_path: text,
  target_form: z
    .enum(["native", "import"])
    .describe("What was written: a session of the target's own store, or a copy that the target imports"),
  workspace: z.string(),
  messages: count,
  notes: z.array(z.string()),
  losses: z.array(loss),
  plan: z.array(z.object({ kind: z.string(), path: z.string(), detail: z.string() })),
  verification: z
    .object({ blocks: count, messages: count, tool_calls: count, tool_results: count, images: count })
    .nullable()
    .describe("What was compared after writing"),
  backups: z.array(z.object({ path: z.string(), backup: z.string() })),
  lineage: z
    .object({
      source_came_from: lineage.nullable(),
      returns_home: z.object({ provider: z.string(), id: z.string(), exists: z.boolean() }).nullable(),
      earlier: z.array(
        z.object({
          id: z.string(),
          path: z.string(),
          converted_at: time,
          same_source: z.boolean(),
          gone_on: z.boolean().describe("The target agent has written to it since"),
        }),
      ),
    })
    .nullable(),
  resume_argv: z.array(z.string()).nullable().describe("The last step's words; no shell needed"),
  resume_cwd: text,
  resume_steps: z.array(step).describe("All steps, in order"),
  proof: proof.nullable().describe("Only with --probe: what the installed agent made of the session"),
});

export const doctorSchema = z.object({
  schema_version: version,
  ok: z.boolean().describe("Nothing is broken, and no proof that was run went wrong"),
  agents: z.array(
    z.object({
      slug: z.string(),
      name: z.string(),
      installed: z.boolean(),
      version: text,
      binary_path: text,
      version_verdict: z
        .enum([
          "ok",
          "newer than verified",
          "older than verified",
          "failed when verified",
          "unproven",
          "unknown",
        ])
        .nullable()
        .describe("Null when the agent's program is not here"),
      verified: z.array(
        z.object({
          version: z.string(),
          date: z.string(),
          result: z.enum(["passed", "failed", "unproven"]),
        }),
      ),
      store: z
        .object({
          found: z.boolean(),
          sessions: count,
          hidden: count,
          bytes: count,
          unreadable: z.array(z.object({ path: z.string(), problem: z.string() })),
          unreadable_count: count,
          damaged_records: count.nullable().describe("Only with --deep"),
        })
        .nullable(),
      plugin: z.object({
        name: z.string(),
        version: z.string(),
        origin: z.enum(["bundled", "user", "linked"]),
      }),
      faults: z.array(z.string()).describe("What is wrong with the plugin"),
    }),
  ),
  plugin_faults: z
    .array(z.object({ package: z.string(), version: z.string(), message: z.string() }))
    .describe("Plugins that give no provider"),
  recovered: z.array(z.string()).describe("Interrupted writes that were undone now, or could not be"),
  proofs: z.array(proof).optional().describe("Only with --probe"),
});

export const indexSchema = z.object({
  schema_version: version,
  path: z.string().describe("The database"),
  size_bytes: count.describe("0 when there is none"),
  sessions: count,
  summarized: count.describe("Sessions whose summary need not be made again"),
  counted: count.describe("Sessions whose messages need not be counted again"),
  providers: z.array(
    z.object({
      provider: z.string(),
      sessions: count,
      summarized: count,
      counted: count,
      current: z.boolean().describe("Nothing has come, gone or changed since it was stored"),
      changed_at: time.describe("When something of it was stored last"),
    }),
  ),
  warnings: z.array(z.string()),
});

export const errorSchema = z.object({
  schema_version: version,
  ok: z.literal(false),
  error_type: z.string(),
  message: z.string(),
  code: z.enum([...(Object.keys(ERROR_CODES) as (keyof typeof ERROR_CODES)[]), "interrupted"]),
  exit_status: z.int(),
  context: z.record(z.string(), z.json()),
  suggestions: z.array(z.string()),
});

export type DoctorJson = z.infer<typeof doctorSchema>;
export type ProofJson = z.infer<typeof proof>;
export type ListItemJson = z.infer<typeof listItemSchema>;
export type ListJson = z.infer<typeof listSchema>;
export type IndexJson = z.infer<typeof indexSchema>;
export type InfoJson = z.infer<typeof infoSchema>;
export type ProviderJson = z.infer<typeof providerSchema>;
export type CheckJson = z.infer<typeof checkSchema>;
export type NewProviderJson = z.infer<typeof newProviderSchema>;
export type ResumeJson = z.infer<typeof resumeSchema>;
export type ErrorJson = z.infer<typeof errorSchema>;
