import type { Loss } from "../core/api.ts";
import { CasrError } from "../core/errors.ts";
import { quotePosix } from "./render/shell.ts";
import { arrayAt, isJsonObject, numberAt, stringAt, type JsonValue } from "../session/json.ts";

const SEVERITIES: readonly Loss["severity"][] = ["lost", "changed", "note"];

function lossFrom(value: JsonValue): Loss[] {
  if (!isJsonObject(value)) return [];
  const code = stringAt(value, "code");
  const message = stringAt(value, "message");
  const severity = SEVERITIES.find((word) => word === value["severity"]);
  if (code === undefined || message === undefined || severity === undefined) return [];
  return [{ code, message, severity, count: numberAt(value, "count") ?? 0 }];
}

/** The losses a `loss-refused` error carries in its context. */
export function lossesOf(error: CasrError): Loss[] {
  return error.code === "loss-refused" ? (arrayAt(error.context, "losses") ?? []).flatMap(lossFrom) : [];
}

const MOST_CHOICES = 10;

/** An `ambiguous-session` error with its candidates as ready `resume` commands. */
export function asResumeChoice(error: CasrError, target: string): CasrError {
  const words = (arrayAt(error.context, "candidates") ?? []).flatMap((candidate) => {
    const provider = isJsonObject(candidate) ? stringAt(candidate, "provider") : undefined;
    const id = isJsonObject(candidate) ? stringAt(candidate, "id") : undefined;
    return provider === undefined || id === undefined ? [] : [`${provider}:${id}`];
  });
  if (words.length === 0) return error;
  const suggestions = words.slice(0, MOST_CHOICES).map((word) => `casr ${target} resume ${quotePosix(word)}`);
  return new CasrError(error.code, error.message, { suggestions, context: error.context, cause: error });
}
