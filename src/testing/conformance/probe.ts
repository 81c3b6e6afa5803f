import { isAbsolute, relative } from "node:path";
import type { Probe, ProbePlace, ProbeRun } from "../../provider/probe.ts";
import { must } from "./expect.ts";
import type { Candidate, ConformanceCheck } from "./types.ts";

const PLACE: ProbePlace = {
  command: ["/opt/agent/bin/agent"],
  baseUrl: "http://127.0.0.1:4321",
  home: "/scratch/home",
  workspace: "/scratch/work",
};

function mustBeRun({ argv, stdin, terminal }: ProbeRun, what: string, prompt?: string): void {
  must(argv[0] === PLACE.command[0], `${what} does not start the given command first in its argv`);
  must(
    argv.every((word) => typeof word === "string" && !word.includes("\0")),
    `${what}: argv is no list of words`,
  );
  if (prompt === undefined) return;
  const told = [...argv, stdin ?? "", ...(terminal ?? []).map(({ type }) => type)].some((word) =>
    word.includes(prompt),
  );
  must(told, `${what} does not give the agent its prompt`);
}

function checkSetup(probe: Probe): void {
  const { env, files } = probe.setup(PLACE);
  must(
    Object.values(env).every((value) => typeof value === "string"),
    "setup.env holds something that is no string",
  );
  for (const { path, content } of files) {
    const way = relative(PLACE.home, path);
    must(
      isAbsolute(path) && way !== "" && !way.startsWith(".."),
      `setup writes ${path}, outside the scratch home`,
    );
    must(typeof content === "string", `setup writes no text to ${path}`);
  }
  const all = JSON.stringify([probe.setup(PLACE), probe.fresh({ ...PLACE, prompt: "x" })]);
  must(
    all.includes(PLACE.baseUrl) || all.includes("127.0.0.1:4321"),
    "nothing tells the agent where the model is",
  );
  must(
    JSON.stringify(probe.setup(PLACE)) === JSON.stringify({ env, files }),
    "setup gives something else each time",
  );
}

async function checkProbe({ registration }: Candidate): Promise<void> {
  const probe = await registration.probe!();
  must(
    ["anthropic", "responses", "chat", "gemini"].includes(probe.wire),
    `it speaks the unknown wire “${probe.wire}”`,
  );
  checkSetup(probe);
  const prompt = "conformance prompt";
  const sessionId = "01890a5d-ac96-774b-bcce-b302099a8057";
  mustBeRun(probe.fresh({ ...PLACE, prompt }), "fresh", prompt);
  const resumed = probe.resume({ ...PLACE, sessionId, prompt });
  mustBeRun(resumed, "resume", prompt);
  // Some agents only know their newest session; none can resume by the words that start a new one.
  const other = JSON.stringify(resumed) !== JSON.stringify(probe.fresh({ ...PLACE, prompt }));
  must(other, "resume starts the agent as fresh does");
  const list = probe.list?.(PLACE).argv;
  // A list may be the end of a small script, since no session depends on it.
  must(list === undefined || list.includes(PLACE.command[0]!), "list does not start the given command");
}

/** What a probe says, without running the agent; `casr doctor --probe` does that. */
export function probeChecks(candidate: Candidate): ConformanceCheck[] {
  const skip = candidate.registration.probe === undefined ? { skip: "it has no probe" } : {};
  return [
    { name: "the probe starts the agent in its scratch home", ...skip, run: () => checkProbe(candidate) },
  ];
}
