import type { ProbeRoute } from "../provider/probe.ts";
import type { Wire } from "./types.ts";

/** What a model API path asks for. */
export interface Route {
  wire: Wire;
  action: "generate" | "count-tokens" | "compact";
  /** The model, where the path names it (Gemini). */
  model?: string;
  /** Streaming, where the path decides it (Gemini): server-sent events, or one JSON list. */
  stream?: "events" | "list" | "no";
}

const GEMINI_PATH =
  /^\/v1(?:beta|alpha)?\/(?:models|tunedModels)\/([^/:]+):(generateContent|streamGenerateContent|countTokens)$/;

/** The model API that a request addresses, or undefined for everything else. */
export function routeOf(method: string, path: string): Route | undefined {
  if (method !== "POST") return undefined;
  const { pathname: whole, query } = splitPath(path);
  // Agents with a service of their own reach the model through it, under a prefix.
  const pathname = whole.replace(/^\/api\/provider\/[a-z]+(?=\/)/, "");
  switch (pathname) {
    case "/v1/messages":
      return { wire: "anthropic", action: "generate" };
    case "/v1/messages/count_tokens":
      return { wire: "anthropic", action: "count-tokens" };
    case "/v1/responses":
      return { wire: "responses", action: "generate" };
    case "/v1/responses/compact":
      return { wire: "responses", action: "compact" };
    case "/v1/responses/input_tokens":
      return { wire: "responses", action: "count-tokens" };
    case "/v1/chat/completions":
      return { wire: "chat", action: "generate" };
  }
  const gemini = GEMINI_PATH.exec(pathname);
  if (gemini === null) return undefined;
  const streams = gemini[2] === "streamGenerateContent";
  return {
    wire: "gemini",
    action: gemini[2] === "countTokens" ? "count-tokens" : "generate",
    model: gemini[1] ?? "",
    stream: !streams ? "no" : new URLSearchParams(query).get("alt") === "sse" ? "events" : "list",
  };
}

/** The first of a probe's own answers that fits a request. */
export function probeRouteOf(
  routes: readonly ProbeRoute[],
  method: string,
  path: string,
): ProbeRoute | undefined {
  const { pathname, query } = splitPath(path);
  return routes.find(
    (route) =>
      route.method.toUpperCase() === method &&
      (route.path.endsWith("*") ? pathname.startsWith(route.path.slice(0, -1)) : pathname === route.path) &&
      (route.query === undefined || query.includes(route.query)),
  );
}

/** The models a `GET` asks for: all of them, one, or none of this server's business. */
export function modelsAskedFor(
  method: string,
  path: string,
): { wire: "gemini" | "others"; model?: string } | undefined {
  if (method !== "GET") return undefined;
  const match = /^\/(v1|v1beta|v1alpha)\/models(?:\/(.+))?$/.exec(splitPath(path).pathname);
  if (match === null) return undefined;
  const wire = match[1] === "v1" ? "others" : "gemini";
  return match[2] === undefined ? { wire } : { wire, model: match[2] };
}

/**
 * The machine a request is meant for, when it came as a proxy gets them: `http://host/path`, or `CONNECT host:443`.
 * `path` is what is left of it for that machine.
 */
export function proxyTarget(method: string, url: string): { host: string; path: string } | undefined {
  if (method === "CONNECT") return { host: url, path: "" };
  const match = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)$/i.exec(url);
  if (match === null) return undefined;
  const path = match[2] ?? "";
  return { host: match[1] ?? "", path: path.startsWith("/") ? path : `/${path}` };
}

function splitPath(path: string): { pathname: string; query: string } {
  const at = path.indexOf("?");
  return at < 0 ? { pathname: path, query: "" } : { pathname: path.slice(0, at), query: path.slice(at + 1) };
}
