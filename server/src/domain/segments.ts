/**
 * How many parts an SMS is sent and billed as.
 *
 * 1. A text made only of the GSM 7-bit default alphabet and its extension table (3GPP TS 23.038
 *    6.2.1) is counted in septets: 160 in one part, 153 in each part of several. A character of
 *    the extension table costs two: the escape and itself.
 * 2. One character outside of it makes the whole text UCS-2, counted in UTF-16 units: 70 in one
 *    part, 67 in each part of several.
 * 3. The difference is the six octets of the concatenation header (3GPP TS 23.040 9.2.3.24.1).
 * 4. Neither an escape pair nor a surrogate pair is split: the pair that does not fit any more
 *    opens the next part. Dividing the length is therefore wrong by one part at times.
 * 5. An empty text is one part, because a carrier bills an empty message too.
 *
 * National language shift tables are left out: hardly a gateway offers them for codes.
 */
export interface SegmentCount {
  readonly encoding: 'gsm7' | 'ucs2';
  /** At least 1. */
  readonly parts: number;
  /** Septets for `gsm7`, UTF-16 units for `ucs2`; headers not counted. */
  readonly units: number;
  /** What still fits into the last part before another one is opened. */
  readonly unitsLeftInPart: number;
}

const capacities = {
  gsm7: { single: 160, ofSeveral: 153 },
  ucs2: { single: 70, ofSeveral: 67 },
} as const;

// 3GPP TS 23.038 6.2.1, row by row; code 0x1B, the escape itself, is not a character.
const defaultAlphabet =
  '@£$¥èéùìòÇ\nØø\rÅå' +
  'Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ' +
  ' !"#¤%&\'()*+,-./' +
  '0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNO' +
  'PQRSTUVWXYZÄÖÑÜ§' +
  '¿abcdefghijklmno' +
  'pqrstuvwxyzäöñüà';
const extensionTable = '\f^{}\\[~]|€';

// Septets by UTF-16 unit, 0 where the alphabet has no such character. The euro sign is the
// highest of them, so everything beyond the table is UCS-2.
const septetsByUnit = new Uint8Array('€'.charCodeAt(0) + 1);
for (const character of defaultAlphabet) septetsByUnit[character.charCodeAt(0)] = 1;
for (const character of extensionTable) septetsByUnit[character.charCodeAt(0)] = 2;

export function countSegments(text: string): SegmentCount {
  return fill(text, 'gsm7') ?? fill(text, 'ucs2') ?? unreachable();
}

/** Lays the text out in parts; null where a character has no place in the encoding. */
function fill(text: string, encoding: 'gsm7' | 'ucs2'): SegmentCount | null {
  const { single, ofSeveral } = capacities[encoding];
  let units = 0;
  let parts = 1;
  let usedInPart = 0;
  for (let index = 0; index < text.length; ) {
    const isPair = encoding === 'ucs2' && isSurrogatePair(text, index);
    const cost = encoding === 'gsm7' ? septets(text, index) : isPair ? 2 : 1;
    if (cost === 0) return null;
    if (usedInPart + cost > ofSeveral) {
      parts += 1;
      usedInPart = 0;
    }
    usedInPart += cost;
    units += cost;
    index += isPair ? 2 : 1;
  }
  if (units <= single) return { encoding, parts: 1, units, unitsLeftInPart: single - units };
  return { encoding, parts, units, unitsLeftInPart: ofSeveral - usedInPart };
}

function septets(text: string, index: number): number {
  return septetsByUnit[text.charCodeAt(index)] ?? 0;
}

function isSurrogatePair(text: string, index: number): boolean {
  return (text.codePointAt(index) ?? 0) > 0xffff;
}

function unreachable(): never {
  throw new Error('Every UTF-16 unit has a place in UCS-2.');
}
