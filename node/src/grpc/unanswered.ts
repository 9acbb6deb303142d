import { status, type ServiceError } from "@grpc/grpc-js";

/**
 * A call that brought no answer. The message says why, and begins with the gRPC status, which tells refused, silent and
 * malformed apart.
 */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
  /** Whether nobody listens there. */
  readonly refused: boolean;
  /** What came of the call, for those who count. */
  readonly result: "silent" | "unreachable" | "failed";

  constructor(message: string, { refused = false, ...options }: ErrorOptions & { readonly refused?: boolean } = {}) {
    super(message, options);
    this.refused = refused;
    this.result = resultOf(options.cause);
  }

  /** The error with which a call failed, as an Unanswered. */
  static from(error: unknown): Unanswered {
    const { code, details = "" } = error as Partial<ServiceError>;
    const refused = code === status.UNAVAILABLE && details.includes("ECONNREFUSED");
    return new Unanswered(failureText(error), { refused, cause: error });
  }
}

function resultOf(cause: unknown): Unanswered["result"] {
  const { code } = (cause ?? {}) as Partial<ServiceError>;
  if (code === status.DEADLINE_EXCEEDED) return "silent";
  return code === status.UNAVAILABLE ? "unreachable" : "failed";
}

/** What a call failed with, as text: the gRPC status and its details, or the message of any other error. */
export function failureText(error: unknown): string {
  const { code, details, message } = error as Partial<ServiceError>;
  return code === undefined ? (message ?? String(error)) : `${status[code]}: ${details ?? message ?? ""}`;
}
