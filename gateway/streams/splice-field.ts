/** The JSON of an object with one more number at its end, without parsing it. The object must not be empty. */
export function spliceField(json: string, name: string, value: number): string {
  return `${json.slice(0, -1)},"${name}":${value}}`;
}
