import type { ApiKeyActor, DeviceActor, ShopperActor, UserActor } from "./actor.ts";
import type { Permission } from "./permission.ts";

/** Who may call a route; the check, the OpenAPI text and the matrix of the isolation test all come from it. */
export interface Admitted {
	/** People and API keys that hold it. */
	readonly permission?: Permission;
	/** Every person who is logged in. */
	readonly user?: true;
	readonly shopper?: true;
	readonly device?: true;
}

export type Access = Admitted | "anybody";

/** The actors that an access lets in; `undefined` where nobody is asked who they are. */
export type ActorOf<A extends Access> =
	| (A extends "anybody" ? undefined : never)
	| (A extends { readonly permission: Permission } ? UserActor | ApiKeyActor : never)
	| (A extends { readonly user: true } ? UserActor : never)
	| (A extends { readonly shopper: true } ? ShopperActor : never)
	| (A extends { readonly device: true } ? DeviceActor : never);

/** OpenAPI's `security` for an access. */
export function securityOf(access: Access): { [scheme: string]: string[] }[] | undefined {
	if (access === "anybody") return undefined;
	return [
		...(access.permission || access.user ? [{ user: [] }, { page: [] }] : []),
		...(access.permission ? [{ apiKey: [] }] : []),
		...(access.shopper ? [{ shopper: [] }] : []),
		...(access.device ? [{ device: [] }] : []),
	];
}

/** Who may call, in words for a route's description. */
export function accessText(access: Access): string {
	if (access === "anybody") return "Who may call: anybody.";
	const who = [
		...(access.permission ? [`who holds \`${access.permission}\``] : []),
		...(access.user ? ["every person who is logged in"] : []),
		...(access.shopper ? ["a shopper"] : []),
		...(access.device ? ["a device, for its own machine"] : []),
	];
	return `Who may call: ${who.join("; ")}.`;
}
