/** 张*安: enough for the person, and for whoever looks for the source of a recording; too little for a stranger. */
export function maskedName(name: string): string {
  const letters = Array.from(name.trim());
  if (letters.length < 2) return letters.length === 0 ? "*" : `${letters[0]}*`;
  if (letters.length === 2) return `${letters[0]}*`;
  return `${letters[0]}${"*".repeat(Math.min(letters.length - 2, 3))}${letters.at(-1)}`;
}
