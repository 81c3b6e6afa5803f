import { resumeSession } from "../../core/resume.ts";
import type { Host, ResumeOptions, ResumeReport } from "../../core/api.ts";
import { createRegistry } from "../../core/registry.ts";
import { isCasrError } from "../../core/errors.ts";
import { createWorld } from "../../core/world.ts";
import { join } from "node:path";
import type { Registration } from "../../provider/registration.ts";
import type { SessionRef } from "../../provider/reader.ts";
import { goldenProvider, goldenRegistration } from "../golden-provider.ts";
import { GOLDEN_SLUG, type GoldenName } from "../golden/index.ts";
import { NotConforming } from "./expect.ts";
import { CHECK_TIME, discovered, inScene, readerOf, type Scene } from "./scene.ts";
import type { Candidate, Fixture } from "./types.ts";

/** A casr that knows the golden sessions and the provider that is checked, on a scratch home. */
export function hostFor(registration: Registration, scene: Scene): Host {
  const { home } = scene;
  const place = {
    name: `casr-provider-${registration.slug}`,
    version: "0.0.0",
    root: home,
    origin: "linked" as const,
  };
  const golden = { registration: goldenRegistration(home), package: goldenProvider(home).package };
  const env = {};
  return {
    registry: createRegistry([golden, { registration, package: place }]),
    folders: { state: join(home, "..", "state"), cache: join(home, "..", "cache") },
    world: (warn, signal) =>
      createWorld({
        home,
        cwd: home,
        env,
        signal,
        now: () => CHECK_TIME,
        warn: (diagnostic) => {
          scene.warnings.push(diagnostic);
          warn(diagnostic);
        },
      }),
    version: "0.0.0",
    log: () => {},
  };
}

/** What `casr resume` has by default. */
export function resumeOptions(
  session: string,
  target: string,
  change: Partial<ResumeOptions> = {},
): ResumeOptions {
  return {
    session,
    target,
    dryRun: false,
    force: false,
    enrich: false,
    fork: false,
    history: "context",
    reasoning: "auto",
    maxContextTokens: 0,
    maxToolOutput: 0,
    strict: false,
    signal: new AbortController().signal,
    ...change,
  };
}

/** Converts a golden session into the provider's store, all the way through reading it back. */
export function writeGolden(candidate: Candidate, name: GoldenName, scene: Scene): Promise<ResumeReport> {
  const { registration } = candidate;
  const word = `${GOLDEN_SLUG}:golden-${name}`;
  return resumeSession(hostFor(registration, scene), resumeOptions(word, registration.slug));
}

/**
 * Runs `action` in a home that takes new sessions: an empty one, or, where a writer needs what its agent makes
 * at its first start (a database), the first recorded home that will do.
 */
export async function inWritableScene<T>(
  candidate: Candidate,
  action: (scene: Scene) => Promise<T>,
): Promise<T> {
  const homes: (Fixture | undefined)[] = [undefined, ...candidate.fixtures];
  let refusal: unknown;
  for (const fixture of homes) {
    const accepts = await inScene(fixture, async (scene) => {
      try {
        const { registration } = candidate;
        const word = `${GOLDEN_SLUG}:golden-texts`;
        await resumeSession(
          hostFor(registration, scene),
          resumeOptions(word, registration.slug, { dryRun: true }),
        );
        return true;
      } catch (error) {
        if (!isCasrError(error)) throw error;
        refusal ??= error;
        return false;
      }
    });
    if (accepts) return inScene(fixture, action);
  }
  throw refusal ?? new NotConforming("no home takes a session");
}

/** A way to a home with a session in it. */
export interface Sample {
  name: string;
  /** Calls `action` in a scratch home with the session. */
  open<T>(action: (scene: Scene, ref: SessionRef) => Promise<T>): Promise<T>;
}

/** How many recorded homes are damaged on purpose. */
const MOST_FIXTURES = 3;

/** Sessions to damage: the first one of the first recorded homes, and a written one. */
export function samplesFor(candidate: Candidate): Sample[] {
  const { registration, fixtures } = candidate;
  const recorded = fixtures.slice(0, MOST_FIXTURES).map((fixture): Sample => ({
    name: `the recorded home ${fixture.name}`,
    open: (action) =>
      inScene(fixture, async (scene) => {
        const [ref] = await discovered(await readerOf(candidate), scene.world);
        if (ref === undefined)
          throw new NotConforming(`no session is found in the recorded home ${fixture.name}`);
        return action(scene, ref);
      }),
  }));
  if (registration.writer === undefined) return recorded;
  const written: Sample = {
    name: "a written session",
    open: (action) =>
      inWritableScene(candidate, async (scene) => {
        const report = await writeGolden(candidate, "conversation", scene);
        const reader = await readerOf(candidate);
        const ref = await reader.identify(report.target.path!, scene.world);
        if (ref === undefined) throw new NotConforming(`identify does not know ${report.target.path}`);
        scene.warnings.length = 0;
        return action(scene, ref);
      }),
  };
  return [...recorded, written];
}
