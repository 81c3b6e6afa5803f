import type { Host, Provider, ResumeOptions } from "../core/api.ts";
import type { ConversionChoices } from "../core/conversion.ts";
import { CasrError } from "../core/errors.ts";
import type { Proof } from "../probe/proof.ts";
import { proofJson } from "./json/doctor.ts";
import type { Progress } from "./progress.ts";

/** Milliseconds an agent has for each start. */
const TIMEOUT_MS = 60_000;

/** Proof of the very session that is to be converted, made before anything is written to the real store. */
export interface ResumeProof {
  beforeWrite: NonNullable<ResumeOptions["beforeWrite"]>;
  /** Missing until it was made; nothing is proven when nothing is converted. */
  result(): Proof | undefined;
}

/** Tries each conversion in the target's installed program; anything but a pass ends the run. */
export function createResumeProof(
  host: Host,
  choices: ConversionChoices,
  signal: AbortSignal,
  progress: Progress,
): ResumeProof {
  let proof: Proof | undefined;
  return {
    result: () => proof,
    async beforeWrite(source, facts, target) {
      const { prove } = await import("../probe/prove.ts");
      proof = await prove({
        host,
        target,
        session: async () => ({ source, facts, choices }),
        signal,
        timeoutMs: TIMEOUT_MS,
        onStep: (step) => progress.show(`${target.name}: ${step}`),
      });
      if (proof.status !== "passed") throw notProven(proof, target);
    },
  };
}

function notProven(proof: Proof, target: Provider): CasrError {
  const context = { proof: { ...proofJson(proof) } };
  const reason = proof.reason ?? "it is not said why";
  if (proof.status === "failed") {
    return new CasrError(
      "verification-failed",
      `${target.name} itself did not take the session whole: ${reason}. Nothing was written.`,
      {
        context,
        suggestions: ["Leave out --probe to write it all the same.", `casr doctor --probe ${target.slug}`],
      },
    );
  }
  return new CasrError(
    "capability-missing",
    `${target.name} could not be tried (${proof.status}): ${reason}. Nothing was written.`,
    {
      context,
      suggestions: [
        "Leave out --probe to write it without this proof.",
        ...(proof.suggestion === undefined ? [] : [proof.suggestion]),
      ],
    },
  );
}
