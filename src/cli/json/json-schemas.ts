import * as z from "zod";
import { sessionSchema } from "../../session/schema.ts";
import {
  checkSchema,
  doctorSchema,
  errorSchema,
  indexSchema,
  infoSchema,
  listSchema,
  newProviderSchema,
  providersSchema,
  resumeSchema,
} from "./schemas.ts";

/** The published JSON Schemas by file name (without `.json`). */
export function jsonSchemas(): Record<string, object> {
  const schemas = {
    check: ["casr providers check --json", checkSchema],
    doctor: ["casr doctor --json", doctorSchema],
    error: ["What any command prints with --json when it fails", errorSchema],
    index: ["casr index --json", indexSchema],
    info: ["casr info --json", infoSchema],
    list: ["casr list --json", listSchema],
    "new-provider": ["casr providers new --json", newProviderSchema],
    providers: ["casr providers --json", providersSchema],
    resume: ["casr resume --json", resumeSchema],
    session: ["casr.session/1: a session in casr's own terms", sessionSchema],
  } as const;
  return Object.fromEntries(
    Object.entries(schemas).map(([name, [title, schema]]) => {
      // `input`: keys may be added in minor releases, so unknown ones are not forbidden.
      const generated = z.toJSONSchema(schema, { io: "input" });
      return [name, { ...generated, title }];
    }),
  );
}
