// Work of which the last alone matters: what is asked for while it is done is done afterwards, and of several only the last.

export class Latest<T> {
  readonly #work: (subject: T) => Promise<void>;
  #next: { readonly subject: T } | undefined;
  #running: Promise<void> | undefined;

  /** @param work throws nothing */
  constructor(work: (subject: T) => Promise<void>) {
    this.#work = work;
  }

  do(subject: T): void {
    this.#next = { subject };
    this.#running ??= this.#run();
  }

  /** Fulfilled when nothing is left to do. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** That there is nothing more to do and that nothing is running is one and the same instant: what is asked for then begins anew. */
  async #run(): Promise<void> {
    for (let next = this.#next; next !== undefined; next = this.#next) {
      this.#next = undefined;
      await this.#work(next.subject);
    }
    this.#running = undefined;
  }
}
