import { nationalOf } from './fresh-numbers.ts';
import type { CallShape } from './protocol.ts';

/** What a pair fills into the texts of its calls; all of it is plain ASCII. */
export interface PairValues {
  readonly number: string;
  readonly id: string;
  readonly code: string;
}

export type CallText = (values: PairValues) => string;

/** The whole request as one text, cut into its parts once. */
export function compileCall(shape: CallShape, port: number): CallText {
  const path = compileText(shape.path);
  const body = compileText(shape.body);
  const fields = Object.entries({ host: `127.0.0.1:${port}`, ...shape.headers })
    .map(([name, value]) => `\r\n${name}: ${value}`)
    .join('');
  return (values) => {
    const first = `${shape.method} ${path(values)} HTTP/1.1${fields}`;
    if (shape.method === 'GET') return `${first}\r\n\r\n`;
    const content = body(values);
    return `${first}\r\ncontent-length: ${content.length}\r\n\r\n${content}`;
  };
}

export function compileText(text: string): CallText {
  const parts = text.split(/\{\{(number|national|id|code)\}\}/);
  return (values) => {
    let whole = parts[0] ?? '';
    for (let at = 1; at < parts.length; at += 2) {
      const name = parts[at] as keyof PairValues | 'national';
      const value = name === 'national' ? nationalOf(values.number) : values[name];
      whole += value + (parts[at + 1] ?? '');
    }
    return whole;
  };
}
