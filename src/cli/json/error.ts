import type { Failure } from "../failure.ts";
import type { ErrorJson } from "./schemas.ts";

/** A failure as the public error object. */
export function errorJson(failure: Failure): ErrorJson {
  return {
    schema_version: 2,
    ok: false,
    error_type: failure.errorType,
    message: failure.message,
    code: failure.code,
    exit_status: failure.exitStatus,
    context: failure.context,
    suggestions: failure.suggestions,
  };
}
