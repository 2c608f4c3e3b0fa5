// The catalogue of problem codes: what an operator may look up, search a log for or count. A code never changes its meaning.

export const problemCodes = {
  "not-a-resource": "The document is not a mapping with apiVersion and kind.",
  "unknown-kind": "The kind is none of Calico's.",
  "api-version": "The kind is one of Calico's, its apiVersion is not one that hostward reads.",
  "unknown-field": "The field does not exist here; nothing is ignored in silence.",
  "field-missing": "A required field is absent.",
  "field-type": "The value is of another YAML type than the field takes: a string, a number, a list.",
  "field-value": "The value has the right type and is not one that the field accepts.",
  "field-limit": "The value is longer, or the list has more entries, than the field allows.",
  "field-duplicate": "A list that is a set has the same entry twice.",
  "field-conflict": "Two fields contradict each other, or one needs another.",
  "selector-syntax": "The selector does not parse; the place is the character where it goes wrong.",
  "label-invalid": "The key or the value of a label or annotation breaks Kubernetes' rules for it.",
  "label-reserved": "The label is one that Calico gives itself, and would change what policies select.",
  "built-in": "The resource is built in and can not be given other content.",
  "not-enforced": "The kind, field or policy is valid Calico and hostward does not enforce it.",
  "namespace-ignored": "A resource that belongs to no namespace has one; it is ignored.",
  "too-many-problems": "The resource has more problems than are shown.",
} as const satisfies Readonly<Record<string, string>>;

export type ProblemCode = keyof typeof problemCodes;
