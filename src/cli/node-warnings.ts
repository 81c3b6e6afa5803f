/** What oclif says of a plugin it cannot load, in one line instead of its page of details; undefined for other warnings. */
function pluginLine(warning: Error): string | undefined {
  const isList = warning instanceof SyntaxError || /\bloadUserPlugins\b/.test(warning.stack ?? "");
  if (isList && !/ Plugin: \S+$/.test(warning.name)) {
    const { code } = warning as NodeJS.ErrnoException;
    const problem = code === undefined ? "is damaged" : "cannot be read";
    return `the list of installed plugins (package.json in casr's data folder) ${problem}: ${warning.message}`;
  }
  if (!/ Plugin: \S+$/.test(warning.name)) return undefined;
  const listed = /^could not find package\.json with [^]*?name: '([^']+)'/.exec(warning.message)?.[1];
  if (listed !== undefined)
    return `plugin ${listed} is listed but not installed: casr plugins uninstall ${listed}`;
  const gone = /ENOENT: no such file or directory, open '(.+)[/\\]package\.json'/.exec(warning.message)?.[1];
  if (gone !== undefined)
    return `the linked plugin ${gone} is gone; take it off the list: casr plugins uninstall <name>`;
  return `a plugin cannot be loaded: ${warning.message.split("\n", 1)[0]}`;
}

/**
 * Filters what Node prints as warnings: the one about node:sqlite being experimental is not for
 * casr's users, and what oclif says about broken plugins goes to `warn` as one line each.
 */
export function filterNodeWarnings(warn: (message: string) => void): void {
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  const filtered = (warning: string | Error, ...rest: unknown[]): void => {
    const text = typeof warning === "string" ? warning : warning.message;
    const [options] = rest;
    const type =
      typeof options === "object" && options !== null && "type" in options ? options.type : options;
    if (type === "ExperimentalWarning" && /^SQLite|loading ES Module/.test(text)) return;
    const line = warning instanceof Error ? pluginLine(warning) : undefined;
    if (line === undefined) emit(warning, ...rest);
    else warn(line);
  };
  process.emitWarning = filtered as typeof process.emitWarning;
}
