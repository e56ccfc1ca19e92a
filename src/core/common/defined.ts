/** `T` without its members that are `undefined`: those that may be are optional, and never `undefined` where they are there. */
type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/**
 * A new object with the members that are not `undefined`, in their order: `exactOptionalPropertyTypes` tells a member
 * that is absent from one that is `undefined`, and so do JSON, spreads and the runtime.
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
