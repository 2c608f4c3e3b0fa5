// From IPv4 addresses to IPv6 ones, so that a test can do in both families what it says in one. Opens no lab: processes that a lab has started use it, too.

/** The IPv6 address or network that stands for an IPv4 one: its bytes behind fd00::/96. */
export function twin(ipv4: string): string {
  const [address = "", length] = ipv4.split("/");
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  const groups = [(a << 8) | b, (c << 8) | d].map((group) => group.toString(16)).join(":");
  return `fd00::${groups}${length === undefined ? "" : `/${Number(length) + 96}`}`;
}
