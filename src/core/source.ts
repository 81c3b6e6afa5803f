import { isAbsolute } from "node:path";
import type { History, SessionReading, SessionRef } from "../provider/reader.ts";
import type { World } from "../provider/world.ts";
import { isDeeperThan } from "../session/depth.ts";
import type { Message } from "../session/types.ts";
import type { Provider } from "./api.ts";
import { gatherFacts, type SessionFacts } from "./facts.ts";
import { guarded, providerFault } from "./faults.ts";

// eslint-disable-next-line no-control-regex -- control characters are exactly what a path must not have
const CONTROL = /[\u0000-\u001f\u007f]/;

/** A source session opened for conversion. */
export interface Source {
  provider: Provider;
  ref: SessionRef;
  reading: SessionReading;
  messages(history: History): AsyncIterable<Message>;
}

/** Opens a session with its provider's reader; what the plugin throws names the plugin. */
export async function openSource(provider: Provider, ref: SessionRef, world: World): Promise<Source> {
  const reading = await guarded(provider, async () => (await provider.reader!()).read(ref, world));
  const { header } = reading;
  if (
    header.workspace !== undefined &&
    (!isPlausiblePath(header.workspace) || CONTROL.test(header.workspace))
  ) {
    world.warn({
      code: "bad-workspace",
      message: "the recorded workspace is not an absolute path and is ignored",
      path: ref.path,
    });
    delete header.workspace;
  }
  for (const [key, value] of Object.entries(header.metadata)) {
    if (isDeeperThan(value)) delete header.metadata[key];
  }
  const messages = (history: History): AsyncIterable<Message> =>
    soundMessages(provider, reading.messages({ history }), ref.path, world);
  return { provider, ref, reading, messages };
}

/**
 * What a reader yields, with inputs of tools that can be turned into text: one nested beyond all measure is left
 * out, with a warning. Whatever the reader throws becomes an error that names the plugin.
 */
async function* soundMessages(
  provider: Provider,
  messages: AsyncIterable<Message>,
  path: string,
  world: World,
): AsyncIterable<Message> {
  try {
    for await (const message of messages) {
      for (const block of message.content) {
        if (block.type !== "tool_call" || !isDeeperThan(block.input)) continue;
        block.input = {};
        delete block.tool;
        const id = JSON.stringify(block.id);
        world.warn({
          code: "deep-input",
          message: `the input of tool call ${id} is nested too deeply and was left out`,
          path,
        });
      }
      yield message;
    }
  } catch (error) {
    throw providerFault(provider, error);
  }
}

/** POSIX or Windows absolute: a session may come from another machine. */
function isPlausiblePath(path: string): boolean {
  return isAbsolute(path) || /^[A-Za-z]:[\\/]/.test(path);
}

/** Facts about the messages a conversion with this history would carry. */
export function factsOf(source: Source, history: History): Promise<SessionFacts> {
  return gatherFacts(source.messages(history));
}
