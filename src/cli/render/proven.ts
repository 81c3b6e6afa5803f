import { KINDS } from "../../probe/compare/kinds.ts";
import type { Proof } from "../../probe/proof.ts";
import { renderFields } from "./fields.ts";
import type { Page } from "./style.ts";
import { sanitizeLine } from "./text.ts";

/** One field: what reached the agent's model when it was tried. */
export function renderProven(proof: Proof, page: Page): string[] {
  const counts = KINDS.flatMap((kind) => {
    const score = proof.recall?.scores[kind];
    return score === undefined || score.wanted === 0 ? [] : [`${kind} ${score.found}/${score.wanted}`];
  });
  const agent = sanitizeLine(`${proof.provider} ${proof.version ?? ""}`.trim());
  const words = page.style.good(`${agent} itself sent its model ${counts.join(", ")}`);
  return renderFields([["Proven", words]], page);
}
