/** What the log keeps of a request. Nothing in it names a person or opens a door. */
export interface RequestLine {
  readonly method: string;
  /** The pattern of the route, not the address: queries hold recipients. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  readonly requestId: string;
  readonly applicationId: string | null;
}

export type RequestLog = (line: RequestLine) => void;
