import ipaddr from "ipaddr.js";

/** Azure's address for its own machines' metadata: the one such address that lies among the public ones. */
const platformAddresses: ReadonlySet<string> = new Set(["168.63.129.16"]);

/**
 * Tells public addresses from those that only reach this machine, its neighbours or its platform. Everything that IANA
 * keeps for a special purpose counts as the latter, IPv4 inside IPv6 included.
 * Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890).
 */
export class AddressGuard {
	readonly #allowed: readonly ReturnType<typeof ipaddr.parseCIDR>[];

	/**
	 * @param allowedRanges in CIDR notation, `10.1.0.0/16`: not public, and allowed all the same
	 * @throws RangeError when one cannot be read
	 */
	constructor(allowedRanges: readonly string[] = []) {
		this.#allowed = allowedRanges.map((range) => {
			if (!ipaddr.isValidCIDR(range)) throw new RangeError(`"${range}" is no address range; write 10.1.0.0/16`);
			return ipaddr.parseCIDR(range);
		});
	}

	/** Whether the address lies in a range that the operator has allowed by name. */
	isAllowedByName(address: string): boolean {
		if (!ipaddr.isValid(address)) return false;
		const parsed = ipaddr.process(address);
		return this.#allowed.some(([network, bits]) => parsed.kind() === network.kind() && parsed.match(network, bits));
	}

	/** Why nothing may be sent to the address; `undefined` where it may. */
	refusal(address: string): string | undefined {
		if (!ipaddr.isValid(address)) return `${address} is no address`;
		if (this.isAllowedByName(address)) return undefined;
		const parsed = ipaddr.process(address);
		if (platformAddresses.has(parsed.toString())) return `${address} is the platform's own`;
		const range = parsed.range();
		return range === "unicast" ? undefined : `${address} is not public (${range})`;
	}
}
