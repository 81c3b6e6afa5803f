/** The provider contract, published as `casr-cli/provider`. Types only: importing it costs nothing at run time. */
export type * from "../session/json.ts";
export type * from "../session/tool-types.ts";
export type * from "../session/types.ts";
export type * from "./capabilities.ts";
export type * from "./probe.ts";
export type * from "./reader.ts";
export type * from "./registration.ts";
export type * from "./world.ts";
export type * from "./writer.ts";
