/** A flat list of nodes that name their parents, as a forest that can be walked and searched. */

export interface Named {
  name: string;
  id?: string | null;
  parent?: string | null;
}

export interface Branch<T extends Named> {
  item: T;
  /** Unique in the forest, and the same after the list was read again. */
  key: string;
  level: number;
  parent: Branch<T> | null;
  children: Branch<T>[];
}

/**
 * Roots are those without a parent, or whose parent isn't in the list: one may see a virtual
 * account and not what it is nested in. Of nodes that name each other in a circle one is a root.
 */
export function grow<T extends Named>(items: readonly T[]): Branch<T>[] {
  const branches = items.map((item, index): Branch<T> => ({
    item, key: String(item.id ?? `${index}:${item.name}`), level: 1, parent: null, children: [],
  }));
  const byName = new Map<string, Branch<T>>();
  for (const branch of branches) {
    for (const name of [branch.item.id, branch.item.name.toLowerCase()]) {
      if (name && !byName.has(name)) byName.set(name, branch);
    }
  }
  const roots: Branch<T>[] = [];
  for (const branch of branches) {
    const named = branch.item.parent;
    const parent = named ? byName.get(named) ?? byName.get(named.toLowerCase()) ?? null : null;
    branch.parent = parent && !isBelow(parent, branch) ? parent : null;
    (branch.parent?.children ?? roots).push(branch);
  }
  const number = (branch: Branch<T>, level: number): void => {
    branch.level = level;
    for (const child of branch.children) number(child, level + 1);
  };
  for (const root of roots) number(root, 1);
  return roots;
}

/** Whether `branch` is `ancestor` itself or grows out of it. */
function isBelow<T extends Named>(branch: Branch<T>, ancestor: Branch<T>): boolean {
  for (let at: Branch<T> | null = branch; at; at = at.parent) if (at === ancestor) return true;
  return false;
}

/** All branches, each before what grows out of it; what is `closed` keeps its children. */
export function walk<T extends Named>(
  roots: readonly Branch<T>[], closed: ReadonlySet<string> = new Set(),
): Branch<T>[] {
  return roots.flatMap((root) =>
    [root, ...(closed.has(root.key) ? [] : walk(root.children, closed))]);
}

/** Keys of the branches that are wanted, and of everything on the way to them. */
export function onTheWay<T extends Named>(wanted: readonly Branch<T>[]): Set<string> {
  const keys = new Set<string>();
  for (const branch of wanted) {
    for (let at: Branch<T> | null = branch; at; at = at.parent) keys.add(at.key);
  }
  return keys;
}
