/** An answer to an HTTP request. */
export interface Answer {
  readonly status: number;
  /** A `Buffer` is sent as it is, anything else as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const NOT_FOUND: Answer = { status: 404, body: { message: 'Not Found' } };
