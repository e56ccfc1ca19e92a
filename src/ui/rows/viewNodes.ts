/** The nodes given to a view: VS Code passes the same objects to commands. */
const nodes = new WeakSet<object>();

export function viewNode<Node extends object>(node: Node): Node {
  nodes.add(node);
  return node;
}

/** Whether a value is a node of a view, and not an object of the same shape from other code. */
export function isViewNode(value: unknown): boolean {
  return typeof value === 'object' && value !== null && nodes.has(value);
}
