import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { locateSession } from "../../src/core/locate.ts";
import { openSource } from "../../src/core/source.ts";
import { bundledHost } from "../support/bundled.ts";
import { temporaryFolder } from "../support/home.ts";
import { AGENTS, bigSession } from "./stores.ts";

const MB = 1024 * 1024;
const signal = new AbortController().signal;

/** How many messages of a generated session of about `bytes` bytes its agent would send. */
async function messagesOf(slug: string, bytes: number): Promise<number> {
  const home = temporaryFolder("generated");
  mkdirSync(join(home, ".state"));
  const { word } = await bigSession(home, slug, bytes, signal);
  const host = await bundledHost(home);
  const world = host.world(() => {}, signal);
  const { provider, ref } = await locateSession(host, word, undefined, world);
  const source = await openSource(provider, ref, world);
  return (await Array.fromAsync(source.messages("context"))).length;
}

it.each(AGENTS)("however large a generated session of %s is, all of it is in context", async (slug) => {
  const small = await messagesOf(slug, 4 * MB);
  const large = await messagesOf(slug, 12 * MB);
  expect(large).toBeGreaterThan(small * 2);
});
