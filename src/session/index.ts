export * from "./content.ts";
export * from "./json.ts";
export * from "./patch.ts";
export * from "./time.ts";
export * from "./tool-types.ts";
export * from "./types.ts";
