import { z } from 'zod';

/** The schemas that stand one step further along a path: one, or several where it is one of several. */
function inner(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return [schema.def.innerType];
  }
  if (schema instanceof z.ZodPrefault) return [schema.def.innerType];
  if (schema instanceof z.ZodPipe) return [schema.def.out];
  if (schema instanceof z.ZodUnion) return schema.def.options;
  return [];
}

/** The plain schemas inside of what wraps them: objects, records, lists, texts. */
function unwrapped(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const within = inner(schema);
  return within.length === 0 ? [schema] : within.flatMap(unwrapped);
}

function child(schema: z.core.$ZodType, key: PropertyKey): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const found = (schema.shape as Readonly<Record<PropertyKey, z.core.$ZodType>>)[key];
    return found === undefined ? [] : [found];
  }
  if (schema instanceof z.ZodRecord) return [schema.def.valueType];
  return schema instanceof z.ZodArray ? [schema.def.element] : [];
}

/** The keys that a mapping at this path may have. */
export function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  const [key, ...rest] = path;
  const here = unwrapped(schema);
  const found =
    key === undefined
      ? here.flatMap((it) => (it instanceof z.ZodObject ? Object.keys(it.shape) : []))
      : here.flatMap((it) => child(it, key)).flatMap((it) => keysAt(it, rest));
  return [...new Set(found)];
}

/** Every path of named keys that the schema has: `vault.snapshots.host`. */
export function allKeys(schema: z.core.$ZodType): readonly string[] {
  return unwrapped(schema).flatMap((it) =>
    it instanceof z.ZodObject
      ? Object.entries(it.shape as Readonly<Record<string, z.core.$ZodType>>).flatMap(
          ([key, value]) => [key, ...allKeys(value).map((below) => `${key}.${below}`)],
        )
      : [],
  );
}
