import { PROVIDER_API, type Registration } from "../provider/registration.ts";
import { TOOL_KINDS } from "../session/tool-types.ts";
import { isJsonObject } from "../session/json.ts";

const SLUG = /^[a-z][a-z0-9-]{0,38}$/;

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === "string" && value !== "";
const isBoolean: Check = (value) => typeof value === "boolean";
const isSlug: Check = (value) => typeof value === "string" && SLUG.test(value);
const isLoader: Check = (value) => value === undefined || typeof value === "function";
const isLength: Check = (value) => Number.isInteger(value) && (value as number) > 0;
const oneOf =
  (...words: string[]): Check =>
  (value) =>
    typeof value === "string" && words.includes(value);
const listOf =
  (check: Check, least = 0): Check =>
  (value) =>
    Array.isArray(value) && value.length >= least && value.every(check);
const anyOf =
  (...checks: Check[]): Check =>
  (value) =>
    checks.some((check) => check(value));
const orMissing = (check: Check): Check => anyOf((value) => value === undefined, check);
const isVerifiedVersion: Check = (value) =>
  isJsonObject(value) &&
  isString(value["version"]) &&
  /^\d{4}-\d\d-\d\d$/.test(String(value["date"])) &&
  oneOf("passed", "failed", "unproven")(value["result"]);
const isPattern: Check = (value) => {
  if (typeof value !== "string") return false;
  try {
    return new RegExp(value, "u") instanceof RegExp;
  } catch {
    return false;
  }
};

/** What every member of a registration must be, by dotted path. Written by hand: zod would cost 40 ms a start. */
const MEMBERS: [path: string, check: Check, wanted: string][] = [
  ["slug", isSlug, "lower-case letters, digits and hyphens"],
  ["name", isString, "a name"],
  ["aliases", listOf(isSlug), "a list of short names"],
  ["binary.names", listOf(isString), "a list of program names"],
  ["binary.versionArgs", listOf(isString), "a list of arguments"],
  ["homeVariables", listOf(isString), "a list of variable names"],
  ["verified", listOf(isVerifiedVersion), "a list of {version, date, result}"],
  ["capabilities.images.user", isBoolean, "true or false"],
  ["capabilities.images.assistant", isBoolean, "true or false"],
  ["capabilities.images.toolResult", isBoolean, "true or false"],
  ["capabilities.images.mediaTypes", listOf(isString), "a list of media types"],
  ["capabilities.images.failedResult", orMissing(isBoolean), "true, false or nothing"],
  ["capabilities.documents", anyOf(isBoolean, listOf(isString)), "true, false or a list of media types"],
  ["capabilities.reasoning.replays", listOf(isString), "a list of issuers"],
  ["capabilities.reasoning.display", isBoolean, "true or false"],
  ["capabilities.system", oneOf("message", "user"), '"message" or "user"'],
  ["capabilities.toolCalls.unknownNames", oneOf("keep", "text"), '"keep" or "text"'],
  ["capabilities.toolCalls.kinds", listOf(oneOf(...TOOL_KINDS)), "a list of tool kinds"],
  ["capabilities.toolCalls.inputs", oneOf("object", "any"), '"object" or "any"'],
  ["capabilities.toolCalls.idCharacters", isPattern, "a regular expression"],
  ["capabilities.toolCalls.idMaxLength", isLength, "a positive whole number"],
  ["capabilities.toolCalls.nameCharacters", isPattern, "a regular expression"],
  ["capabilities.toolCalls.nameMaxLength", isLength, "a positive whole number"],
  ["capabilities.toolResults.errorFlag", isBoolean, "true or false"],
  ["capabilities.toolResults.order", oneOf("call", "any"), '"call" or "any"'],
  ["capabilities.notes", listOf(isString), "a list of sentences"],
  ["reader", isLoader, "a function or nothing"],
  ["writer", isLoader, "a function or nothing"],
  ["probe", isLoader, "a function or nothing"],
];

function memberAt(object: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, key) => (isJsonObject(value) ? value[key] : undefined), object);
}

/** What is wrong with a plugin's registration, as one line; undefined when it is sound. */
export function registrationProblem(value: unknown): string | undefined {
  if (!isJsonObject(value)) return "its registration is not an object";
  const api: unknown = value["api"];
  if (api !== PROVIDER_API) {
    const newer = typeof api === "number" && api > PROVIDER_API;
    const advice = newer ? "update casr" : "update the plugin";
    return `it is made for provider api ${String(api)}, this casr has api ${PROVIDER_API}: ${advice}`;
  }
  const bad = MEMBERS.find(([path, check]) => !check(memberAt(value, path)));
  if (bad !== undefined) return `its registration has a wrong "${bad[0]}": it must be ${bad[2]}`;
  if (value["reader"] === undefined && value["writer"] === undefined)
    return "it offers neither a reader nor a writer";
  return undefined;
}

/** Whether `value` is a sound registration of this contract version. */
export function isRegistration(value: unknown): value is Registration {
  return registrationProblem(value) === undefined;
}
