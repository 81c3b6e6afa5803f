import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Reader, SessionRef } from "../../provider/reader.ts";
import { malformations } from "../well-formed.ts";
import { must, mustBeTyped, mustEqualLines, within } from "./expect.ts";
import { homeOutline, outlineOf } from "./outline.ts";
import { collect, discovered, inScene, messagesOf, readerOf, snapshot, type Scene } from "./scene.ts";
import { samplesFor, type Sample } from "./samples.ts";
import type { Candidate, ConformanceCheck, Fixture } from "./types.ts";

async function checkEmptyHome(candidate: Candidate): Promise<void> {
  const reader = await readerOf(candidate);
  await inScene(undefined, async ({ home, world }) => {
    const detection = await reader.detect(world);
    must(!detection.found, "detect says found in an empty home");
    must(detection.roots.length > 0, "detect names no roots: say where the agent keeps its sessions");
    must((await collect(reader.discover(world))).length === 0, "discover finds sessions in an empty home");
    for (const word of ["0", "latest", "../..", "%", "*"]) {
      const found = await collect(reader.locate(word, world));
      must(found.length === 0, `locate finds “${word}” in an empty home`);
    }
    for (const path of [join(home, "missing.jsonl"), home]) {
      must((await reader.identify(path, world)) === undefined, `identify takes ${path} for a session`);
    }
    must((await snapshot(home)).size === 0, "something was written into an empty home");
  });
}

/** Files that are nobody's sessions, by name. */
const STRANGE: Record<string, string> = {
  "notes.jsonl": '{"hello":"world"}\n{"a":1}\n',
  "01890a5d-ac96-774b-bcce-b302099a8057.jsonl": '{"kind":"something else"}\n',
  "session.json": '{"hello":"world"}',
  "chat.md": "# Chat\n\nNothing here.\n",
  "store.sqlite": "no database",
  "store.db": "",
};

async function checkStrangeFiles(candidate: Candidate): Promise<void> {
  const reader = await readerOf(candidate);
  await inScene(undefined, async ({ home, world }) => {
    for (const [name, content] of Object.entries(STRANGE)) {
      const path = join(home, name);
      await writeFile(path, content);
      let ref: SessionRef | undefined;
      try {
        ref = await reader.identify(path, world);
      } catch (error) {
        mustBeTyped(error, `identify of ${name}`);
      }
      must(ref === undefined, `identify takes ${name} with ${JSON.stringify(content)} for a session`);
    }
  });
}

function mustBeRefs(refs: SessionRef[], slug: string): void {
  must(new Set(refs.map(({ id }) => id)).size === refs.length, "discover gives an id twice");
  for (const ref of refs) {
    must(ref.provider === slug, `a session of discover has the provider “${ref.provider}”`);
    must(ref.id !== "", `the session in ${ref.path} has no id`);
    must(
      Number.isFinite(ref.modifiedAt) && ref.modifiedAt > 0,
      `session ${ref.id} has no time of its last change`,
    );
    must(ref.sizeBytes >= 0, `session ${ref.id} has no size`);
  }
}

async function mustLocate(reader: Reader, ref: SessionRef, scene: Scene): Promise<void> {
  for (const word of [ref.id, ref.id.toUpperCase(), ref.id.slice(0, 8)]) {
    const found = await collect(reader.locate(word, scene.world));
    must(
      found.some(({ id }) => id === ref.id),
      `locate does not find session ${ref.id} by “${word}”`,
    );
    const strange = found.find(({ id }) => !id.toLowerCase().startsWith(word.toLowerCase()));
    must(strange === undefined, `locate finds ${strange?.id} by “${word}”`);
  }
  const same = await reader.identify(ref.path, scene.world);
  // Where one file holds many sessions, its path names none of them.
  must(same === undefined || same.path === ref.path, `identify finds ${same?.path} in ${ref.path}`);
}

async function checkFound(candidate: Candidate, fixture: Fixture): Promise<void> {
  const reader = await readerOf(candidate);
  await inScene(fixture, async (scene) => {
    const before = await snapshot(scene.home);
    const detection = await reader.detect(scene.world);
    must(
      detection.found && detection.evidence.length > 0,
      "detect does not find the agent's data, or names no evidence",
    );
    const refs = await discovered(reader, scene.world);
    must(refs.length > 0, "discover finds no session");
    mustBeRefs(refs, candidate.registration.slug);
    for (const ref of refs) {
      await mustLocate(reader, ref, scene);
      const summary = await reader.summarize(ref, scene.world);
      must(summary.ref.id === ref.id, `summarize gives another session than ${ref.id}`);
    }
    const after = await snapshot(scene.home);
    const changed = [...after].find(([path, digest]) => before.get(path) !== digest);
    must(
      changed === undefined && after.size === before.size,
      `reading changed ${changed?.[0] ?? "the home"}`,
    );
  });
}

async function checkGolden(candidate: Candidate, fixture: Fixture): Promise<void> {
  const reader = await readerOf(candidate);
  await inScene(fixture, async ({ world }) => {
    let golden: string;
    try {
      golden = await readFile(fixture.golden, "utf8");
    } catch {
      must(false, `there is no ${fixture.golden}: look at what is read, and record it with --update`);
    }
    const found = await homeOutline(reader, candidate.registration.capabilities, world);
    mustEqualLines(found, golden.trimEnd().split("\n"), `${fixture.name}/golden.txt`);
  });
}

async function checkTwice(candidate: Candidate, sample: Sample): Promise<void> {
  const reader = await readerOf(candidate);
  const { capabilities } = candidate.registration;
  await sample.open(async (scene, ref) => {
    for (const history of ["context", "full"] as const) {
      const { reading, messages } = await messagesOf(reader, ref, scene.world, history);
      const again = await collect(reading.messages({ history }));
      must(
        JSON.stringify(again) === JSON.stringify(messages),
        `messages() differ when asked for again (${history})`,
      );
      const other = await messagesOf(reader, ref, scene.again(), history);
      const lines = await outlineOf(messages, capabilities, scene.world);
      mustEqualLines(
        await outlineOf(other.messages, capabilities, scene.world),
        lines,
        `a second read (${history})`,
      );
      const wrong = malformations(messages);
      must(wrong.length === 0, `${sample.name}: ${wrong.slice(0, 3).join("; ")}`);
      must(messages.length > 0, `${sample.name} has no messages (${history})`);
      const outside = messages.find(({ inContext }) => !inContext);
      must(
        history === "full" || outside === undefined,
        "history `context` holds messages that are not in context",
      );
    }
  });
}

async function checkAbort(candidate: Candidate, sample: Sample): Promise<void> {
  const reader = await readerOf(candidate);
  await sample.open(async (scene, ref) => {
    const controller = new AbortController();
    controller.abort();
    const world = scene.again(controller.signal);
    let ended = false;
    await within(10, "reading with an aborted signal", async () => {
      try {
        await messagesOf(reader, ref, world);
        ended = true;
      } catch (error) {
        const isAbort = error instanceof Error && error.name === "AbortError";
        if (!isAbort) mustBeTyped(error, "reading with an aborted signal");
      }
    });
    must(
      !ended,
      "it reads on when the signal is aborted: call world.signal.throwIfAborted() between records",
    );
  });
}

const nothingRecorded: ConformanceCheck = {
  name: "there are recorded sessions to read",
  async run() {
    must(
      false,
      "there are no recorded homes (<folder>/<case>/home) and no writer to make sessions: nothing can be read",
    );
  },
};

/** Everything about finding and reading sessions. */
export function readChecks(candidate: Candidate): ConformanceCheck[] {
  const { fixtures, withoutFixtures } = candidate;
  const samples = samplesFor(candidate);
  const checks: ConformanceCheck[] = [
    { name: "an empty home has no sessions", run: () => checkEmptyHome(candidate) },
    { name: "other people's files are not taken for sessions", run: () => checkStrangeFiles(candidate) },
  ];
  for (const fixture of fixtures) {
    checks.push(
      { name: `finds every session of ${fixture.name}`, run: () => checkFound(candidate, fixture) },
      { name: `reads ${fixture.name} as its golden`, run: () => checkGolden(candidate, fixture) },
    );
  }
  if (samples.length === 0) {
    const skip = "the package comes without recorded homes, and it has no writer";
    checks.push(withoutFixtures ? { ...nothingRecorded, skip } : nothingRecorded);
  }
  for (const sample of samples) {
    checks.push(
      { name: `gives the same twice: ${sample.name}`, run: () => checkTwice(candidate, sample) },
      { name: `stops when asked to: ${sample.name}`, run: () => checkAbort(candidate, sample) },
    );
  }
  return checks;
}
