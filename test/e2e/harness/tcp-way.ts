/** What a proxy does with the connections to one port. */
export type TcpWay =
  | { readonly is: 'passes' }
  /** What is behind it answers this much later. */
  | { readonly is: 'delays'; readonly ms: number }
  /** Connections are accepted, and no byte goes either way, as where a firewall or a frozen process is in the way. */
  | { readonly is: 'silent' };

/** The ways of all its ports. */
export type TcpWays = Readonly<Record<number, TcpWay>>;
