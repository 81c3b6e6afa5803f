/**
 * Records genuine sessions with the installed agent: `npm run corpus:record -- <agent> [options]`.
 * The model's side is played by the loopback server; everything else is the agent's own. Each case becomes
 * `<out>/<agent>/<case>/home`: the session store alone, sanitised, scanned, read by casr and resumed by the agent.
 * Ends with 1 when a case could not be recorded or does not stand up, with 2 for wrong arguments, with 3 without a
 * sandbox. See README.md.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { checkAgent } from "../../../fixtures/sanitise-check.ts";
import { RULES } from "../../../fixtures/sanitise-rules.ts";
import { sanitiseFolder } from "../../../fixtures/sanitise-write.ts";
import type { Agent } from "../agents/agent.ts";
import { agentBySlug, AGENTS } from "../agents/index.ts";
import { agentsDirectory, installAgents } from "../install.ts";
import { checkSandbox, SandboxUnavailable } from "../sandbox.ts";
import type { RecordCase } from "./case.ts";
import { CASES } from "./cases.ts";
import { planCase, settingsOf } from "./plan.ts";
import { loadProvider, type Provider } from "./provider.ts";
import { RECIPES, type Recipe } from "./recipes.ts";
import { packageVersion, recordRuns } from "./run-case.ts";
import { scan, tracesOfThisMachine } from "./scan.ts";
import { verifyHome } from "./verify.ts";

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));
const DEFAULT_OUT = join(REPOSITORY, "recorded");

/** The agents that can be recorded. */
const KNOWN = AGENTS.map((agent) => agent.slug).filter((slug) => RECIPES[slug] !== undefined);

const USAGE = `usage: npm run corpus:record -- <agent> [options]

Records genuine sessions with the installed agent, without a network, into <out>/<agent>/<case>/home.

  <agent>              ${KNOWN.join(", ")}
  --case <name>        one case alone: ${CASES.map(({ name }) => name).join(", ")}
  --out <folder>       where to (default: recorded/)
  --version <version>  another version than the pinned one, in a folder of its own
  --help               this text

Ends with 1 when a case fails, with 2 for wrong arguments, with 3 where no sandbox is to be had.
`;

class Usage extends Error {}

interface Recorder {
  agent: Agent;
  provider: Provider;
  recipe: Recipe;
  out: string;
}

/** Records one case and returns its lines for people: what is in it, then problems. */
async function recordCase(
  recorder: Recorder,
  wanted: RecordCase,
): Promise<{ notes: string[]; problems: string[] }> {
  const { agent, provider, recipe, out } = recorder;
  const runs = planCase(wanted, provider.writer, recipe);
  if (typeof runs === "string") return { notes: [`skipped: ${runs}`], problems: [] };
  const scratch = await mkdtemp(join(tmpdir(), "casr-record-"));
  try {
    const { notes } = await recordRuns(
      agent,
      runs,
      recipe,
      settingsOf(wanted, recipe),
      join(scratch, "home"),
    );
    const target = join(out, agent.slug, wanted.name);
    await rm(target, { recursive: true, force: true });
    const rules = RULES[agent.slug]!;
    const { before, after } = sanitiseFolder(scratch, target, rules, () => {});
    const folders = {
      "folder of the recording": scratch,
      "folder of the agents": agentsDirectory(),
      "folder of the repository": REPOSITORY.replace(/\/$/, ""),
    };
    const problems = [
      ...checkAgent(target, rules, scratch),
      ...(await scan(target, tracesOfThisMachine(folders))),
    ];
    const verified = await verifyHome(
      agent,
      provider,
      join(target, "home"),
      recipe.warnings?.[wanted.name] ?? [],
    );
    const truth = Object.entries(verified.truth).map(([kind, count]) => `${count} ${kind}`);
    return {
      notes: [
        `${before} -> ${after} bytes; casr reads ${verified.read}; sent again: ${truth.join(", ")}`,
        ...notes,
      ],
      problems: [...problems, ...verified.problems],
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Another version than the pinned one has a folder of its own, so that the two do not replace each other. */
function ofVersion(agent: Agent, version: string | undefined): Agent {
  if (version === undefined || version === agent.package.version) return agent;
  return { ...agent, package: { ...agent.package, version, folder: `${agent.package.folder}-${version}` } };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      case: { type: "string" },
      out: { type: "string", default: DEFAULT_OUT },
      version: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) return void process.stdout.write(USAGE);
  const [slug, ...more] = positionals;
  if (slug === undefined || more.length > 0 || !KNOWN.includes(slug))
    throw new Usage(
      `usage: record.ts <${KNOWN.join("|")}> [--case name] [--out folder] [--version version] [--help]`,
    );
  const cases = CASES.filter(({ name }) => values.case === undefined || name === values.case);
  if (cases.length === 0)
    throw new Usage(`no case ${values.case}; known: ${CASES.map(({ name }) => name).join(", ")}`);
  if (RULES[slug] === undefined) throw new Usage(`fixtures/sanitise-rules.ts has no rules for ${slug}`);
  const agent = ofVersion(agentBySlug(slug), values.version);
  await checkSandbox();
  await installAgents([agent]);
  const recipe = RECIPES[slug]!;
  const recorder = { agent, recipe, provider: await loadProvider(slug), out: resolve(values.out) };
  const { folder, name } = agent.package;
  process.stdout.write(`${name} ${await packageVersion(join(agentsDirectory(), folder), name)}\n`);
  for (const wanted of cases) {
    const started = Date.now();
    const { notes, problems } = await recordCase(recorder, wanted).catch((error: unknown) => ({
      notes: [] as string[],
      problems: [error instanceof Error ? error.message : String(error)],
    }));
    if (problems.length > 0) process.exitCode = 1;
    const verdict = problems.length > 0 ? "FAILED" : "ok";
    process.stdout.write(`${slug}/${wanted.name}: ${verdict} (${Date.now() - started} ms)\n`);
    for (const note of notes) process.stdout.write(`  ${note}\n`);
    for (const problem of problems) process.stdout.write(`  ! ${problem}\n`);
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof Usage ? 2 : error instanceof SandboxUnavailable ? 3 : 1;
}
