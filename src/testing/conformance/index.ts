import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { completeRegistration } from "../../core/registration-schema.ts";
import { messageOf } from "../../core/errors.ts";
import { damageChecks } from "./damage.ts";
import { growthChecks } from "./growth.ts";
import { inspectHook, registrationsOf } from "./load.ts";
import { homeOutline } from "./outline.ts";
import { fixtureFolderOf, hookOf, packageChecks } from "./package.ts";
import { probeChecks } from "./probe.ts";
import { readChecks } from "./read.ts";
import { hookChecks, registrationChecks, soundnessCheck } from "./registration.ts";
import { fixturesIn, inScene, readerOf } from "./scene.ts";
import type { Candidate, ConformanceCheck, ConformanceSubject } from "./types.ts";
import { writeChecks } from "./write.ts";

export type { ConformanceCheck, ConformanceSubject } from "./types.ts";

/** The sound registrations of a hook and all that was returned. Rejects when the hook fails. */
async function candidatesOf(
  subject: ConformanceSubject,
): Promise<{ returned: unknown[]; candidates: Candidate[] }> {
  const returned = await registrationsOf(subject.hook ?? hookOf(subject.package));
  const fixtures = fixturesIn(subject.fixtures ?? fixtureFolderOf(subject.package));
  const withoutFixtures = subject.withoutFixtures ?? false;
  const candidates = returned
    .map(completeRegistration)
    .filter((registration) => registration !== undefined)
    .map((registration): Candidate => ({ registration, fixtures, withoutFixtures }));
  return { returned, candidates };
}

function checksFor(candidate: Candidate, several: boolean): ConformanceCheck[] {
  const { registration } = candidate;
  const checks = registrationChecks(candidate);
  if (registration.reader !== undefined) {
    checks.push(...readChecks(candidate), ...growthChecks(candidate));
    checks.push(...damageChecks(candidate), ...writeChecks(candidate));
  }
  checks.push(...probeChecks(candidate));
  return several
    ? checks.map((check) => ({ ...check, name: `${registration.slug}: ${check.name}` }))
    : checks;
}

/**
 * Every check that applies to the providers of a hook, in a fixed order, to be given to any test runner. Loads
 * the hook (first in a process of its own); each check works in scratch homes of its own and can run alone.
 * Never rejects: of a hook that cannot be loaded, a failing check says why.
 */
export async function conformanceChecks(subject: ConformanceSubject): Promise<ConformanceCheck[]> {
  const name = "the hook can be loaded";
  const checks = packageChecks(subject.package);
  try {
    const facts = await inspectHook(subject.hook ?? hookOf(subject.package));
    const { returned, candidates } = await candidatesOf(subject);
    return [
      ...checks,
      { name, run: async () => {} },
      ...hookChecks(facts),
      soundnessCheck(returned),
      ...candidates.flatMap((candidate) => checksFor(candidate, candidates.length > 1)),
    ];
  } catch (error) {
    return [
      { name, run: () => Promise.reject(error instanceof Error ? error : new Error(messageOf(error))) },
    ];
  }
}

/** What became of one check. */
export interface ConformanceResult {
  name: string;
  status: "passed" | "failed" | "skipped";
  /** Why it failed or was skipped. */
  message?: string;
}

/** Read anew: a check may learn from the store that it does not apply. */
const whySkipped = ({ skip }: ConformanceCheck): string | undefined => skip;

/** Runs checks one after another. `onResult` hears of each at once. */
export async function runConformance(
  checks: ConformanceCheck[],
  onResult: (result: ConformanceResult) => void = () => {},
): Promise<ConformanceResult[]> {
  const results: ConformanceResult[] = [];
  for (const check of checks) {
    const { name } = check;
    let result: ConformanceResult;
    if (check.skip !== undefined) result = { name, status: "skipped", message: check.skip };
    else {
      try {
        await check.run();
        const why = whySkipped(check);
        result = why === undefined ? { name, status: "passed" } : { name, status: "skipped", message: why };
      } catch (error) {
        result = { name, status: "failed", message: messageOf(error) };
      }
    }
    results.push(result);
    onResult(result);
  }
  return results;
}

/**
 * Writes down how each recorded home is read now, as the golden of the next check; gives the paths written.
 * Look at the difference before it is kept: from then on it is what is right.
 */
export async function recordGoldens(subject: ConformanceSubject): Promise<string[]> {
  const { candidates } = await candidatesOf(subject);
  const written: string[] = [];
  for (const candidate of candidates) {
    if (candidate.registration.reader === undefined) continue;
    const reader = await readerOf(candidate);
    for (const fixture of candidate.fixtures) {
      const lines = await inScene(fixture, ({ world }) =>
        homeOutline(reader, candidate.registration.capabilities, world),
      );
      await mkdir(dirname(fixture.golden), { recursive: true });
      await writeFile(fixture.golden, `${lines.join("\n")}\n`);
      written.push(fixture.golden);
    }
  }
  return written;
}
