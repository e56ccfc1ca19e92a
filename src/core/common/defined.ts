/** `T` with its members that may be `undefined` as optional ones, which are never `undefined` where they exist. */
type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/**
 * A new object with the members that are not `undefined`, in their order. `exactOptionalPropertyTypes`, JSON, spreads and
 * the runtime distinguish an absent member from one that is `undefined`.
 */
export function defined<T extends object>(values: T): Defined<T> {
  const result: Partial<T> = {};
  for (const key of Object.keys(values) as (keyof T)[]) {
    if (values[key] !== undefined) {
      result[key] = values[key];
    }
  }
  return result as object as Defined<T>;
}
