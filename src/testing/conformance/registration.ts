import { isBuiltin } from "node:module";
import { registrationProblem } from "../../core/registration-schema.ts";
import { formatPatch, parsePatch } from "../../session/patch.ts";
import { TOOL_KINDS, type ToolKind } from "../../session/tool-types.ts";
import { isJsonObject } from "../../session/json.ts";
import { must } from "./expect.ts";
import type { HookFacts } from "./load.ts";
import { SAMPLE_TOOLS } from "./sample-tools.ts";
import type { Candidate, ConformanceCheck } from "./types.ts";

const READER = ["detect", "discover", "locate", "identify", "summarize", "read"] as const;
const WRITER = ["nativeCall", "plan", "resume"] as const;
const PROBE = ["setup", "fresh", "resume"] as const;

/** Modules of Node a provider has no need for: everything of the machine comes with the world. */
const OUTSIDE =
  /^(?:node:)?(?:fs|fs\/promises|child_process|cluster|dgram|dns|http|http2|https|inspector|net|os|process|readline|repl|sqlite|tls|tty|vm|wasi|worker_threads)(?:\/|$)/;

const short = (url: string): string => url.replace(/^file:\/\//, "").replace(/^.*\/(?=[^/]+\/[^/]+$)/, "…/");

/** What a hook module may do when it is loaded: nothing but return its metadata. */
export function hookChecks(facts: HookFacts): ConformanceCheck[] {
  return [
    {
      name: "the hook imports nothing at run time",
      async run() {
        must(
          facts.eager.length === 0,
          `it loads ${facts.eager.slice(0, 5).map(short).join(", ")}: import code inside reader(), writer() and probe()`,
        );
      },
    },
    {
      name: "the code reaches the machine only through the world",
      async run() {
        const found = [...new Set([...facts.eager, ...facts.lazy])].filter(
          (url) => isBuiltin(url) && OUTSIDE.test(url),
        );
        must(
          found.length === 0,
          `it imports ${found.join(", ")}: use world.files, world.openDatabase, world.now`,
        );
      },
    },
    {
      name: "loading prints nothing and leaves nothing running",
      async run() {
        must(facts.printed === "", `it prints to stdout: ${JSON.stringify(facts.printed.slice(0, 80))}`);
        must(facts.ended, "a timer or an open handle keeps the process from ending");
      },
    },
  ];
}

/** Whether what the hook returned is a list of sound registrations. */
export function soundnessCheck(returned: unknown[]): ConformanceCheck {
  return {
    name: "the hook returns sound registrations",
    async run() {
      must(returned.length > 0, "it returns an empty list");
      for (const [index, registration] of returned.entries()) {
        const problem = registrationProblem(registration);
        must(problem === undefined, `registration ${index + 1}: ${problem}`);
      }
      const slugs = returned.map((registration) => isJsonObject(registration) && registration["slug"]);
      must(new Set(slugs).size === slugs.length, "two registrations have the same slug");
    },
  };
}

function mustHave(part: object, methods: readonly string[], what: string): void {
  const missing = methods.filter((name) => typeof (part as Record<string, unknown>)[name] !== "function");
  must(missing.length === 0, `the ${what} has no ${missing.join(", ")}`);
}

async function checkMethods({ registration }: Candidate): Promise<void> {
  const { reader, writer, probe } = registration;
  must(reader !== undefined, "it has no reader; without one nothing it writes can be verified");
  mustHave(await reader(), READER, "reader");
  if (writer !== undefined) mustHave(await writer(), WRITER, "writer");
  if (probe !== undefined) mustHave(await probe(), PROBE, "probe");
}

/** Kinds of which the writer takes at least one sample, with the calls it makes of them. */
async function checkToolTable({ registration }: Candidate): Promise<void> {
  const writer = await registration.writer!();
  const { toolCalls } = registration.capabilities;
  const nameForm = new RegExp(`^(?:${toolCalls.nameCharacters}){1,${toolCalls.nameMaxLength}}$`, "u");
  const taken = new Set<ToolKind>();
  for (const tool of SAMPLE_TOOLS) {
    const call = writer.nativeCall(structuredClone(tool), { formatPatch, parsePatch });
    if (call === undefined) continue;
    taken.add(tool.kind);
    must(
      nameForm.test(call.name),
      `nativeCall(${tool.kind}) gives the name “${call.name}”, which its capabilities rule out`,
    );
    const fits = toolCalls.inputs === "any" ? call.input !== undefined : isJsonObject(call.input);
    must(fits, `nativeCall(${tool.kind}) gives an input that is not of the form “${toolCalls.inputs}”`);
  }
  const claimed = new Set(toolCalls.kinds);
  const missing = TOOL_KINDS.filter((kind) => claimed.has(kind) && !taken.has(kind));
  const hidden = TOOL_KINDS.filter((kind) => !claimed.has(kind) && taken.has(kind));
  must(missing.length === 0, `capabilities claim ${missing.join(", ")}, but nativeCall takes no such call`);
  must(
    hidden.length === 0,
    `nativeCall takes ${hidden.join(", ")}, but capabilities.toolCalls.kinds leaves them out`,
  );
}

/** What is claimed is implemented, and the other way round. */
export function registrationChecks(candidate: Candidate): ConformanceCheck[] {
  const noWriter = candidate.registration.writer === undefined ? { skip: "it has no writer" } : {};
  return [
    { name: "reader, writer and probe have their methods", run: () => checkMethods(candidate) },
    {
      name: "the tool table agrees with the capabilities",
      ...noWriter,
      run: () => checkToolTable(candidate),
    },
  ];
}
