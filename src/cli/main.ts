import { fileURLToPath } from "node:url";
import { run } from "@oclif/core/run";
import { settings } from "@oclif/core/settings";
import { rewriteArgv, wantsJson } from "./argv.ts";
import { describeFailure, type Failure } from "./failure.ts";
import { homeFolder, startFolder } from "./folders.ts";
import { errorJson } from "./json/error.ts";
import { filterNodeWarnings } from "./node-warnings.ts";
import { writeJson } from "./output.ts";
import { renderFailure, renderWarning } from "./render/failure.ts";
import { createStyle, wantsColor } from "./render/style.ts";

function report(failure: Failure, json: boolean): number {
  if (json) writeJson(errorJson(failure));
  else {
    const color = wantsColor(process.stderr.isTTY, process.env);
    process.stderr.write(renderFailure(failure, createStyle(color)));
  }
  return failure.exitStatus;
}

/**
 * Runs casr with the words after its name. `rootUrl` is the folder of its package.json.
 * Never rejects; resolves to the exit status. Everything is written but perhaps not flushed.
 */
export async function main(words: string[], rootUrl: URL): Promise<number> {
  const root = fileURLToPath(rootUrl);
  const home = homeFolder(process.env, process.platform);
  const cwd = startFolder(home);
  const argv = rewriteArgv(words);
  // Plugins run as built, also linked ones and under NODE_ENV=development.
  settings.enableAutoTranspile = false;
  const style = createStyle(wantsColor(process.stderr.isTTY, process.env));
  filterNodeWarnings((message) => process.stderr.write(renderWarning(message, style)));
  const oclif = (mapped: string[]): Promise<unknown> => run(mapped, { root });
  const act = async (mapped: string[]): Promise<number> => {
    if (mapped[0] === "plugins") {
      // Loaded only now: no other command needs it.
      const { runPlugins } = await import("./plugins/run.ts");
      return runPlugins(mapped, { root, cwd, home, oclif });
    }
    const status = await oclif(mapped);
    return typeof status === "number" ? status : Number(process.exitCode ?? 0);
  };
  const fail = (error: unknown): number => {
    if (isExit(error)) return error.oclif.exit;
    const wantsStack =
      words.includes("--trace") || words.includes("--verbose") || process.env["CASR_LOG"] !== undefined;
    const command = argv[0]?.startsWith("-") === false ? argv[0] : undefined;
    return report(describeFailure(error, command, wantsStack), wantsJson(argv));
  };
  try {
    return await act(argv);
  } catch (error) {
    const status = fail(error);
    const offered = wantsJson(argv) || argv[0] === "complete" ? undefined : await acceptedOffer(error);
    if (offered === undefined) return status;
    try {
      return (await act(["plugins", "install", offered])) || (await act(argv));
    } catch (again) {
      return fail(again);
    }
  }
}

/** The package somebody at a terminal wants installed after this error; undefined without anybody, or after a no. */
async function acceptedOffer(error: unknown): Promise<string | undefined> {
  const { agreesToInstall, canAsk, installableFrom } = await import("./offer.ts");
  const name = installableFrom(error);
  return name !== undefined && canAsk(process) && (await agreesToInstall(name)) ? name : undefined;
}

/** oclif's way of ending a command early with a status. */
function isExit(error: unknown): error is { oclif: { exit: number } } {
  return error instanceof Error && "code" in error && error.code === "EEXIT" && "oclif" in error;
}
