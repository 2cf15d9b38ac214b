/** In groups of three digits, as a person counts. */
export function counted(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : value.toLocaleString('en');
}

export function decimals(value: number | null | undefined, digits: number): string {
  return value === null || value === undefined ? '' : value.toFixed(digits);
}
