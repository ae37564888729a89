// What a test started ends with it: last started, first ended, and each whether or not another failed.
// (`after` of node:test runs in the order of registration: a folder would go before the program that uses it.)

export class Scope {
  #endings = [];

  /** A scope that ends when the test `t` (or another scope) ends. */
  static of(t) {
    const scope = new Scope();
    t.after(() => scope.end());
    return scope;
  }

  after(ending) {
    this.#endings.unshift(ending);
  }

  async end() {
    const errors = [];
    for (const ending of this.#endings) {
      try {
        await ending();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors);
  }
}
