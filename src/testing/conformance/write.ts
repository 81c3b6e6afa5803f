import { basename } from "node:path";
import { buffer } from "node:stream/consumers";
import { isAbsolute, relative } from "node:path";
import { checkPlan } from "../../core/apply/index.ts";
import { planConversion, prepareConversion } from "../../core/conversion.ts";
import { resumeSession } from "../../core/resume.ts";
import { factsOf, openSource } from "../../core/source.ts";
import { sha256, uuidFrom } from "../../core/toolkit.ts";
import type { ResumeReport } from "../../core/api.ts";
import type { PlanStep, ResumeStep, SqliteStep, WritePlan } from "../../provider/writer.ts";
import { formatPatch, parsePatch } from "../../session/patch.ts";
import { canonicalJson } from "../../session/json.ts";
import { goldenProvider } from "../golden-provider.ts";
import { GOLDEN_NAMES, type GoldenName } from "../golden/index.ts";
import { must, mustEqualLines } from "./expect.ts";
import { CHECK_TIME, collect, discovered, inScene, readerOf, snapshot, type Scene } from "./scene.ts";
import { hostFor, inWritableScene, resumeOptions, writeGolden } from "./samples.ts";
import type { Candidate, ConformanceCheck, Fixture } from "./types.ts";

/** The plan for a golden session, with a fixed clock and id. Nothing is written. */
async function planGolden(candidate: Candidate, name: GoldenName, scene: Scene): Promise<WritePlan> {
  const host = hostFor(candidate.registration, scene);
  const target = host.registry.get(candidate.registration.slug);
  const writer = await candidate.registration.writer!();
  const world = scene.again();
  const golden = goldenProvider(scene.home);
  const [ref] = await collect((await golden.reader!()).locate(`golden-${name}`, world));
  const source = await openSource(golden, ref!, world);
  const options = resumeOptions("", candidate.registration.slug);
  const facts = await factsOf(source, "context");
  const conversion = await prepareConversion(source, { facts }, target, writer, options, world);
  const lineage = {
    sourceProvider: golden.slug,
    sourceId: ref!.id,
    digest: sha256(name),
    casrVersion: "0.0.0",
    convertedAt: CHECK_TIME,
  };
  const write = { sessionId: uuidFrom(`conformance ${name}`), workspace: scene.home, lineage };
  return planConversion(conversion, target, writer, write, world);
}

async function statementLines(statements: SqliteStep["statements"]): Promise<string[]> {
  const lines: string[] = [];
  for await (const { sql, params } of typeof statements === "function" ? statements() : statements)
    lines.push(`${sql} ${params.map(String).join("\u0000")}`);
  return lines;
}

async function stepLines(step: PlanStep): Promise<string[]> {
  const head = `${step.kind} ${step.path}`;
  switch (step.kind) {
    case "create-file": {
      const [first, second] = [await buffer(step.content()), await buffer(step.content())];
      must(first.equals(second), `content() of ${step.path} gives other bytes when called again`);
      return [`${head} ${String(step.modifiedAt)}`, ...first.toString("latin1").split("\n")];
    }
    case "append-lines":
      return [head, ...step.lines];
    case "edit-json":
      return [`${head} ${JSON.stringify(step.edit(undefined))}`];
    case "sqlite": {
      const first = await statementLines(step.statements);
      mustEqualLines(
        await statementLines(step.statements),
        first,
        `the statements for ${step.path}, asked for again`,
      );
      return [head, ...(step.schema ?? []), ...first, ...(await statementLines(step.undo))];
    }
  }
}

async function planLines(plan: WritePlan): Promise<string[]> {
  const steps: string[] = [];
  for (const step of plan.steps) steps.push(...(await stepLines(step)));
  return [plan.sessionId, plan.path, ...steps, JSON.stringify(plan.resume), ...plan.notes];
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== "" && !way.startsWith("..") && !isAbsolute(way);
}

async function checkPlanned(candidate: Candidate, name: GoldenName): Promise<void> {
  await inWritableScene(candidate, async (scene) => {
    const before = await snapshot(scene.home);
    const plan = await planGolden(candidate, name, scene);
    await checkPlan(plan);
    const outside = plan.roots.find((root) => !isInside(root, scene.home));
    must(outside === undefined, `the root ${outside} lies outside the home folder`);
    const first = await planLines(plan);
    const second = await planLines(await planGolden(candidate, name, scene));
    mustEqualLines(second, first, "a second plan with the same clock and id");
    const after = await snapshot(scene.home);
    must(after.size === before.size, "planning wrote to the home folder");
    for (const step of plan.steps) {
      const last = basename(step.path);
      must(
        !/[\p{Cc}\p{Bidi_Control}]/u.test(last),
        `the file name ${JSON.stringify(last)} holds control characters`,
      );
    }
  });
}

/** Calls that were written as the agent's own are known to its reader, and lead back to the same call. */
async function mustKnowItsTools(candidate: Candidate, report: ResumeReport, scene: Scene): Promise<void> {
  const reader = await readerOf(candidate);
  const writer = await candidate.registration.writer!();
  const ref = await reader.identify(report.target.path!, scene.world);
  must(ref !== undefined, `identify does not know ${report.target.path}`);
  const reading = await reader.read(ref, scene.world);
  for await (const message of reading.messages({ history: "context" })) {
    for (const block of message.content) {
      if (block.type !== "tool_call" || block.tool === undefined) continue;
      const native = writer.nativeCall(block.tool, { formatPatch, parsePatch });
      const same =
        native !== undefined &&
        native.name === block.name &&
        canonicalJson(native.input) === canonicalJson(block.input);
      const made = native === undefined ? "nothing" : `${native.name} ${canonicalJson(native.input)}`;
      must(
        same,
        `the call ${block.name} ${canonicalJson(block.input)} is read as ${block.tool.kind}, which nativeCall makes ${made} of`,
      );
    }
  }
}

function mustBeSteps(steps: ResumeStep[], id: string): void {
  must(steps.length > 0, "resume gives no steps");
  for (const { argv, cwd, note } of steps) {
    must(
      argv.every((word) => typeof word === "string" && word !== "" && !word.includes("\0")),
      `argv ${JSON.stringify(argv)} is no list of words`,
    );
    must(argv.length > 0 || note !== undefined, "a step has neither argv nor a note");
    must(cwd === undefined || isAbsolute(cwd), `a step's cwd “${cwd}” is not absolute`);
    const script = argv.length > 2 && /(?:^|[/\\])(?:ba|z|da)?sh$/.test(argv[0]!) && /^-l?c$/.test(argv[1]!);
    must(!script, "a step is a shell script: give an argv");
  }
  const named = steps.some(({ argv, note, env }) =>
    [...argv, note ?? "", ...Object.values(env ?? {})].some((word) => word.includes(id)),
  );
  must(
    named || steps.some(({ note }) => note !== undefined),
    `no step names the session ${id}, and no note says how it is found`,
  );
}

async function checkWritten(candidate: Candidate, name: GoldenName): Promise<void> {
  const reader = await readerOf(candidate);
  await inWritableScene(candidate, async (scene) => {
    // Reads the session back and compares it block by block, or throws.
    const report = await writeGolden(candidate, name, scene);
    const { sessionId } = report.target;
    must(report.outcome === "converted" && (report.verification?.blocks ?? 0) > 0, "nothing was written");
    const refs = await discovered(reader, scene.world);
    const ref = refs.find(({ id }) => id === sessionId);
    must(ref !== undefined, `discover does not list the written session ${sessionId}`);
    const byPrefix = await collect(reader.locate(sessionId.slice(0, 13), scene.world));
    must(
      byPrefix.some(({ id }) => id === sessionId),
      "locate does not find the written session by the start of its id",
    );
    const { header } = await reader.read(ref, scene.world);
    must(
      header.workspace === scene.home,
      `its workspace reads back as ${header.workspace} instead of ${scene.home}`,
    );
    must(
      header.lineage === undefined || header.lineage.sourceId === `golden-${name}`,
      `the mark of where it came from reads back as ${JSON.stringify(header.lineage)}`,
    );
    mustBeSteps(report.resume, sessionId);
    const writer = await candidate.registration.writer!();
    mustBeSteps(
      await writer.resume({ id: sessionId, workspace: scene.home, path: ref.path }, scene.world),
      sessionId,
    );
    await mustKnowItsTools(candidate, report, scene);
    const again = await writeGolden(candidate, name, scene);
    must(again.outcome === "existing", `a second conversion is not recognised: ${again.outcome}`);
  });
}

async function checkForks(candidate: Candidate, fixture: Fixture): Promise<void> {
  const { slug } = candidate.registration;
  const reader = await readerOf(candidate);
  await inScene(fixture, async (scene) => {
    const host = hostFor(candidate.registration, scene);
    for (const ref of await discovered(reader, scene.world)) {
      const report = await resumeSession(host, resumeOptions(`${slug}:${ref.id}`, slug, { fork: true }));
      must(report.outcome === "converted", `the copy of ${ref.id} was not written: ${report.outcome}`);
    }
  });
}

/** Everything about writing; skipped for providers that only read. */
export function writeChecks(candidate: Candidate): ConformanceCheck[] {
  const skip = candidate.registration.writer === undefined ? { skip: "it has no writer" } : {};
  return [
    ...GOLDEN_NAMES.flatMap((name) => [
      {
        name: `plans “${name}” inside its roots, the same each time`,
        ...skip,
        run: () => checkPlanned(candidate, name),
      },
      { name: `writes “${name}” and reads it back equal`, ...skip, run: () => checkWritten(candidate, name) },
    ]),
    ...candidate.fixtures.map((fixture) => ({
      name: `copies every session of ${fixture.name} and reads it back equal`,
      ...skip,
      run: () => checkForks(candidate, fixture),
    })),
  ];
}
