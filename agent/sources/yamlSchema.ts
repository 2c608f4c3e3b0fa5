// How YAML is read, by whichever parser: the core schema of YAML 1.2, and yes, no, on and off are booleans as they are to kubectl (YAML 1.1), so that
// a manifest means one thing to both. Tags are not resolved, and keys are texts.

import { Document, isScalar, type ScalarTag } from "yaml";

const wordBoolean: ScalarTag = {
  identify: (value) => typeof value === "boolean",
  default: true,
  tag: "tag:yaml.org,2002:bool",
  test: /^(?:[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF)$/,
  resolve: (text) => /^(?:yes|on)$/i.test(text),
};

export const yamlOptions = {
  prettyErrors: false,
  logLevel: "error",
  merge: true,
  resolveKnownTags: false,
  stringKeys: true,
  customTags: (tags) => [wordBoolean, ...tags],
} as const satisfies ConstructorParameters<typeof Document>[2] & object;

interface Resolver {
  readonly test: RegExp;
  resolve(text: string): unknown;
}

const noFault = (): never => {
  throw new Error("a scalar that is what a tag says has no faults");
};

/** In their order: the first whose test a scalar passes says what it is. */
const resolvers: readonly Resolver[] = new Document(null, yamlOptions).schema.tags.flatMap((tag) => {
  if (tag.default !== true || !("test" in tag) || tag.test === undefined) return [];
  return [{ test: tag.test, resolve: (text: string) => tag.resolve?.(text, noFault, {}) }];
});

/** What is no text to one of them: nearly all scalars are texts, and one look tells. */
const special = new RegExp(resolvers.map(({ test }) => test.source).join("|"));

/** What a scalar without quotes means. */
export function plainScalar(text: string): unknown {
  const resolver = special.test(text) ? resolvers.find(({ test }) => test.test(text)) : undefined;
  if (resolver === undefined) return text;
  const value = resolver.resolve(text);
  return isScalar(value) ? value.value : value;
}
