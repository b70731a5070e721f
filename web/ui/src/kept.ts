/** What a browser remembers of its person's taste; nothing breaks where storage is forbidden. */

export function recall(name: string): string | null {
  try {
    return window.localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    window.localStorage.setItem(name, value);
  } catch {
    // it holds until the page is closed
  }
}
