import type { WireItem } from "../../../src/probe/index.ts";
import type { CallMatch } from "./compare-calls.ts";
import type { CompareInput, Positions, Tally } from "./comparison.ts";
import { imageName } from "../../../src/probe/compare/words.ts";

/** A picture and what shows it: a person, or the answer to a call. */
interface Shown {
  item: number;
  digest: string;
  name: string;
  callId: string | undefined;
}

/** Checks that every picture of the source is shown in the same place, byte for byte. */
export function compareImages(
  input: CompareInput,
  matches: readonly CallMatch[],
  tally: Tally,
  positions: Positions,
): void {
  const left = shownImages(input.target.items);
  for (const image of shownImages(input.source.items)) {
    const owners = matches.find((match) => match.call.id === image.callId)?.target.map((call) => call.id);
    const same = left.filter((other) => other.digest === image.digest);
    const exact = same.find((other) =>
      image.callId === undefined ? other.callId === undefined : owners?.includes(other.callId ?? ""),
    );
    // An agent without pictures in answers shows them in a message of their own right after.
    const found = exact ?? same[0];
    tally.count(
      "image",
      found !== undefined,
      () => `source item ${image.item}: ${image.name} is not sent${nameOthers(left)}`,
    );
    if (found === undefined) continue;
    left.splice(left.indexOf(found), 1);
    if (exact === undefined)
      tally.note(
        image.callId === undefined
          ? "a person's image is sent as a tool's"
          : "a tool's image is sent as the person's",
      );
    else if (image.callId === undefined) positions.set(image.item, { item: found.item, offset: 0 });
  }
  for (const image of left) tally.invent(`image, target item ${image.item}: ${image.name}`, []);
}

function nameOthers(images: readonly Shown[]): string {
  return images.length === 0
    ? ""
    : `; left over in the target: ${images.map((image) => image.name).join(", ")}`;
}

function shownImages(items: readonly WireItem[]): Shown[] {
  return items.flatMap((item, index): Shown[] => {
    if (item.kind === "image")
      return [{ item: index, digest: item.image.digest, name: imageName(item.image), callId: undefined }];
    if (item.kind !== "result") return [];
    return item.images.map((image) => ({
      item: index,
      digest: image.digest,
      name: imageName(image),
      callId: item.callId,
    }));
  });
}
