import { resolve } from "node:path";
import { boolean, string } from "@oclif/core/flags";
import type { Host, ResumeOptions, ResumeReport } from "../core/api.ts";
import { CasrError, isCasrError } from "../core/errors.ts";
import { recoverStore } from "../core/recovery.ts";
import { resumeSession } from "../core/resume.ts";
import { CasrCommand } from "../cli/base-command.ts";
import { count, folder, provider, sessionArgs, sessionWord } from "../cli/flags.ts";
import { homeFolder, startFolder } from "../cli/folders.ts";
import { keepHeapSmall } from "../cli/heap.ts";
import { resumeJson } from "../cli/json/resume.ts";
import { createResumeProof } from "../cli/resume-proof.ts";
import { renderProven } from "../cli/render/proven.ts";
import { launch } from "../cli/launch.ts";
import { writeJson, writeLines } from "../cli/output.ts";
import { createProgress } from "../cli/progress.ts";
import { asResumeChoice, lossesOf } from "../cli/refused.ts";
import { renderLosses } from "../cli/render/losses.ts";
import { renderDone, renderFound } from "../cli/render/resume.ts";

const HISTORIES = ["context", "full"] as const;
const REASONINGS = ["keep", "text", "drop"] as const;

export default class Resume extends CasrCommand {
  static override summary = "Make a session of one agent resumable in another, and say how to resume it.";
  static override description = `Finds the session among all installed agents, converts it to the target's own format, reads it back, compares, and prints the command that resumes it. The source is never changed. What the target cannot hold is listed with counts.

The same, shorter: <%= config.bin %> cc resume SESSION, or <%= config.bin %> -cc SESSION.`;
  static override usage = ["resume SESSION [N] --to AGENT [flags]"];
  static override examples = [
    {
      description: "Continue a Codex session in Claude Code",
      command: "<%= config.bin %> resume 019a2b3c --to claude-code",
    },
    { description: "The same", command: "<%= config.bin %> cc resume 019a2b3c" },
    {
      description: "The newest session of this folder, in Codex, at once",
      command: "<%= config.bin %> -cod latest --launch",
    },
    {
      description: "Write it only if Gemini CLI, resumed offline, sends all of it to its model",
      command: "<%= config.bin %> gmi resume latest --probe",
    },
    {
      description: "See first what would be written and what would be lost",
      command: "<%= config.bin %> gmi resume codex 1 --dry-run",
    },
  ];
  static override args = sessionArgs;
  static override flags = {
    to: provider({ description: "The agent to resume it in.", aliases: ["in"] }),
    source: provider({
      description: "Look only in this agent's store, or read this file.",
      helpValue: "AGENT|FILE",
    }),
    workspace: folder({ description: "Resume in this folder instead of the recorded one." }),
    probe: boolean({
      description:
        "First run the agent itself on the converted session, offline in a scratch home; write only if all of it reaches its model.",
    }),
    "dry-run": boolean({ description: "Do everything but write; print the plan." }),
    force: boolean({ description: "Replace an earlier conversion; the old files stay as .bak." }),
    fork: boolean({ description: "Make a new copy, also in the session's own agent." }),
    launch: boolean({
      description: "Run the resume command here afterwards, and end with its exit status.",
      exclusive: ["dry-run", "json"],
    }),
    history: string({
      description: "What the agent would still send (context), or also what came before a compaction (full).",
      options: [...HISTORIES],
      default: "context",
      helpGroup: "CONTENT",
    }),
    reasoning: string({
      description: "What to do with reasoning the target cannot replay; the default is the best it can take.",
      options: [...REASONINGS],
      helpGroup: "CONTENT",
    }),
    "max-context-tokens": count({
      description: "Leave out the oldest messages over N tokens (estimated); 0 = no limit.",
      default: 0,
      helpGroup: "CONTENT",
    }),
    "max-tool-output": count({
      description: "Shorten tool results to N characters; 0 = no limit.",
      default: 0,
      helpGroup: "CONTENT",
    }),
    enrich: boolean({
      description: "Add a short note on where the session came from.",
      helpGroup: "CONTENT",
    }),
    strict: boolean({
      description: "Refuse (exit status 12) when anything would be lost.",
      helpGroup: "CONTENT",
    }),
  };

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Resume);
    const session = sessionWord(args, flags.source);
    const host = await this.createHost(flags);
    if (flags.to === undefined) throw missingTarget(host, session);
    keepHeapSmall();
    const recovered = await recoverStore(host);
    const progress = createProgress(flags.json ? undefined : process.stderr);
    const options: ResumeOptions = {
      session,
      target: flags.to,
      dryRun: flags["dry-run"],
      force: flags.force,
      enrich: flags.enrich,
      fork: flags.fork,
      history: HISTORIES.find((word) => word === flags.history) ?? "context",
      reasoning: REASONINGS.find((word) => word === flags.reasoning) ?? "auto",
      maxContextTokens: flags["max-context-tokens"],
      maxToolOutput: flags["max-tool-output"],
      strict: flags.strict,
      signal: this.signal,
      onProgress: progress.update,
      ...(flags.source === undefined ? {} : { source: flags.source }),
      ...(flags.workspace === undefined
        ? {}
        : { workspace: resolve(startFolder(homeFolder(process.env, process.platform)), flags.workspace) }),
    };
    const proof = flags.probe ? createResumeProof(host, options, this.signal, progress) : undefined;
    if (proof !== undefined) options.beforeWrite = proof.beforeWrite;
    // People read what will be lost before the first byte is written.
    let shown = false;
    const show = (known: ResumeReport): void => {
      if (!shown) writeLines(renderFound(known, this.page()));
      shown = true;
    };
    if (!flags.json) {
      options.onPlanned = (planned) => {
        progress.clear();
        show(planned);
      };
    }
    const report = await this.#resume(host, options, flags.json).finally(progress.clear);
    if (flags.json) {
      writeJson(resumeJson(report, process.platform, recovered, proof?.result()));
      return 0;
    }
    this.warnings([...recovered, ...report.warnings], flags);
    show(report);
    const proven = proof?.result();
    if (proven !== undefined) writeLines(renderProven(proven, this.page()));
    else if (flags.probe) this.warning("nothing was converted, so there was nothing to prove");
    writeLines(renderDone(report, this.page(), process.platform, flags.verbose));
    if (!flags.launch) return 0;
    this.releaseSignals();
    return launch(report.resume);
  }

  /** Converts; a refusal because of losses is shown with its table on stderr. */
  async #resume(host: Host, options: ResumeOptions, json: boolean): Promise<ResumeReport> {
    try {
      return await resumeSession(host, options);
    } catch (error) {
      if (isCasrError(error) && error.code === "ambiguous-session")
        throw asResumeChoice(error, options.target);
      const losses = isCasrError(error) && !json ? lossesOf(error) : [];
      if (losses.length > 0) {
        const lines = renderLosses(losses, { ...this.page(), style: this.errorStyle });
        process.stderr.write(`\r${lines.join("\n")}\n`);
      }
      throw error;
    }
  }
}

function missingTarget(host: Host, session: string): CasrError {
  const targets = host.registry.providers.filter((candidate) => candidate.writer !== undefined);
  return new CasrError("usage", "Say which agent to resume it in.", {
    suggestions: targets.map((target) => `casr ${target.aliases[0] ?? target.slug} resume ${session}`),
    context: { targets: targets.map((target) => target.slug) },
  });
}
