import type { Registration } from "../provider/registration.ts";
import type { Detection, History, SessionRef, SessionSummary } from "../provider/reader.ts";
import type { Diagnostic, World } from "../provider/world.ts";
import type { ResumeStep } from "../provider/writer.ts";
import type { Lineage, SessionHeader } from "../session/types.ts";
import type { SessionFacts } from "./facts.ts";
import type { Source } from "./source.ts";

/** A provider that passed the registration check, and the package it came from. */
export interface Provider extends Registration {
  package: { name: string; version: string; root: string; origin: "bundled" | "user" | "linked" };
}

/** One problem with a plugin: told in one line, never fatal unless that provider was asked for. */
export interface ProviderFault {
  package: string;
  version: string;
  slug?: string;
  message: string;
}

/** A provider that can be installed: what the host, not the core, knows of it. */
export interface ProviderOffer {
  slug: string;
  name: string;
  aliases: string[];
  /** npm's name of it. */
  package: string;
}

/** Providers by slug, and what went wrong while they registered. */
export interface Registry {
  providers: Provider[];
  faults: ProviderFault[];
  /** By slug or alias (case-insensitive). Throws `unknown-provider` with near names. */
  get(word: string): Provider;
  find(word: string): Provider | undefined;
  /** A provider that is not installed but could be, by slug or alias. */
  offer(word: string): ProviderOffer | undefined;
  /** The host's own providers that are not installed. */
  absent: readonly ProviderOffer[];
}

/** Where casr keeps its own things; every folder is made when first needed, mode 0700. */
export interface CasrFolders {
  state: string;
  cache: string;
}

/** Everything a run needs; made once by the command line, or by a test. */
export interface Host {
  registry: Registry;
  folders: CasrFolders;
  /**
   * The machine as providers see it; their warnings go to `warn`, `signal` ends their reading, `onBytes` is told
   * how many bytes of files they read.
   */
  world(
    warn: (diagnostic: Diagnostic) => void,
    signal: AbortSignal,
    onBytes?: (bytes: number) => void,
  ): World;
  version: string;
  log(level: "debug" | "trace", message: string): void;
}

/** A session found in a store. */
export interface FoundSession {
  provider: Provider;
  ref: SessionRef;
}

/** A session in a listing: its summary and what a full read adds. */
export interface SessionStats {
  messages: number;
  userMessages: number;
  uniqueUserMessages: number;
  averageAgentResponseChars: number;
  toolUses: number;
  model?: string;
}

export interface ListedSession {
  provider: Provider;
  summary: SessionSummary;
  /** Missing when the session could not be read; `problem` says why. */
  stats?: SessionStats;
  problem?: string;
}

export interface ProviderStatus {
  provider: Provider;
  detection: Detection;
  /** Version the installed agent reports, and where its program is. */
  binary?: { path: string; version?: string };
  problem?: string;
}

/** One kind of thing the target cannot hold or will not send, with how often it occurs. */
export interface Loss {
  /** Stable kebab-case word, for instance `reasoning-not-sent`. */
  code: string;
  count: number;
  /** One line for people, without the count. */
  message: string;
  /** `lost` does not reach the target's model; `changed` reaches it in another form; `note` is by request. */
  severity: "lost" | "changed" | "note";
}

export interface ResumeOptions {
  /** Word for the session: id, unique prefix, path, `latest`, `provider:id`, `provider n`. */
  session: string;
  /** Slug or alias. */
  target: string;
  /** Alias, slug or path. */
  source?: string;
  dryRun: boolean;
  force: boolean;
  enrich: boolean;
  /** Absolute folder that replaces the recorded workspace. */
  workspace?: string;
  fork: boolean;
  history: History;
  reasoning: "keep" | "text" | "drop" | "auto";
  /** Estimated tokens (4 characters each); 0 = no limit. */
  maxContextTokens: number;
  /** Characters per tool result; 0 = no limit. */
  maxToolOutput: number;
  strict: boolean;
  signal: AbortSignal;
  /**
   * Called once the losses are known and before anything is written; what it throws ends the run. Not called
   * when nothing is converted.
   */
  beforeWrite?: (source: Source, facts: SessionFacts, target: Provider) => Promise<void>;
  /** Called right before the first write, with everything known by then: no paths written, nothing verified. */
  onPlanned?: (planned: ResumeReport) => void;
  /**
   * Bytes done of bytes in all, for a progress line: one count over all passes, in bytes of the source, which never
   * goes back. `phase` is `reading`, `writing` or `verifying`.
   */
  onProgress?: (phase: string, done: number, total: number) => void;
}

export interface PlannedStep {
  kind: string;
  path: string;
  /** For people: `create`, `append 1 line`, `2 statements`. */
  detail: string;
}

/** What a conversion did, or in a dry run would do. */
export interface ResumeReport {
  /** `direct` = same provider, nothing written; `existing` = this state of the source was converted before. */
  outcome: "converted" | "direct" | "existing" | "dry-run";
  source: { provider: Provider; ref: SessionRef; header: SessionHeader; stats: SessionStats };
  target: { provider: Provider; sessionId: string; path?: string };
  workspace: string;
  /** Sessions travel between machines, their folders do not: then the resume command cannot work yet. */
  workspaceIsHere: boolean;
  losses: Loss[];
  /** Validation warnings and diagnostics, ready to print. */
  warnings: string[];
  /** Shown with --verbose. */
  notes: string[];
  plan: PlannedStep[];
  writtenPaths: string[];
  backups: { path: string; backup: string }[];
  /** What was compared after writing; missing in a dry run. */
  verification?: { blocks: number; messages: number; toolCalls: number; toolResults: number; images: number };
  lineage?: LineageReport;
  resume: ResumeStep[];
}

/** How source and target are related through earlier conversions. */
export interface LineageReport {
  /** The source itself was made by casr from this session. */
  sourceCameFrom?: Lineage;
  /** Going back to the agent the session once came from; the original is still there. */
  returnsHome?: { provider: string; id: string; exists: boolean };
  /**
   * Earlier conversions of this source to this target that still exist, newest first. `goneOn`: the
   * target agent has written to it since.
   */
  earlier: { id: string; path: string; convertedAt: number; sameSource: boolean; goneOn: boolean }[];
}

export interface ListOptions {
  providers?: string[];
  /** Absolute folder; sessions in it and below. */
  workspace?: string;
  limit: number;
  sort: "date" | "messages" | "provider";
  /** Include sessions the agents hide from their own lists. */
  hidden: boolean;
  signal: AbortSignal;
  /** Sessions looked at of those that must be, for a progress line. */
  onSessions?: (done: number, total: number) => void;
  /** Bytes read of the sessions that must be read whole for their counts. */
  onProgress?: (phase: string, done: number, total: number) => void;
}

export interface ListReport {
  sessions: ListedSession[];
  /** How many matched before the limit, and how many are elsewhere. */
  matched: number;
  elsewhere: number;
  warnings: string[];
}

export interface InfoOptions {
  /** As for `resume`: an id or the start of one, a file, `latest`, `agent:id`, `agent N`. */
  session: string;
  /** Look only in this agent's store, or at this file. */
  source?: string;
  /** How many of the last messages shall be shown. */
  peek: number;
  signal: AbortSignal;
  /** Bytes of the session read so far, for a progress line. */
  onProgress?: (phase: string, done: number, total: number) => void;
}

export interface InfoReport {
  provider: Provider;
  ref: SessionRef;
  header: SessionHeader;
  stats: SessionStats;
  tail: { index: number; role: string; snippet: string }[];
  records: { total: number; malformed: number };
  warnings: string[];
}
