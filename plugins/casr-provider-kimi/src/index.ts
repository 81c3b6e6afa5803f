export { registration } from "./hook.ts";
