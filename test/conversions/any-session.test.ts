import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Host } from "../../src/core/api.ts";
import { createRegistry } from "../../src/core/registry.ts";
import { resumeSession } from "../../src/core/resume.ts";
import type { Registration } from "../../src/provider/registration.ts";
import type { Message } from "../../src/session/types.ts";
import { goldenProvider } from "../../src/testing/golden-provider.ts";
import { anyMessages } from "../support/any-session.ts";
import { bundledHost, resumeOptions } from "../support/bundled.ts";
import { temporaryFolder } from "../support/home.ts";
import { AGENTS, OUTSIDE } from "../support/readers.ts";

const RUNS = 20;
const START = Date.parse("2026-11-20T12:00:00Z");

/** Aider keeps words alone and Cursor needs a store of its own: their tests say what becomes of a session there. */
const TARGETS = [...AGENTS, ...OUTSIDE].filter((slug) => slug !== "aider" && slug !== "cursor");

/** The host with a provider that has one session, of these messages. */
async function hostWith(base: Host, home: string, id: string, messages: readonly Message[]): Promise<Host> {
  const { package: origin, ...golden } = goldenProvider(home);
  const ref = {
    provider: golden.slug,
    id,
    path: `/golden/${id}`,
    files: [],
    sizeBytes: 0,
    modifiedAt: START,
  };
  const header = {
    id,
    provider: golden.slug,
    metadata: {},
    sourcePath: ref.path,
    workspace: home,
    startedAt: START,
  };
  const reader: NonNullable<Registration["reader"]> = async () => ({
    ...(await golden.reader!()),
    async *discover() {
      yield ref;
    },
    async *locate() {
      yield ref;
    },
    identify: async () => ref,
    summarize: async () => ({ ref, workspace: home }),
    read: async () => ({
      header: structuredClone(header),
      async *messages() {
        yield* structuredClone(messages);
      },
      records: { total: messages.length, malformed: 0 },
    }),
  });
  const entries = base.registry.providers.map(({ package: from, ...registration }) => ({
    registration,
    package: from,
  }));
  const source = { registration: { ...golden, reader }, package: origin };
  return { ...base, registry: createRegistry([...entries, source]) };
}

describe.each(TARGETS)("any session for %s", (target) => {
  it("is written so that it reads back equal, and so is a copy of it", async () => {
    const home = temporaryFolder();
    const base = await bundledHost(home, ["amp"]);
    let count = 0;
    await fc.assert(
      fc.asyncProperty(anyMessages, async (messages) => {
        // A session that was converted before is found again.
        const id = `golden-any-${count++}`;
        const host = await hostWith(base, home, id, messages);
        const report = await resumeSession(host, resumeOptions(`golden:${id}`, target, { workspace: home }));
        expect(report.outcome).toBe("converted");
        // What an agent recorded itself goes other ways than what comes from others.
        const copied = resumeOptions(report.target.sessionId, target, {
          source: target,
          workspace: home,
          fork: true,
        });
        expect((await resumeSession(host, copied)).outcome).toBe("converted");
      }),
      { numRuns: RUNS },
    );
  });
});
