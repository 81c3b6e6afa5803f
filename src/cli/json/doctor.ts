import type { ProviderFault } from "../../core/api.ts";
import type { Checkup } from "../../core/checkup.ts";
import { KINDS } from "../../probe/compare/kinds.ts";
import type { Proof } from "../../probe/proof.ts";
import type { DoctorJson, ProofJson } from "./schemas.ts";

/** `doctor --json`. */
export function doctorJson(
  checkups: readonly Checkup[],
  recovered: readonly string[],
  faults: readonly ProviderFault[],
  proofs: readonly Proof[] | undefined,
): DoctorJson {
  const sound = faults.length === 0 && checkups.every((checked) => checked.faults.length === 0);
  const result: DoctorJson = {
    schema_version: 2,
    ok: sound && (proofs ?? []).every(({ status }) => status === "passed" || status === "skipped"),
    agents: checkups.map(agentJson),
    plugin_faults: faults.map(({ package: name, version, message }) => ({ package: name, version, message })),
    recovered: [...recovered],
  };
  if (proofs !== undefined) result.proofs = proofs.map(proofJson);
  return result;
}

function agentJson({ status, verdict, store, faults }: Checkup): DoctorJson["agents"][number] {
  const { provider, binary, detection } = status;
  return {
    slug: provider.slug,
    name: provider.name,
    installed: binary !== undefined,
    version: binary?.version ?? null,
    binary_path: binary?.path ?? null,
    version_verdict: verdict ?? null,
    verified: provider.verified.map(({ version, date, result }) => ({ version, date, result })),
    store:
      store === undefined
        ? null
        : {
            found: detection.found,
            sessions: store.sessions,
            hidden: store.hidden,
            bytes: store.bytes,
            unreadable: store.unreadable,
            unreadable_count: store.unreadableCount,
            damaged_records: store.damaged ?? null,
          },
    plugin: {
      name: provider.package.name,
      version: provider.package.version,
      origin: provider.package.origin,
    },
    faults,
  };
}

/** One proof, also as part of `resume --json`. */
export function proofJson(proof: Proof): ProofJson {
  const { recall } = proof;
  return {
    provider: proof.provider,
    status: proof.status,
    reason: proof.reason ?? null,
    suggestion: proof.suggestion ?? null,
    program: proof.program ?? null,
    version: proof.version ?? null,
    isolation: proof.isolation ?? null,
    recall:
      recall === undefined
        ? null
        : KINDS.map((kind) => ({
            kind,
            ...recall.scores[kind],
            difference: recall.differences[kind] ?? null,
          })),
    unexplained: recall?.unexplained ?? [],
    notes: recall?.notes ?? [],
    listed: proof.listed ?? null,
    losses: proof.losses.map(({ code, count, message, severity }) => ({ code, count, message, severity })),
    duration_ms: proof.durationMs,
  };
}
