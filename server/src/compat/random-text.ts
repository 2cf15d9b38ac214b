import { randomBytes, randomInt } from 'node:crypto';

const alphanumeric = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Digits and letters of both cases, 5.95 bits each: 22 of them are worth 128 bits. */
export function randomAlphanumeric(length: number): string {
  let text = '';
  while (text.length < length) text += alphanumeric[randomInt(alphanumeric.length)];
  return text;
}

/** Two hexadecimal digits for each byte. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
