// What the settings are to the parts: the ones that decide what is compiled under the names that the pure floors know them by, and the
// ones that a running daemon can take over.

import type { PolicySettings } from "../../rules/resolve/types.ts";
import { type Setting, type SettingName, type Settings, settingNames, settingsTable } from "./table.ts";

export function policySettings(settings: Settings): PolicySettings {
  return {
    failsafeInbound: settings.failsafeInboundHostPorts,
    failsafeOutbound: settings.failsafeOutboundHostPorts,
    endpointToHostAction: settings.defaultEndpointToHostAction,
    interfacePrefix: settings.interfacePrefix,
    interfaceExclude: settings.interfaceExclude,
    denyAction: settings.nftablesFilterDenyAction,
    markMask: settings.nftablesMarkMask,
    logPrefix: settings.logPrefix,
    policeLoopback: settings.policeLoopback,
    allowEssentials: settings.allowEssentials,
    invalidCheck: !settings.disableConntrackInvalidCheck,
    logRateLimit: logRateLimit(settings),
    encapsulation: encapsulation(settings),
  };
}

/** What the kernel takes a burst of 0 for (net/netfilter/nft_limit.c NFT_LIMIT_PKT_BURST_DEFAULT), so that it lists as it was written. */
const defaultBurst = 5;

function logRateLimit({ logActionRateLimit: limit, logActionRateLimitBurst: burst }: Settings): PolicySettings["logRateLimit"] {
  return limit && { ...limit, burst: burst || defaultBurst };
}

function encapsulation(settings: Settings): PolicySettings["encapsulation"] {
  const wireguard = [
    ...(settings.wireguardEnabled ? [settings.wireguardListeningPort] : []),
    ...(settings.wireguardEnabledV6 ? [settings.wireguardListeningPortV6] : []),
  ];
  return {
    vxlan: settings.vxlanEnabled ? [settings.vxlanPort] : [],
    ipip: settings.ipipEnabled,
    wireguard: [...new Set(wireguard)],
    peers: settings.encapsulationPeers,
  };
}

/** Settings that say where things are have a flag, and hold until the daemon ends. */
const fixed: readonly SettingName[] = settingNames.filter((name) => (settingsTable[name] as Setting<unknown>).flag !== undefined);

/** What a running daemon takes over of newly read settings, and the names of those that would need a new start. */
export function takeOver(current: Settings, read: Settings): { readonly settings: Settings; readonly ignored: readonly SettingName[] } {
  const kept = Object.fromEntries(fixed.map((name) => [name, current[name]]));
  return { settings: { ...read, ...kept }, ignored: fixed.filter((name) => current[name] !== read[name]) };
}
