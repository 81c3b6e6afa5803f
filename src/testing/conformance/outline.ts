import { Comparer, labelOf } from "../../core/comparable.ts";
import type { Capabilities } from "../../provider/capabilities.ts";
import type { SessionRef, Reader } from "../../provider/reader.ts";
import type { World } from "../../provider/world.ts";
import type { Message } from "../../session/types.ts";
import { discovered, messagesOf } from "./scene.ts";

/**
 * One line for each block: where it stands, what it is, and a digest of its content, so that equal outlines
 * mean equal conversations. Messages that are no longer sent have a `-` in front.
 */
export async function outlineOf(
  messages: Message[],
  capabilities: Capabilities,
  world: World,
): Promise<string[]> {
  // Failures count here also where the target of a conversion has no flag for them.
  const all = { ...capabilities, toolResults: { ...capabilities.toolResults, errorFlag: true } };
  const comparer = new Comparer(all, (source) => world.base64(source));
  const lines: string[] = [];
  for (const message of messages) {
    const digests = await comparer.digestsOf(message);
    const origin = message.origin === undefined ? "" : ` (${message.origin})`;
    for (const [position, digest] of digests.entries()) {
      const mark = message.inContext ? " " : "-";
      const label = labelOf(message.content[position]!, message);
      lines.push(`${mark} ${message.index} ${message.role}${origin}: ${label} #${digest.slice(0, 8)}`);
    }
  }
  return lines;
}

async function sessionLines(
  reader: Reader,
  ref: SessionRef,
  capabilities: Capabilities,
  world: World,
): Promise<string[]> {
  const { reading, messages } = await messagesOf(reader, ref, world, "full");
  const { header } = reading;
  const facts: [name: string, value: unknown][] = [
    ["title", header.title],
    ["name", header.nativeName],
    ["workspace", header.workspace?.replace(world.home, "~")],
    ["branch", header.git?.branch],
    ["started", header.startedAt === undefined ? undefined : new Date(header.startedAt).toISOString()],
    ["model", header.model],
    ["parent", header.parent?.id],
    ["lineage", header.lineage?.sourceId],
  ];
  return [
    `session ${ref.id}`,
    ...facts.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name} ${JSON.stringify(value)}`])),
    ...(await outlineOf(messages, capabilities, world)),
  ];
}

/** How a whole home is read, as lines of text: what a `golden.txt` holds. */
export async function homeOutline(
  reader: Reader,
  capabilities: Capabilities,
  world: World,
): Promise<string[]> {
  const lines: string[] = [];
  for (const ref of await discovered(reader, world)) {
    if (lines.length > 0) lines.push("");
    lines.push(...(await sessionLines(reader, ref, capabilities, world)));
  }
  return lines;
}
