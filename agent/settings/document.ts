// docs/settings.md from the table of settings, so that the two cannot differ (test/agent/settings/document.test.ts holds them equal).

import { environmentName, type Setting, type SettingName, settingNames, settingsTable } from "./table.ts";

export function settingsDocument(): string {
  return `${opening}${settingNames.map(section).join("")}`;
}

const opening = `# Settings

Names and defaults are FelixConfiguration's where it has the setting. A setting can be given in several places; the later one wins:

1. the default,
2. the settings file (\`--config FILE\` or \`HOSTWARD_CONFIG\`): YAML, one \`name: value\` a line,
3. the environment: \`HOSTWARD_\` and the name in capitals,
4. the command line, for the settings that have a flag.

An empty value counts as not given. Keywords may be written in any case. A bad value or an unknown key in the file stops the start, with every
such problem listed; an unknown \`HOSTWARD_\` variable is a warning. A running daemon follows changes of the file, and reads it again at a SIGHUP
(\`systemctl reload hostward\`); when something in it is wrong, the settings in force stay and the problem is in log and status until it is solved.
The flagged settings (where things are) take effect at the next start only.

The settings file may also be a FelixConfiguration document: what its spec has under these names is taken, and the rest is Felix's.

Example:

\`\`\`yaml
failsafeInboundHostPorts: tcp:22, tcp:10.0.0.0/8:9100
failsafeOutboundHostPorts:
  - { protocol: UDP, port: 53 }
  - { protocol: TCP, port: 443, net: 2001:db8::/32 }
nftablesFilterDenyAction: Reject
logSeverityScreen: Warning
\`\`\`
`;

function section(name: SettingName): string {
  const setting: Setting<unknown> = settingsTable[name];
  const fallback = setting.fallbackShown ?? `\`${setting.fallback()}\``;
  const rows = [
    ...(setting.flag === undefined ? [] : [`- flag: \`${setting.flag}\``]),
    `- environment: \`${environmentName(name)}\``,
    ...(setting.inFile === false ? ["- not in the settings file"] : []),
    `- accepted: ${setting.type.accepts}`,
    `- default: ${fallback}`,
  ];
  return `\n## ${name}\n\n${setting.doc}\n\n${rows.join("\n")}\n`;
}
