/** How the message begins that refuses a node. */
export function refusalOf({ name, type }: { readonly name: string; readonly type: string }): string {
  return `cannot differentiate node "${name}" (${type})`;
}
