/** One field of a protobuf message; `bytes` for length-delimited ones, `value` for numbers. */
export interface Field {
  number: number;
  bytes?: Uint8Array;
  value?: bigint;
}

const MOST_VARINT_BYTES = 10;

/** The fields of a protobuf message in order; undefined when the bytes are none. */
export function fieldsOf(message: Uint8Array): Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint | undefined => {
    let value = 0n;
    for (let count = 0; count < MOST_VARINT_BYTES && at < message.length; count += 1) {
      const byte = message[at]!;
      at += 1;
      value |= BigInt(byte & 0x7f) << BigInt(7 * count);
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  while (at < message.length) {
    const key = varint();
    if (key === undefined || key >> 3n === 0n || key >> 3n > 0x1fffffffn) return undefined;
    const number = Number(key >> 3n);
    const type = Number(key & 7n);
    if (type === 0) {
      const value = varint();
      if (value === undefined) return undefined;
      fields.push({ number, value });
    } else if (type === 2) {
      const length = varint();
      if (length === undefined || length > BigInt(message.length - at)) return undefined;
      fields.push({ number, bytes: message.subarray(at, at + Number(length)) });
      at += Number(length);
    } else if (type === 1 || type === 5) {
      at += type === 1 ? 8 : 4;
      if (at > message.length) return undefined;
    } else return undefined;
  }
  return fields;
}

function varintOf(value: number): number[] {
  const bytes: number[] = [];
  let left = BigInt(Math.max(0, Math.trunc(value)));
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return [...bytes, Number(left)];
}

/** A length-delimited field: text, bytes or a nested message. */
export function bytesField(number: number, content: string | Uint8Array): Uint8Array {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return Buffer.concat([Buffer.from([...varintOf(number * 8 + 2), ...varintOf(bytes.length)]), bytes]);
}

/** A number's field; whole numbers from 0. */
export function numberField(number: number, value: number): Uint8Array {
  return Buffer.from([...varintOf(number * 8), ...varintOf(value)]);
}
