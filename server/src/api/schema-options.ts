/** How schemas are compiled, and what they then do. */
export const schemaOptions = {
  // What was sent is taken as it is or refused: nothing is converted, dropped or filled in.
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: false,
  allErrors: true,
  verbose: true,
  strict: true,
  allowUnionTypes: true,
} as const;
