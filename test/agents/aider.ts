/**
 * Proof of the Aider provider by Aider itself: `node test/agents/aider.ts [agent/case …]`. Every recorded session (or
 * the named ones), and a made one, is converted in a scratch home and resumed there by the installed program, against
 * the loopback model. Aider is a Python program and not installed by `install.ts`: `CASR_AIDER_BINARY` names it, else
 * it is the `aider` on PATH. Without it this says so and ends with 0.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { registration } from "../../plugins/casr-provider-aider/src/hook.ts";
import type { Host, Provider } from "../../src/core/api.ts";
import { createRegistry } from "../../src/core/registry.ts";
import { factsOf, openSource } from "../../src/core/source.ts";
import { findProgram } from "../../src/core/statuses.ts";
import { PLAIN_CHOICES } from "../../src/core/trial.ts";
import { createWorld } from "../../src/core/world.ts";
import { goldenSource } from "../../src/probe/golden.ts";
import type { Proof } from "../../src/probe/proof.ts";
import { prove, type ProofSource } from "../../src/probe/prove.ts";
import { AGENTS, registrationOf, type AgentSlug } from "../support/readers.ts";
import { RESUME_TIMEOUT_MS } from "./resume.ts";
import { corpusSessions } from "./corpus.ts";

const signal = new AbortController().signal;
const aider: Provider = {
  ...registration,
  package: { name: "casr-provider-aider", version: "0.1.0", root: "", origin: "linked" },
};

function hostFor(home: string, state: string): Host {
  const env = process.env;
  const entries = [{ registration, package: aider.package }];
  return {
    registry: createRegistry(entries),
    folders: { state: join(state, "state"), cache: join(state, "cache") },
    world: (warn, stop) => createWorld({ home, cwd: home, env, warn, signal: stop }),
    version: "0.0.0-test",
    log: (_level, text) => process.env["CASR_DEBUG"] !== undefined && process.stderr.write(`${text}\n`),
  };
}

function tell(name: string, proof: Proof): void {
  const scores = Object.entries(proof.recall?.scores ?? {})
    .filter(([, score]) => score.wanted > 0)
    .map(([kind, score]) => `${kind} ${score.found}/${score.wanted}`);
  const why = proof.reason === undefined ? "" : `: ${proof.reason}`;
  process.stdout.write(`${proof.status}  ${name}  ${scores.join(", ")}${why}\n`);
}

/** A recorded session as a source for a proof. */
async function sourceIn(agent: AgentSlug, home: string, path: string): Promise<ProofSource> {
  const provider: Provider = { ...(await registrationOf(agent)), package: aider.package };
  const reader = await provider.reader!();
  const world = createWorld({ home, cwd: home, env: {}, warn: () => {}, signal });
  const ref = await reader.identify(path, world);
  if (ref === undefined) throw new Error(`${path} is no session of ${agent}`);
  const source = await openSource(provider, ref, world);
  return { source, facts: await factsOf(source, "context"), choices: PLAIN_CHOICES };
}

async function main(named: readonly string[]): Promise<number> {
  const state = await mkdtemp(join(tmpdir(), "casr-aider-"));
  try {
    const host = hostFor(state, state);
    if (
      (await findProgram(
        aider,
        host.world(() => {}, signal),
      )) === undefined
    ) {
      process.stdout.write(
        "skipped: Aider is not installed (pip install aider-chat, or set CASR_AIDER_BINARY)\n",
      );
      return 0;
    }
    let failed = 0;
    const attempt = async (
      name: string,
      session: (workspace: string) => Promise<ProofSource>,
    ): Promise<void> => {
      const proof = await prove({ host, target: aider, session, signal, timeoutMs: RESUME_TIMEOUT_MS * 2 });
      if (proof.status !== "passed") failed += 1;
      tell(name, proof);
    };
    if (named.length === 0)
      await attempt("golden", (workspace) =>
        goldenSource(
          workspace,
          host.world(() => {}, signal),
        ),
      );
    for (const { agent, case: name, home, id, path } of await corpusSessions({ agents: [...AGENTS] })) {
      const word = `${agent.slug}/${name}`;
      if (named.length > 0 && !named.includes(word)) continue;
      await attempt(`${word} ${id}`, () => sourceIn(agent.slug as AgentSlug, home, join(home, path)));
    }
    return failed === 0 ? 0 : 1;
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
