/** A page, and where the next one begins. */
export interface Page<T, Cursor> {
  readonly entries: readonly T[];
  readonly next: Cursor | undefined;
}

/** The entries of all pages, each page read when it is asked for. @internal */
export async function* pages<T, Cursor>(
  read: (cursor: Cursor | undefined) => Promise<Page<T, Cursor>>,
): AsyncGenerator<T, void, undefined> {
  let cursor: Cursor | undefined;
  do {
    const page = await read(cursor);
    yield* page.entries;
    cursor = page.next;
  } while (cursor !== undefined);
}
