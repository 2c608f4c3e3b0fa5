import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseSelector } from "../../../rules/selector/parser.ts";
import { printSelector } from "../../../rules/selector/print.ts";
import { selector } from "./arbitrary.ts";

const accepted: readonly (readonly [sentence: string, text: string, canonical: string])[] = [
  ["no text is all()", "", "all()"],
  ["spaces and tabs alone are all()", " \t ", "all()"],
  ["all() with spaces inside and around", " all(  ) ", "all()"],
  ["global()", "global()", "global()"],
  ["has with spaces around the label", "has(\ta )", "has(a)"],
  ["equality in single quotes", "a=='b'", 'a == "b"'],
  ["inequality in double quotes", 'a !="b"', 'a != "b"'],
  ["an empty string", "a == ''", 'a == ""'],
  ["the other kind of quote within a string", `a == '"' && b == "'"`, `a == '"' && b == "'"`],
  ["no escapes within a string", String.raw`a == '\n\'`, String.raw`a == "\n\"`],
  ["operators within a string", "a == '|| b && !(c) in {}'", 'a == "|| b && !(c) in {}"'],
  ["contains without a space before the string (S41)", 'a contains"x"', 'a contains "x"'],
  ["starts with as two words", "a starts with 'x'", 'a starts with "x"'],
  ["starts with as one word", "a startswith 'x'", 'a starts with "x"'],
  ["starts with, spaced out", "a starts \t with 'x'", 'a starts with "x"'],
  ["ends with as two words", "a ends with 'x'", 'a ends with "x"'],
  ["ends with as one word", "a endswith'x'", 'a ends with "x"'],
  ["in with its brace at once (S41)", "a in{'x'}", 'a in {"x"}'],
  ["the members of in are sorted and single (S47)", "a in {'c', \"a\",'b' , 'a'}", 'a in {"a", "b", "c"}'],
  ["a comma after the last member", "a in {'x',}", 'a in {"x"}'],
  ["in nothing (S43)", "a in {}", "a in {}"],
  ["not in as two words", "a  not \t in { 'x' }", 'a not in {"x"}'],
  ["not in as one word", "a notin{'x'}", 'a not in {"x"}'],
  ["every character that a label may have", "aZ09_./-x == 'v'", 'aZ09_./-x == "v"'],
  ["a label that begins like a function", "hash == 'x' && has_a == 'y' && allow == 'z'", 'hash == "x" && has_a == "y" && allow == "z"'],
  ["a label that begins like an operator", "infoo in {'x'}", 'infoo in {"x"}'],
  ["a label named in (S46)", "in in {'x'}", 'in in {"x"}'],
  ["a label named contains (S46)", "contains contains 'contains'", 'contains contains "contains"'],
  ["a label named not (S46)", "not not in {'x'}", 'not not in {"x"}'],
  ["a label named notin (S46)", "notin notin {'x'}", 'notin not in {"x"}'],
  ["a label named starts (S46)", "starts starts with 'x'", 'starts starts with "x"'],
  ["a label named has (S46)", "has == 'x'", 'has == "x"'],
  ["a label named all (S46)", "all in {'x'} || global != 'y'", 'all in {"x"} || global != "y"'],
  ["and binds tighter than or (S44)", "has(a) || has(b) && has(c)", "has(a) || (has(b) && has(c))"],
  ["parentheses bind tightest", "(has(a) || has(b)) && has(c)", "(has(a) || has(b)) && has(c)"],
  ["not binds to one condition (S44)", "!a == 'b' && has(c)", '!a == "b" && has(c)'],
  ["not before parentheses", "!(has(a)&&has(b))", "!(has(a) && has(b))"],
  ["any number of nots is one or none", "!! ! has(a) && !!has(b)", "!has(a) && has(b)"],
  ["not over parenthesised not", "!(!has(a))", "has(a)"],
  ["parentheses that change nothing", "((has(a)) && (has(b) && (has(c))))", "has(a) && has(b) && has(c)"],
  ["a list in a list of the other kind stays", "(has(a) && has(b)) || (has(c) || has(d))", "(has(a) && has(b)) || has(c) || has(d)"],
  ["no spaces at all", "has(a)&&!b!='c'||d in{'e'}", '(has(a) && !b != "c") || d in {"e"}'],
  ["a label of 512 characters", `has(${"a".repeat(512)})`, `has(${"a".repeat(512)})`],
  ["parentheses 512 deep", `${"(".repeat(512)}has(a)${")".repeat(512)}`, "has(a)"],
  ["100,000 nots", `${"!".repeat(100_000)}has(a)`, "has(a)"],
];

for (const [sentence, text, canonical] of accepted) {
  test(`reads ${sentence}`, () => {
    const parsed = parseSelector(text);
    assert.ok(parsed.ok, parsed.ok ? "" : `${parsed.offset}: ${parsed.message}`);
    assert.equal(printSelector(parsed.selector), canonical);
  });
}

const afterLabel = (label: string) => `expected an operator (==, !=, in, not in, contains, starts with, ends with) after the label "${label}"`;
const condition = 'expected a condition (a label, "has(", "all()", "!" or "(")';

const refused: readonly (readonly [sentence: string, text: string, offset: number, message: string])[] = [
  ["a label alone", "a", 1, `${afterLabel("a")}, found the end`],
  ["a label and a space", "a ", 2, `${afterLabel("a")}, found the end`],
  ["two labels", "a b", 2, `${afterLabel("a")}, found "b"`],
  ["a single equals sign", "a = 'b'", 2, `${afterLabel("a")}, found "="`],
  ["an operator run into a word (S41)", "a infoo", 2, `${afterLabel("a")}, found "infoo"`],
  ["an operator run into a label character (S41)", "a in-{'x'}", 2, `${afterLabel("a")}, found "in-"`],
  ["half of an operator", "a starts 'x'", 2, `${afterLabel("a")}, found "starts"`],
  ["an operator with the wrong second word", "a ends without 'x'", 2, `${afterLabel("a")}, found "ends"`],
  ["not without in", "a not {'x'}", 2, `${afterLabel("a")}, found "not"`],
  ["has with a space before the parenthesis (S40)", "has (a)", 4, `${afterLabel("has")}, found "("; has( is written without a space`],
  ["all with a space before the parenthesis (S40)", "all ()", 4, `${afterLabel("all")}, found "("; all( is written without a space`],
  ["a label for a value", "a == b", 5, 'expected a string in quotes, found "b"'],
  ["a number for a value", "a == 1", 5, 'expected a string in quotes, found "1"'],
  ["no value", "a ==", 4, "expected a string in quotes, found the end"],
  ["a string for a set", "a in 'x'", 5, 'expected a set like {"a", "b"}, found "\'"'],
  ["a set of labels", "a in {x}", 6, 'expected a string in quotes or "}", found "x"'],
  ["members without a comma", "a in {'x' 'y'}", 10, 'expected "," or "}", found "\'"'],
  ["two commas", "a in {'x',,'y'}", 10, 'expected a string in quotes or "}", found ","'],
  ["a set that does not close", "a in {'x'", 9, 'expected "," or "}", found the end'],
  ["a string on the left", "'b' == a", 0, `${condition}, found "'"`],
  ["not of nothing", "!", 1, `${condition}, found the end`],
  ["nothing after and", "has(a) &&", 9, `${condition}, found the end`],
  ["nothing between", "has(a) && || has(b)", 10, `${condition}, found "|"`],
  ["a single ampersand", "has(a) & has(b)", 7, 'expected "&&", "||" or the end, found "&"'],
  ["and as a word", "has(a) and has(b)", 7, 'expected "&&", "||" or the end, found "and"'],
  ["two conditions in a row (S48)", "has(a) has(b)", 7, 'expected "&&", "||" or the end, found "has"'],
  ["a parenthesis too many (S48)", "has(a))", 6, 'expected "&&", "||" or the end, found ")"'],
  ["a parenthesis too few", "(has(a)", 7, 'expected "&&", "||" or ")", found the end'],
  ["empty parentheses (S48)", "()", 1, `${condition}, found ")"`],
  ["has without a label", "has()", 4, 'expected a label, found ")"'],
  ["has of a string", "has('a')", 4, 'expected a label, found "\'"'],
  ["has of two labels", "has(a b)", 6, 'expected ")", found "b"'],
  ["all with an argument", "all(a)", 4, 'expected ")", found "a"'],
  ["a string that does not close (S48)", "a == 'b", 5, "this string is not closed: expected another '"],
  ["a string that closes with the other quote", "a == \"b'", 5, 'this string is not closed: expected another "'],
  ["a line break (S48)", "has(a) &&\nhas(b)", 9, `${condition}, found a line break (a selector is one line)`],
  ["another kind of space", "has(a) has(b)".replace(" ", "\u00a0"), 6, 'expected "&&", "||" or the end, found "\u00a0"'],
  ["a character of no meaning", "%", 0, `${condition}, found "%"`],
  ["a character of two units", "has(a) 🔥", 7, 'expected "&&", "||" or the end, found "🔥"'],
  ["a label of 513 characters (S48)", `has(${"a".repeat(513)})`, 4, "a label has at most 512 characters, this one has 513"],
  ["parentheses 513 deep", `${"(".repeat(513)}has(a)${")".repeat(513)}`, 513, "parentheses nested more than 512 deep"],
  ["100,000 parentheses", "(".repeat(100_000), 513, "parentheses nested more than 512 deep"],
];

for (const [sentence, text, offset, message] of refused) {
  test(`refuses ${sentence}: ${JSON.stringify(text.slice(0, 40))}`, () => assert.deepEqual(parseSelector(text), { ok: false, offset, message }));
}

test("the canonical text of a tree reads back as the same tree", () => {
  fc.assert(
    fc.property(selector, (tree) => assert.deepEqual(parseSelector(printSelector(tree)), { ok: true, selector: tree })),
    { numRuns: 1000 },
  );
});
