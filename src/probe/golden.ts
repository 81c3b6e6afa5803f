import { factsOf, openSource } from "../core/source.ts";
import { PLAIN_CHOICES } from "../core/trial.ts";
import type { World } from "../provider/world.ts";
import { goldenProvider } from "../testing/golden-provider.ts";
import type { ProofSource } from "./prove.ts";

/** The built-in session with something of everything, as a source for a proof. */
export async function goldenSource(workspace: string, world: World): Promise<ProofSource> {
  const provider = goldenProvider(workspace);
  const reader = await provider.reader!();
  for await (const ref of reader.locate("golden-conversation", world)) {
    const source = await openSource(provider, ref, world);
    return { source, facts: await factsOf(source, "context"), choices: PLAIN_CHOICES };
  }
  throw new Error("the golden session is missing");
}
