export function activate(): void {
  // composed in a later commit
}
