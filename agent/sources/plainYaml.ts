// Plain YAML, which manifests nearly always are: mappings, lists and scalars, nothing tagged, anchored, merged or wrong. The quick parser reads it in a
// seventh of the time that the thorough one takes (yaml.ts), to the same values at the same places; whatever else a text holds is left to that one.

import {
  COLLECTION_STYLE,
  type CollectionStyle,
  EVENT_ID,
  type Event,
  getScalarValue,
  type MappingEvent,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceEvent,
} from "js-yaml";
import type { WrittenChild, WrittenValue } from "./yamlPlaces.ts";
import { plainScalar } from "./yamlSchema.ts";

/**
 * What the two parsers read in two ways: a line end of Mac OS 9, a byte order mark within, a tab that indents, directives, markers where
 * none should be.
 */
const disputed = /\r(?!\n)|\uFEFF|^ *\t|^[ \t]+---|^[ \t]*\.\.\.|^%/m;

/** What is between a key and its value. */
const colon = /["'] *: *| *:(?: +|(?=[\r\n]))/y;

/** Before a literal or folded text. */
const header = /[|>]-? *(?: #.*)?\r?\n/y;

/** The one document of the text. Undefined where it is not plain, or there is not exactly one. */
export function readPlain(text: string): WrittenValue | undefined {
  if (disputed.test(text)) return undefined;
  let events: readonly Event[];
  try {
    events = parseEvents(text, {});
  } catch {
    // The thorough parser says what is wrong, and its own words for it.
    return undefined;
  }
  return new Reader(text, events).document();
}

interface Key {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

interface Named extends WrittenChild {
  readonly name: string;
}

class Reader {
  readonly #text: string;
  readonly #events: readonly Event[];
  #next = 0;

  constructor(text: string, events: readonly Event[]) {
    this.#text = text;
    this.#events = events;
  }

  document(): WrittenValue | undefined {
    const start = this.#events[this.#next++];
    if (start?.type !== EVENT_ID.DOCUMENT || start.explicitEnd || start.directives.length > 0) return undefined;
    const root = this.#value();
    return root?.start === undefined || this.#next !== this.#events.length - 1 ? undefined : root;
  }

  /** Undefined where it is not plain: then nothing is. */
  #value(): WrittenValue | undefined {
    const event = this.#events[this.#next++];
    if (event === undefined || event.type === EVENT_ID.POP || event.type === EVENT_ID.ALIAS || event.type === EVENT_ID.DOCUMENT) return undefined;
    if (isMarked(event)) return undefined;
    if (event.type === EVENT_ID.SCALAR) return this.#scalar(event);
    return event.type === EVENT_ID.SEQUENCE ? this.#list(event) : this.#mapping(event);
  }

  #scalar(event: ScalarEvent): WrittenValue | undefined {
    const { valueStart, style } = event;
    if (isBlock(event)) return undefined;
    if (valueStart < 0) return { value: null, start: undefined, content: undefined, child: childless };
    const text = getScalarValue(this.#text, event);
    const isQuoted = style !== SCALAR_STYLE.PLAIN;
    return { value: isQuoted ? text : plainScalar(text), start: isQuoted ? valueStart - 1 : valueStart, content: valueStart, child: childless };
  }

  #list({ start }: SequenceEvent): WrittenValue | undefined {
    const items: WrittenValue[] = [];
    while (!this.#pop()) {
      const item = this.#value();
      if (item?.start === undefined) return undefined;
      items.push(item);
    }
    return { value: items.map(({ value }) => value), start, content: undefined, child: (step) => childAt(items[step as number]) };
  }

  #mapping({ start, style }: MappingEvent): WrittenValue | undefined {
    const value: Record<string, unknown> = {};
    const children: Named[] = [];
    // Not of a mapping in braces: a whole cluster may stand on one line.
    const column = style === COLLECTION_STYLE.BLOCK ? this.#column(start) : undefined;
    while (!this.#pop()) {
      const key = this.#key();
      // A name that every object has is for others to deal with, and so is one that is there twice.
      if (key === undefined || key.name in value) return undefined;
      // The quick parser takes what stands behind the quoted end of a list for one more key of the mapping around it.
      if (column !== undefined && this.#column(key.start) !== column) return undefined;
      const child = this.#block(key) ?? this.#value();
      if (child === undefined || !this.#follows(key, child, style)) return undefined;
      value[key.name] = child.value;
      children.push({ name: key.name, key: key.start, value: child });
    }
    return { value, start, content: undefined, child: (step) => children.find(({ name }) => name === String(step)) };
  }

  #key(): Key | undefined {
    const event = this.#events[this.#next++];
    if (event?.type !== EVENT_ID.SCALAR || isMarked(event) || isBlock(event)) return undefined;
    const name = getScalarValue(this.#text, event);
    if (name === "" || name === "<<") return undefined;
    return { name, start: event.style === SCALAR_STYLE.PLAIN ? event.valueStart : event.valueStart - 1, end: event.valueEnd };
  }

  /**
   * A literal or folded text, with nothing but a colon and its header, which is its beginning, between it and its key. What the parsers make of spaces at its
   * end differs where the header asks to keep them, or tells of an indentation.
   */
  #block({ end }: Key): WrittenValue | undefined {
    const event = this.#events[this.#next];
    if (event?.type !== EVENT_ID.SCALAR || isMarked(event) || !isBlock(event)) return undefined;
    const start = endOf(colon, this.#text, end);
    if (start === undefined || endOf(header, this.#text, start) !== event.valueStart) return undefined;
    this.#next++;
    return { value: getScalarValue(this.#text, event), start, content: start, child: childless };
  }

  /** Colons on another line, and scalars that begin on one, are found by one of the parsers sometimes and not by the other. */
  #follows({ end }: Key, { start, content }: WrittenValue, style: CollectionStyle): boolean {
    if (start === undefined) return true;
    const behind = endOf(colon, this.#text, end);
    return style === COLLECTION_STYLE.BLOCK && content !== undefined ? behind === start : behind !== undefined;
  }

  #column(offset: number): number {
    return offset === 0 ? 0 : offset - this.#text.lastIndexOf("\n", offset - 1) - 1;
  }

  #pop(): boolean {
    if (this.#events[this.#next]?.type !== EVENT_ID.POP) return false;
    this.#next++;
    return true;
  }
}

/** Where what the pattern finds at the offset ends. */
function endOf(pattern: RegExp, text: string, offset: number): number | undefined {
  pattern.lastIndex = offset;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** By an anchor or a tag. */
function isMarked({ anchorStart, tagStart }: ScalarEvent | SequenceEvent | MappingEvent): boolean {
  return anchorStart >= 0 || tagStart >= 0;
}

function isBlock({ style }: ScalarEvent): boolean {
  return style === SCALAR_STYLE.LITERAL_BLOCK || style === SCALAR_STYLE.FOLDED_BLOCK;
}

function childless(): undefined {
  return undefined;
}

function childAt(item: WrittenValue | undefined): WrittenChild | undefined {
  return item && { key: item.start, value: item };
}
