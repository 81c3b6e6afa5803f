import type { ProvidersHook } from "../../../src/provider/registration.ts";
import type { Reader } from "../../../src/provider/reader.ts";
import type { Writer } from "../../../src/provider/writer.ts";

/** Both halves of a provider, from its plugin's sources. */
export interface Provider {
  reader: Reader;
  writer: Writer;
}

/** Loads the plugin of a bundled provider. */
export async function loadProvider(slug: string): Promise<Provider> {
  const path = new URL(`../../../plugins/casr-provider-${slug}/src/hook.ts`, import.meta.url);
  const hook = (await import(path.href)) as { default: ProvidersHook };
  const registration = (await hook.default()).find((candidate) => candidate.slug === slug);
  if (registration?.reader === undefined || registration.writer === undefined)
    throw new Error(`the plugin of ${slug} does not both read and write`);
  return { reader: await registration.reader(), writer: await registration.writer() };
}
