import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Config } from "@oclif/core/interfaces";
import { CasrError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import { KNOWN_AGENTS, knownAgent } from "../known-agents.ts";
import { isJsonObject, objectAt, stringAt, type JsonObject } from "../../session/json.ts";

/** What npm's answer to a question that it could not answer says. */
interface NpmProblem {
  code: string;
  summary: string;
}

/** plugin-plugins brings its own npm; the machine's is only a fallback. */
function npmCommand(config: Config): string[] {
  const root = config.plugins.get("@oclif/plugin-plugins")?.root;
  try {
    const manifest = createRequire(join(root ?? config.root, "package.json")).resolve("npm/package.json");
    return [process.execPath, join(dirname(manifest), "bin", "npm-cli.js")];
  } catch {
    return ["npm"];
  }
}

/** What npm waits between attempts, in ms, unless the environment says otherwise: its own default is a minute. */
const PATIENCE: Record<string, string> = {
  npm_config_fetch_retries: "2",
  npm_config_fetch_retry_mintimeout: "300",
  npm_config_fetch_retry_maxtimeout: "2000",
  npm_config_fetch_timeout: "30000",
};

/** Somebody waits at a terminal: also the npm that plugin-plugins starts shall tell soon that it cannot. */
export function hurryNpm(env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(PATIENCE)) env[name] ??= value;
}

function ask(config: Config, args: string[]): Promise<{ stdout: string; stderr: string }> {
  const [program = "npm", ...first] = npmCommand(config);
  const registry = config.npmRegistry === undefined ? [] : [`--registry=${config.npmRegistry}`];
  const words = [...first, ...args, "--json", "--loglevel=error", ...registry];
  return new Promise((resolve, reject) => {
    const options = { cwd: config.dataDir, shell: program === "npm" && process.platform === "win32" };
    const child = spawn(program, words, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const out = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (out.stderr += text));
    child.once("error", (cause) => {
      const message = `npm, which installs plugins, cannot be started: ${cause.message}`;
      reject(new CasrError("install-failed", message, { cause }));
    });
    child.once("close", () => resolve(out));
  });
}

function parseAnswer({ stdout, stderr }: { stdout: string; stderr: string }): JsonObject | NpmProblem {
  let value: unknown;
  try {
    value = JSON.parse(stdout);
  } catch {
    // No JSON: npm did not get as far as an answer.
  }
  // A range fits several versions, the newest of which is the last.
  const answer: unknown = Array.isArray(value) ? value.at(-1) : value;
  if (!isJsonObject(answer)) {
    const [summary = "npm gave no answer"] = stderr.trim().split("\n");
    return { code: "E404", summary: stderr === "" ? "there is no such version" : summary };
  }
  const error = objectAt(answer, "error");
  if (error === undefined) return answer;
  return { code: stringAt(error, "code") ?? "", summary: stringAt(error, "summary") ?? "" };
}

const UNREACHABLE =
  /^(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EPIPE|FETCH_ERROR|ENOTCACHED|E5\d\d|EPROTO|CERT_.*|.*CERT.*)$/;

function missing(spec: string, problem: NpmProblem): CasrError {
  const name = spec.replace(/(?<=.)@[^/]*$/, "");
  const short = name.replace(/^casr-provider-/, "");
  if (name !== spec) {
    return new CasrError("install-failed", `npm has no ${spec}: ${problem.summary.replace(/\.$/, "")}.`, {
      suggestions: [`Take the newest: casr plugins install ${name}`],
      context: { package: name },
    });
  }
  const words = KNOWN_AGENTS.flatMap(({ slug, aliases }) => [slug, ...aliases]);
  const near = [...new Set(nearest(short, words).map((word) => knownAgent(word)!))].filter(
    (agent) => agent.package !== name,
  );
  return new CasrError("install-failed", `npm has no package ${name}.`, {
    suggestions: [
      ...near.map((agent) => `Did you mean ${agent.name}? casr plugins install ${agent.package}`),
      `A package of another name: casr plugins install npm:<name>`,
      "The agents there are providers for: casr providers",
    ],
    context: { package: name },
  });
}

function failed(spec: string, problem: NpmProblem, config: Config): CasrError {
  const context = { package: spec, npm: problem.code };
  if (problem.code === "E404" || problem.code === "ETARGET") return missing(spec, problem);
  if (UNREACHABLE.test(problem.code)) {
    const registry = config.npmRegistry === undefined ? "the npm registry" : config.npmRegistry;
    return new CasrError("install-failed", `${registry} cannot be reached (${problem.code}).`, {
      suggestions: [
        "Nothing was changed. Try again when the network is there",
        "Behind a proxy or with a registry of your own: npm config set registry <url>, or CASR_NPM_REGISTRY=<url>",
        "From a file, without network: casr plugins install ./casr-provider-x.tgz",
      ],
      context,
    });
  }
  return new CasrError("install-failed", `npm cannot give ${spec}: ${problem.summary || problem.code}`, {
    suggestions: ["Nothing was changed. See what npm says: npm view " + spec],
    context,
  });
}

/**
 * What the registry says of a package (`name`, `name@version`, `name@range`): its name, version and oclif
 * block. Throws `install-failed` with the reason, also when the registry does not answer.
 */
export async function registryManifest(spec: string, config: Config): Promise<JsonObject> {
  // In its cache npm has an answer also when the registry has none.
  const cache = await mkdtemp(join(tmpdir(), "casr-npm-"));
  const view = ["view", spec, "name", "version", "oclif", `--cache=${cache}`];
  const answer = parseAnswer(
    await ask(config, view).finally(() => rm(cache, { recursive: true, force: true })),
  );
  if ("code" in answer && "summary" in answer) throw failed(spec, answer as NpmProblem, config);
  return answer as JsonObject;
}
