import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Block, ImageBlock, Message, Reader, Registration } from "casr-cli/provider";
import type { Host } from "../../src/core/api.ts";
import { createRegistry } from "../../src/core/registry.ts";
import { resumeSession } from "../../src/core/resume.ts";
import { goldenProvider, goldenRegistration } from "../../src/testing/golden-provider.ts";
import { GOLDEN_NAMES, GOLDEN_SLUG } from "../../src/testing/golden/index.ts";
import { root } from "../cli/harness.ts";
import { bundledHost, resumeOptions } from "../support/bundled.ts";
import { temporaryFolder } from "../support/home.ts";
import { AGENTS, OUTSIDE, registrationOf } from "../support/readers.ts";

const ALL = [...AGENTS, ...OUTSIDE];

/** Codes that do not depend on the target. */
const ANYWHERE: ReadonlySet<string> = new Set(["orphan-result", "missing-result", "opaque-summary"]);

/** The codes the table of docs/losses.md names, by the target's name. */
async function documented(): Promise<Map<string, Set<string>>> {
  const text = await readFile(join(root, "docs/losses.md"), "utf8");
  const table = /<!-- table: targets -->\n([\s\S]*?)\n<!-- end -->/.exec(text)![1]!;
  const rows = table.split("\n").slice(2);
  return new Map(
    rows.map((row) => {
      const [, name = "", ...cells] = row.split("|");
      return [name.trim(), new Set([...cells.join("|").matchAll(/`([a-z-]+)`/g)].map(([, code]) => code!))];
    }),
  );
}

const text = (value: string): Block => ({ type: "text", text: value });
const image = (mediaType: string): ImageBlock => ({ type: "image", mediaType, data: { base64: "aGk=" } });

/** What the golden sessions, which every provider must be able to hold, leave out. */
const RARE: Message[] = [
  [
    "user",
    [text("Look."), image("image/tiff"), { ...image("application/x-odd"), type: "document" } as const],
  ],
  [
    "assistant",
    [
      { type: "reasoning", text: "", encrypted: "b2Rk", issuer: "nobody" } as const,
      text("I drew one."),
      image("image/png"),
      { type: "tool_call", id: "a", name: "odd", input: {} } as const,
    ],
  ],
  ["tool", [{ type: "tool_result", callId: "a", content: [image("image/png")], isError: true } as const]],
].map(([role, content], index) => ({ index, role, content, inContext: true }) as Message);

/** An agent whose only session is that one. */
function rareAgent(home: string): Registration {
  const ref = {
    provider: "rare",
    id: "rare",
    path: join(home, "rare"),
    files: [],
    sizeBytes: 0,
    modifiedAt: 0,
  };
  const header = { id: "rare", provider: "rare", workspace: home, metadata: {}, sourcePath: ref.path };
  const reader: Reader = {
    detect: async () => ({ found: true, evidence: [], roots: [] }),
    async *discover() {
      yield ref;
    },
    async *locate(word) {
      if (word === "rare") yield ref;
    },
    identify: async () => undefined,
    summarize: async () => ({ ref }),
    read: async () => ({
      header,
      async *messages() {
        yield* structuredClone(RARE);
      },
      records: { total: RARE.length, malformed: 0 },
    }),
  };
  return { ...goldenRegistration(home), slug: "rare", aliases: [], name: "Rare", reader: async () => reader };
}

/** Codes of what casr reports as lost or changed when the golden sessions, and a rare one, go into a target. */
async function reported(slug: (typeof ALL)[number]): Promise<Set<string>> {
  const home = temporaryFolder("losses");
  const registration = await registrationOf(slug);
  const golden = { registration: goldenRegistration(home), package: goldenProvider(home).package };
  const own = { name: `casr-provider-${slug}`, version: "0.1.0", root: "/", origin: "bundled" as const };
  const host: Host = {
    ...(await bundledHost(home)),
    registry: createRegistry([
      golden,
      { registration, package: own },
      { registration: rareAgent(home), package: { ...own, name: "casr-provider-rare" } },
    ]),
  };
  const codes = new Set<string>();
  for (const word of ["rare:rare", ...GOLDEN_NAMES.map((name) => `${GOLDEN_SLUG}:golden-${name}`)]) {
    const options = resumeOptions(word, slug, { dryRun: true });
    for (const { code, severity } of (await resumeSession(host, options)).losses)
      if (severity !== "note" && !ANYWHERE.has(code)) codes.add(code);
  }
  return codes;
}

describe("the table of what each target cannot hold", async () => {
  const rows = await documented();

  test("has a row for every target", async () => {
    const names = await Promise.all(ALL.map(async (slug) => (await registrationOf(slug)).name));
    expect([...rows.keys()].toSorted()).toEqual(names.toSorted());
  });

  test.each(ALL)("names what casr reports for %s, and nothing it never reports", async (slug) => {
    const { name } = await registrationOf(slug);
    expect([...(await reported(slug))].toSorted()).toEqual([...rows.get(name)!].toSorted());
  });
});
