import type { Provider } from "./provider.ts";
import { createWorld } from "../../../src/core/world.ts";
import type { Diagnostic } from "../../../src/provider/world.ts";
import type { Message } from "../../../src/session/types.ts";
import type { Agent } from "../agents/agent.ts";
import { conversationOf, countKinds, MARKER_PROMPT, resumeNatively } from "../truth.ts";

/** What a recording was found to hold. */
export interface Verified {
  /** What casr read, in words. */
  read: string;
  /** What the agent itself sent its model when resumed, by kind. */
  truth: Record<string, number>;
  problems: string[];
}

/**
 * Reads a recorded home with casr and has its own agent resume it: every text and call of the one must be in the
 * other. `expected` are warnings casr rightly has.
 */
export async function verifyHome(
  agent: Agent,
  provider: Provider,
  home: string,
  expected: readonly string[],
): Promise<Verified> {
  const problems: string[] = [];
  const sessions = await agent.sessions(home);
  const [session] = sessions;
  if (session === undefined || sessions.length > 1)
    return { read: "nothing", truth: {}, problems: [`${sessions.length} sessions instead of one`] };
  const { messages, warnings } = await readSession(provider, home, session.id);
  for (const { code, message } of warnings)
    if (!expected.includes(code)) problems.push(`casr warns: ${code}: ${message}`);

  const result = await resumeNatively({ ...session, agent, case: "recorded", home });
  const items = conversationOf(agent, result, MARKER_PROMPT, true);
  const sent = new Set(
    items.map((item) => ("text" in item && item.kind !== "result" ? item.text.trim() : "")),
  );
  const called = new Set(items.flatMap((item) => (item.kind === "call" ? [item.id] : [])));
  if (expected.length === 0) {
    for (const text of textsOf(messages))
      // Remarks that the agent makes anew need not be the stored ones.
      if (![...sent].some((other) => other.includes(text)) && agent.mayCarry?.(text) !== true)
        problems.push(`not sent again: ${text.slice(0, 80)}`);
    const ids = messages
      .flatMap((message) => message.content)
      .flatMap((block) => (block.type === "tool_call" ? [block.id] : []));
    for (const id of ids) if (!called.has(id)) problems.push(`call not sent again: ${id}`);
    if (ids.length !== called.size)
      problems.push(`casr reads ${ids.length} calls, the agent sends ${called.size}`);
  }
  return { read: `${messages.length} messages`, truth: countKinds(items), problems };
}

async function readSession(
  provider: Provider,
  home: string,
  id: string,
): Promise<{ messages: Message[]; warnings: Diagnostic[] }> {
  const warnings: Diagnostic[] = [];
  const warn = (diagnostic: Diagnostic): void => void warnings.push(diagnostic);
  const world = createWorld({ home, cwd: home, env: {}, platform: "linux", warn, now: () => Date.now() });
  const messages: Message[] = [];
  for await (const ref of provider.reader.locate(id, world)) {
    const reading = await provider.reader.read(ref, world);
    for await (const message of reading.messages({ history: "context" })) messages.push(message);
    return { messages, warnings };
  }
  throw new Error(`casr does not find ${id}`);
}

/** Texts that a model saw; thoughts are the service's own. */
function textsOf(messages: readonly Message[]): string[] {
  return messages
    .flatMap((message) => message.content)
    .flatMap((block) => (block.type === "text" ? [block.text.trim()] : []))
    .filter((text) => text !== "");
}
