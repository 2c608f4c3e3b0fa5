// The catalogue of the problem codes that the agent adds to those of the policy model (rules/model/problemCodes.ts): trouble with settings,
// files, and bringing a ruleset into the kernel. A code never changes its meaning.

export const agentProblemCodes = {
  "setting-value": "A setting's value is none that it accepts.",
  "setting-unknown": "There is no setting of the name.",
  "settings-file": "The settings file cannot be read, or is no mapping.",
  "yaml-syntax": "The file is not YAML.",
  "file-unreadable": "A manifest file cannot be read.",
  "directory-unreadable": "The manifest directory cannot be listed.",
  "subdirectory-ignored": "A subdirectory of the manifest directory; its files are not read.",
  "duplicate-name": "Another resource of the kind has the name; the one in the first file counts.",
  "no-local-endpoints": "No HostEndpoint is for this node any more, although some were: the host is not policed.",
  "kube-proxy-ipvs": "The host's kube-proxy runs in IPVS mode, which hostward does not support.",
  "table-fight": "Others change hostward's table again and again.",
  "ownership-unsupported": "The kernel cannot protect the table from other processes, as tableOwnership asks.",
  "ruleset-fault": "The compiled ruleset breaks a rule of nftables: a defect of hostward.",
  internal: "A pass failed with an error that nobody expected: a defect of hostward.",
  "kernel-refused": "The kernel refused an operation.",
  "kernel-stale": "Somebody else changed the ruleset during each attempt.",
  "kernel-permission": "CAP_NET_ADMIN is missing, or the table belongs to another process.",
  "kernel-unsupported": "The kernel lacks a feature.",
  "kernel-socket": "The netlink socket failed.",
} as const satisfies Readonly<Record<string, string>>;
