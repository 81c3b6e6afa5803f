import { pathToFileURL } from "node:url";

/** A plugin that did not come with casr. */
export interface Stranger {
  name: string;
  version: string;
  root: string;
}

let strangers: { plugin: Stranger; marks: string[] }[] = [];

/** Whose code is watched from now on. */
export function watchStrangers(plugins: Stranger[]): void {
  strangers = plugins.map((plugin) => ({
    plugin,
    marks: [`${plugin.root}/`, `${plugin.root}\\`, `${pathToFileURL(plugin.root).href}/`],
  }));
}

/** Whether there is code in this run that did not come with casr. */
export function hasStrangers(): boolean {
  return strangers.length > 0;
}

/** The plugin whose code occurs in a stack, innermost first. */
export function blamed(stack: string | undefined): Stranger | undefined {
  if (stack === undefined) return undefined;
  for (const line of stack.split("\n")) {
    const found = strangers.find(({ marks }) => marks.some((mark) => line.includes(mark)));
    if (found !== undefined) return found.plugin;
  }
  return undefined;
}

/** The plugin that is calling right now, if one is. */
export function callingStranger(): Stranger | undefined {
  if (strangers.length === 0) return undefined;
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 50;
  const { stack } = new Error("who calls");
  Error.stackTraceLimit = stackTraceLimit;
  return blamed(stack);
}
