// Our own bugs: a condition that the code itself guarantees does not hold. Never for what a user wrote (Problem) or what a
// kernel or a file system answers (operational errors).

export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** @throws InvariantError when the condition is false; `message` says what should have held, with the values. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
