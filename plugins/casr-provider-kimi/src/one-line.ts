/** One line of prose without control characters. */
export function oneLine(text: string, maxLength: number): string {
  // eslint-disable-next-line no-control-regex -- titles from other agents' files may hold terminal codes
  const clean = text
    .slice(0, maxLength * 8)
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ")
    .replace(/ +/g, " ")
    .trim();
  return clean.length <= maxLength
    ? clean
    : `${clean.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
